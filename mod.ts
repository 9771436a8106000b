/**
 * Repid: typed messages and tasks over any broker, with AsyncAPI built in. One source for Deno, Bun and Node; no
 * dependencies.
 *
 * @example
 * ```ts
 * import { InMemoryServer, Repid, Router } from "@repid/core";
 * import { type } from "arktype";
 *
 * const app = new Repid();
 * app.servers.register("memory", new InMemoryServer());
 *
 * const router = new Router({ channel: "greetings" });
 * const greet = router.actor({ name: "greet", payload: type({ name: "string" }) }, ({ name }) => {
 *   console.log(`Hello, ${name}!`);
 * });
 * app.includeRouter(router);
 *
 * const connection = await app.servers.default.connect();
 * await app.send(greet, { name: "Repid" });
 * await app.runWorker({ messagesLimit: 1 });
 * await connection.close();
 * ```
 * @module
 */
export { Repid } from "./src/app.ts";
export type { HttpServerOptions, RepidOptions, WorkerOptions } from "./src/app_options.ts";
export type {
  Actor,
  ActorContext,
  ActorOptions,
  AnyHandler,
  Handler,
  RouterOptions,
} from "./src/declaration/actor.ts";
export type * from "./src/asyncapi/document.ts";
export type { AsyncApiHtmlOptions } from "./src/asyncapi/page.ts";
export type { AsyncApiHandlerOptions } from "./src/asyncapi/serve.ts";
export type { Channel } from "./src/contract/channel.ts";
export type {
  AutoAction,
  ConfirmationMode,
  HandlerResult,
  ManualAction,
  OnError,
  OnErrorHandler,
} from "./src/declaration/confirmation.ts";
export { SharedConnection, type SharedConnectionOptions } from "./src/contract/connection.ts";
export { type Converter, jsonConverter } from "./src/declaration/converter.ts";
export {
  type Dependencies,
  type DependenciesHeaders,
  type DependenciesPayload,
  type Dependency,
  dependency,
  type DependencyContext,
  type DependencyOptions,
  type ImpossibleFields,
  type NoConflict,
  type Resolved,
} from "./src/declaration/dependency.ts";
export {
  LeaseLostError,
  type MessageIssue,
  MessageValidationError,
  NotConnectedError,
  PolicyError,
} from "./src/contract/errors.ts";
export type {
  EventFields,
  EventName,
  LogFunction,
  Logger,
  LogLevel,
  RunningMessage,
  SettledMessage,
  UnsettledMessage,
} from "./src/contract/events.ts";
export { EVENT_LEVELS } from "./src/contract/events.ts";
export {
  healthHandler,
  type HealthHandlerOptions,
  type WorkerHealth,
  type WorkerState,
} from "./src/worker/health.ts";
export type { FetchHandler } from "./src/_internal/http_listener.ts";
export type { JsonSchema, JsonSchemaConverters } from "./src/declaration/json_schema.ts";
export { consoleLogger, type ConsoleLoggerOptions, silentLogger } from "./src/contract/logger.ts";
export {
  type ActorInfo,
  defineMessage,
  type Message,
  type MessageAction,
  type MessageContract,
  type MessageDescription,
  type OutgoingJson,
  type OutgoingJsonReply,
  type OutgoingMessage,
  type OutgoingReply,
  type ReceivedMessage,
  type Sendable,
  type SendArguments,
  type SendOptions,
} from "./src/declaration/message.ts";
export type * from "./src/contract/metadata.ts";
export type {
  ActorCall,
  ActorCallChanges,
  ActorMiddleware,
  ProducerCall,
  ProducerMiddleware,
} from "./src/declaration/middleware.ts";
export type {
  Destination,
  SendMessageCommon,
  SendMessageJsonOptions,
  SendMessageOptions,
} from "./src/producing/producer.ts";
export { republish, type RepublishOptions } from "./src/policies/republish.ts";
export { retry, type RetryOptions } from "./src/policies/retry.ts";
export {
  MessageRegistry,
  type Operation,
  type OperationOptions,
  type RegisterOptions,
  ServerRegistry,
} from "./src/declaration/registry.ts";
export { Router } from "./src/declaration/router.ts";
export {
  catchAllRoutingStrategy,
  headerRoutingStrategy,
  type RoutingStrategy,
  topicBasedRoutingStrategy,
} from "./src/declaration/routing.ts";
export {
  type AnySchema,
  type HeadersOutput,
  type MaybeSchema,
  type SchemaInput,
  type SchemaOutput,
  unchecked,
} from "./src/declaration/schema.ts";
export { defaultSerializer, type Serializer } from "./src/contract/serializer.ts";
export type * from "./src/contract/server.ts";
export {
  type InMemoryParameters,
  InMemoryServer,
  type InMemoryServerOptions,
} from "./src/servers/memory/server.ts";
export type { OsSignal } from "./src/worker/signals.ts";
export type * from "./src/contract/standard_schema.ts";
export type { RunnerInfo } from "./src/worker/worker.ts";
