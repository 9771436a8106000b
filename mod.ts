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
export type * from "./src/asyncapi/document.ts";
export type { AsyncApiHandlerOptions } from "./src/asyncapi/serve.ts";
export type { Channel } from "./src/contract/channel.ts";
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
export type { FetchHandler } from "./src/contract/fetch_handler.ts";
export type { StackFrames } from "./src/contract/error_text.ts";
export { consoleLogger, type ConsoleLoggerOptions, silentLogger } from "./src/contract/logger.ts";
export type * from "./src/contract/metadata.ts";
export { defaultSerializer, type Serializer } from "./src/contract/serializer.ts";
export type {
  BaseMessage,
  Capabilities,
  Connection,
  ConnectOptions,
  MessageData,
  MessageHeaders,
  Server,
  ServerSpecificParameters,
  Settlement,
} from "./src/contract/server.ts";
export type {
  StandardJsonSchemaConverter,
  StandardJsonSchemaOptions,
  StandardSchemaIssue,
  StandardSchemaOptions,
  StandardSchemaProps,
  StandardSchemaResult,
  StandardSchemaTypes,
  StandardSchemaV1,
} from "./src/contract/standard_schema.ts";
export type { Actor, ActorOptions, AnyHandler, Handler, RouterOptions } from "./src/declaration/actor.ts";
export type { AsyncApiHtmlOptions } from "./src/declaration/asyncapi_page_options.ts";
export type {
  AutoAction,
  ConfirmationMode,
  HandlerResult,
  ManualAction,
  OnError,
  OnErrorHandler,
} from "./src/declaration/confirmation.ts";
export type { ActorContext, ActorInfo, DependencyContext } from "./src/declaration/context.ts";
export { type Converter, jsonConverter } from "./src/declaration/converter.ts";
export {
  type Dependencies,
  type DependenciesHeaders,
  type DependenciesPayload,
  type Dependency,
  dependency,
  type DependencyOptions,
  type ImpossibleFields,
  type NoConflict,
  type Resolved,
} from "./src/declaration/dependency.ts";
export type { JsonSchema, JsonSchemaConverters } from "./src/declaration/json_schema.ts";
export {
  defineMessage,
  type Message,
  type MessageAction,
  type MessageContract,
  type MessageDescription,
  type ReceivedMessage,
} from "./src/declaration/message.ts";
export {
  MessageRegistry,
  type Operation,
  type OperationOptions,
} from "./src/declaration/message_registry.ts";
export type {
  ActorCall,
  ActorCallChanges,
  ActorMiddleware,
  ProducerCall,
  ProducerCallChanges,
  ProducerMiddleware,
} from "./src/declaration/middleware.ts";
export type { RepidOptions } from "./src/declaration/repid_options.ts";
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
export type {
  Destination,
  ReplyJsonOptions,
  ReplyOptions,
  Sendable,
  SendArguments,
  SendMessageJsonOptions,
  SendMessageOptions,
  SendOptions,
} from "./src/declaration/sending.ts";
export { type RegisterOptions, ServerRegistry } from "./src/declaration/server_registry.ts";
export { republish, type RepublishOptions } from "./src/policies/republish.ts";
export { retry, type RetryOptions } from "./src/policies/retry.ts";
export {
  type InMemoryParameters,
  InMemoryServer,
  type InMemoryServerOptions,
} from "./src/servers/memory/server.ts";
export { type HealthHandlerOptions, type WorkerHealth, type WorkerState } from "./src/worker/health.ts";
export type { OsSignal } from "./src/worker/signals.ts";
export type { UnhandledRejections } from "./src/worker/unhandled_rejections.ts";
export type { WorkerResult } from "./src/worker/worker.ts";
export type { HttpServerOptions, WorkerOptions } from "./src/worker/worker_options.ts";
