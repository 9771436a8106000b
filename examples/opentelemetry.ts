/**
 * Tracing with OpenTelemetry: one trace from the request that sends a message to the actors that handle it.
 *
 * deno run -A examples/opentelemetry.ts   or   bun run examples/opentelemetry.ts
 *
 * With REDIS_URL you can run two programs: the argument `work` runs only the worker, `send` only sends.
 */
import { defineMessage, InMemoryServer, Repid, Router } from "@repid/core";
import { openTelemetry } from "@repid/core/opentelemetry";
import { RedisServer } from "@repid/core/redis";
import { context, propagation, SpanKind, trace } from "@opentelemetry/api";
import { AsyncLocalStorageContextManager } from "@opentelemetry/context-async-hooks";
import { W3CTraceContextPropagator } from "@opentelemetry/core";
import { BasicTracerProvider, type ReadableSpan, SimpleSpanProcessor } from "@opentelemetry/sdk-trace-base";
import { type } from "arktype";
import process from "node:process";

// The SDK. A real application exports spans over OTLP, in batches. This one prints each span as a line.
const spans = new SimpleSpanProcessor({
  export: (ended, done) => {
    ended.forEach(print);
    done({ code: 0 });
  },
  shutdown: () => Promise.resolve(),
});
context.setGlobalContextManager(new AsyncLocalStorageContextManager());
propagation.setGlobalPropagator(new W3CTraceContextPropagator());
trace.setGlobalTracerProvider(new BasicTracerProvider({ spanProcessors: [spans] }));

const orderPlaced = defineMessage({
  name: "order_placed",
  channel: "orders",
  payload: type({ id: "number" }),
});
const sendMail = defineMessage({ name: "send_mail", channel: "mails", payload: type({ id: "number" }) });

const router = new Router();
router.actor(orderPlaced, ({ id }, { message }) => message.send(sendMail, { id }));
router.actor(sendMail, () => {});

const { REDIS_URL } = process.env;
const { actorMiddleware, producerMiddleware } = openTelemetry({
  system: REDIS_URL === undefined ? "memory" : "redis",
});
const app = new Repid({ actorMiddlewares: [actorMiddleware], producerMiddlewares: [producerMiddleware] });
app.includeRouter(router);
app.servers.register("default", REDIS_URL === undefined ? new InMemoryServer() : new RedisServer(REDIS_URL));

const [, , half] = process.argv;
const connection = await app.servers.default.connect();
if (half !== "work") {
  const tracer = trace.getTracer("shop");
  await tracer.startActiveSpan("POST /orders", { kind: SpanKind.SERVER }, async (span) => {
    await app.send(orderPlaced, { id: 1 });
    span.end();
  });
}
if (half !== "send") await app.runWorker({ messagesLimit: 2 });
await connection.close();

function print(span: ReadableSpan): void {
  const { traceId, spanId } = span.spanContext();
  const parent = span.parentSpanContext?.spanId ?? "none";
  console.log(`${span.name} ${SpanKind[span.kind]} trace=${traceId} span=${spanId} parent=${parent}`);
}
