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
export type { Actor, ActorContext, ActorOptions, AnyHandler, Handler, RouterOptions } from "./src/actor.ts";
export type * from "./src/asyncapi/document.ts";
export type { AsyncApiHtmlOptions } from "./src/asyncapi/page.ts";
export type { AsyncApiHandlerOptions } from "./src/asyncapi/serve.ts";
export type { Channel } from "./src/channel.ts";
export type {
  AutoAction,
  ConfirmationMode,
  HandlerResult,
  ManualAction,
  OnError,
  OnErrorHandler,
} from "./src/confirmation.ts";
export { SharedConnection, type SharedConnectionOptions } from "./src/connection.ts";
export { type Converter, jsonConverter } from "./src/converter.ts";
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
} from "./src/dependency.ts";
export {
  LeaseLostError,
  type MessageIssue,
  MessageValidationError,
  NotConnectedError,
  PolicyError,
} from "./src/errors.ts";
export type {
  EventFields,
  EventName,
  LogFunction,
  Logger,
  LogLevel,
  RunningMessage,
  SettledMessage,
  UnsettledMessage,
} from "./src/events.ts";
export { EVENT_LEVELS } from "./src/events.ts";
export {
  healthHandler,
  type HealthHandlerOptions,
  type WorkerHealth,
  type WorkerState,
} from "./src/health.ts";
export type { FetchHandler } from "./src/_internal/http_listener.ts";
export type { JsonSchema, JsonSchemaConverters } from "./src/json_schema.ts";
export { consoleLogger, type ConsoleLoggerOptions, silentLogger } from "./src/logger.ts";
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
} from "./src/message.ts";
export type * from "./src/metadata.ts";
export type {
  ActorCall,
  ActorCallChanges,
  ActorMiddleware,
  ProducerCall,
  ProducerMiddleware,
} from "./src/middleware.ts";
export type {
  Destination,
  SendMessageCommon,
  SendMessageJsonOptions,
  SendMessageOptions,
} from "./src/producer.ts";
export { republish, type RepublishOptions } from "./src/policies/republish.ts";
export { retry, type RetryOptions } from "./src/policies/retry.ts";
export {
  MessageRegistry,
  type Operation,
  type OperationOptions,
  type RegisterOptions,
  ServerRegistry,
} from "./src/registry.ts";
export { Router } from "./src/router.ts";
export {
  catchAllRoutingStrategy,
  headerRoutingStrategy,
  type RoutingStrategy,
  topicBasedRoutingStrategy,
} from "./src/routing.ts";
export {
  type AnySchema,
  type HeadersOutput,
  type MaybeSchema,
  type SchemaInput,
  type SchemaOutput,
  unchecked,
} from "./src/schema.ts";
export { defaultSerializer, type Serializer } from "./src/serializer.ts";
export type * from "./src/server.ts";
export { type InMemoryParameters, InMemoryServer, type InMemoryServerOptions } from "./src/servers/memory.ts";
export type { OsSignal } from "./src/signals.ts";
export type * from "./src/standard_schema.ts";
export type { RunnerInfo } from "./src/worker.ts";
