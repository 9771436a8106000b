/**
 * Every optional field accepts `undefined`, with `exactOptionalPropertyTypes` and without.
 * Compiled, never run.
 * @module
 */
import {
  type ActorCallChanges,
  type ActorOptions,
  type AsyncApiHandlerOptions,
  type AsyncApiHtmlOptions,
  type Channel,
  type ConsoleLoggerOptions,
  type Contact,
  type Converter,
  type CorrelationId,
  defineMessage,
  dependency,
  type DependencyOptions,
  type ExternalDocs,
  type HealthHandlerOptions,
  type HttpServerOptions,
  InMemoryServer,
  type License,
  type MessageDescription,
  type MessageExample,
  type OperationOptions,
  PolicyError,
  type ProducerCallChanges,
  type RegisterOptions,
  Repid,
  type RepidOptions,
  type ReplyJsonOptions,
  type ReplyOptions,
  republish,
  type RepublishOptions,
  retry,
  type RetryOptions,
  Router,
  type RouterOptions,
  type RoutingStrategy,
  type SendMessageJsonOptions,
  type SendMessageOptions,
  type SendOptions,
  type ServerDescription,
  type ServerVariable,
  type Tag,
  type WorkerOptions,
} from "@repid/core";
import type { BenchServerOptions, ConformanceCase, ServerHarness } from "@repid/core/conformance";
import type { ProcessPoolOptions } from "@repid/core/isolated";
import type { OpenTelemetryOptions } from "@repid/core/opentelemetry";
import type { ConnectOptions, Delivery, Server, SubscribeOptions, TlsOptions } from "@repid/core/server";
import { TestClient, type TestClientOptions, type TestMessageFilter } from "@repid/core/testing";

/** The names of the optional fields. */
type OptionalNames<T> = { [K in keyof T]-?: Record<never, never> extends Pick<T, K> ? K : never }[keyof T];

/** An object in which every optional field is there and `undefined`; not those that exist only for the compiler. */
type Emptied<T> = T extends unknown ?
    & { readonly [K in Exclude<OptionalNames<T>, `~${string}`>]: undefined }
    & Omit<T, OptionalNames<T>>
  : never;

/** Compiles where `undefined` is allowed for every optional field. */
function accepts<T>(_: Emptied<T> extends T ? true : false): void {}

accepts<ActorCallChanges>(true);
accepts<ActorOptions>(true);
accepts<AsyncApiHandlerOptions>(true);
accepts<AsyncApiHtmlOptions>(true);
accepts<BenchServerOptions>(true);
accepts<Channel>(true);
accepts<ConformanceCase>(true);
accepts<ConnectOptions>(true);
accepts<ConsoleLoggerOptions>(true);
accepts<Contact>(true);
accepts<CorrelationId>(true);
accepts<Converter>(true);
accepts<Delivery>(true);
accepts<DependencyOptions<undefined, undefined, Record<never, never>>>(true);
accepts<ExternalDocs>(true);
accepts<HealthHandlerOptions>(true);
accepts<HttpServerOptions>(true);
accepts<License>(true);
accepts<MessageDescription>(true);
accepts<MessageExample>(true);
accepts<OpenTelemetryOptions>(true);
accepts<OperationOptions>(true);
accepts<ProcessPoolOptions>(true);
accepts<ProducerCallChanges>(true);
accepts<RegisterOptions>(true);
accepts<RepidOptions>(true);
accepts<ReplyJsonOptions>(true);
accepts<ReplyOptions>(true);
accepts<RepublishOptions>(true);
accepts<RetryOptions>(true);
accepts<RouterOptions>(true);
accepts<SendMessageJsonOptions>(true);
accepts<SendMessageOptions>(true);
accepts<SendOptions>(true);
accepts<RoutingStrategy>(true);
accepts<Server>(true);
accepts<ServerDescription>(true);
accepts<ServerHarness>(true);
accepts<ServerVariable>(true);
accepts<SubscribeOptions>(true);
accepts<Tag>(true);
accepts<TestClientOptions>(true);
accepts<TestMessageFilter>(true);
accepts<TlsOptions>(true);
accepts<WorkerOptions>(true);

// ---- and inference is not disturbed by it
const app = new Repid({ title: undefined, logger: undefined, actorMiddlewares: undefined });
app.servers.register("memory", new InMemoryServer(), { isDefault: undefined });
const verify = dependency({ payload: undefined, headers: undefined, deps: undefined }, () => 1);
const contract = defineMessage({
  name: "m",
  channel: undefined,
  payload: undefined,
  headers: undefined,
  title: undefined,
  reply: undefined,
  converter: undefined,
  routingStrategy: undefined,
});
const router = new Router({ channel: undefined, timeout: undefined, keepAlive: undefined });
const actor = router.actor({
  name: "a",
  payload: undefined,
  headers: undefined,
  deps: { verify },
  confirmationMode: undefined,
  onError: undefined,
  onTimeout: undefined,
  operation: undefined,
  security: undefined,
  middlewares: [retry({ attempts: undefined, when: undefined })],
}, async (payload: undefined, { deps, message }) => {
  const one: number = deps.verify;
  await message.send(contract, undefined, { server: undefined, headers: undefined, replyTo: undefined });
  // What works, compiles: an operation instead of a channel, and another server.
  await message.sendMessage({ operationId: "o", payload: "text", server: "redis", contentType: undefined });
  await message.sendMessage({ channel: "c", operationId: undefined, payload: "text", server: undefined });
  await message.sendMessageJson({ operationId: "o", payload: 1, server: "redis", serializer: undefined });
  await message.sendMessage({ ...message, channel: "elsewhere" });
  await message.reply({ payload: "text", channel: undefined, headers: undefined });
  await message.replyJson({ payload: [one, payload], channel: undefined, replyTo: undefined });
  // @ts-expect-error a reply leaves through the server that the message came from
  await message.reply({ payload: "text", server: "redis" });
  // @ts-expect-error a channel or an operation, not both
  await message.sendMessage({ channel: "c", operationId: "o", payload: "text" });
  // @ts-expect-error a channel or an operation, not none
  await message.sendMessageJson({ payload: "text" });
});
router.actor({ name: "b", deps: undefined, onError: republish({ attempts: undefined }) }, () => {});
app.send(actor, undefined, { server: undefined, headers: undefined, serverSpecificParameters: undefined });
app.send(contract, undefined, { server: undefined });
app.sendMessage({ channel: "c", operationId: undefined, payload: "text", server: undefined });
app.asyncApiHtml({ sidebar: undefined });
app.healthHandler({ path: undefined });
app.runWorker({ healthCheckServer: { port: undefined }, asyncApiServer: { path: undefined } });
new TestClient(app, { autoProcess: undefined, overrides: undefined });
new PolicyError("Cannot", "reject", { pause: undefined });
