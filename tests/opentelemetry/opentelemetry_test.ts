import assert from "node:assert/strict";
import { context, propagation, SpanKind, SpanStatusCode, trace } from "@opentelemetry/api";
import { AsyncLocalStorageContextManager } from "@opentelemetry/context-async-hooks";
import { CompositePropagator, W3CBaggagePropagator, W3CTraceContextPropagator } from "@opentelemetry/core";
import {
  BasicTracerProvider,
  InMemorySpanExporter,
  type ReadableSpan,
  SimpleSpanProcessor,
} from "@opentelemetry/sdk-trace-base";
import { InMemoryServer, Repid, retry, Router, silentLogger } from "../../mod.ts";
import { openTelemetry, type OpenTelemetryOptions } from "../../src/opentelemetry/mod.ts";
import { test } from "../harness.ts";

interface Traced {
  readonly spans: readonly ReadableSpan[];
  readonly headers: Readonly<Record<string, string | undefined>>;
  readonly baggage: string | undefined;
  readonly activeTraceId: string | undefined;
}

/** Sends one message from within a span, with baggage, and handles it, with the real SDK set up as applications do. */
async function traced(options: OpenTelemetryOptions, act: () => unknown = () => {}): Promise<Traced> {
  const exporter = new InMemorySpanExporter();
  const provider = new BasicTracerProvider({ spanProcessors: [new SimpleSpanProcessor(exporter)] });
  trace.setGlobalTracerProvider(provider);
  context.setGlobalContextManager(new AsyncLocalStorageContextManager().enable());
  propagation.setGlobalPropagator(
    new CompositePropagator({ propagators: [new W3CTraceContextPropagator(), new W3CBaggagePropagator()] }),
  );
  try {
    let seen: Omit<Traced, "spans"> = { headers: {}, baggage: undefined, activeTraceId: undefined };
    const { actorMiddleware, producerMiddleware } = openTelemetry(options);
    const app = new Repid({
      logger: silentLogger,
      actorMiddlewares: [actorMiddleware],
      producerMiddlewares: [producerMiddleware],
    });
    const server = app.servers.register("memory", new InMemoryServer());
    const router = new Router({ channel: "jobs", middlewares: [retry({ when: () => false })] });
    const work = router.actor({ name: "work" }, async (_, { message }) => {
      await Promise.resolve();
      seen = {
        headers: message.headers,
        baggage: propagation.getBaggage(context.active())?.getEntry("tenant")?.value,
        activeTraceId: trace.getActiveSpan()?.spanContext().traceId,
      };
      await act();
    });
    app.includeRouter(router);
    const connection = await server.connect();
    const baggage = propagation.createBaggage({ tenant: { value: "acme" } });
    await context.with(propagation.setBaggage(context.active(), baggage), async () => {
      await trace.getTracer("test").startActiveSpan("request", async (span) => {
        await app.send(work, undefined);
        span.end();
      });
    });
    await app.runWorker({ messagesLimit: 1, osSignals: [] });
    await connection.close();
    // The exporter answers from a timer of its own.
    await provider.forceFlush();
    return { spans: exporter.getFinishedSpans(), ...seen };
  } finally {
    trace.disable();
    context.disable();
    propagation.disable();
    await provider.shutdown();
  }
}

function find(spans: readonly ReadableSpan[], name: string): ReadableSpan {
  const span = spans.find((each) => each.name === name);
  assert.ok(span, `no span is called ${name}`);
  return span;
}

test("openTelemetry() puts the run of an actor into the trace that sent its message", async () => {
  const { spans, headers, baggage, activeTraceId } = await traced({ system: "in-memory" });
  const request = find(spans, "request");
  const send = find(spans, "send jobs");
  const process = find(spans, "process jobs");
  const { traceId, spanId } = send.spanContext();
  assert.equal(send.kind, SpanKind.PRODUCER);
  assert.equal(send.parentSpanContext?.spanId, request.spanContext().spanId);
  assert.equal(process.kind, SpanKind.CONSUMER);
  assert.equal(process.parentSpanContext?.spanId, spanId);
  assert.equal(process.spanContext().traceId, request.spanContext().traceId);
  assert.equal(headers["traceparent"], `00-${traceId}-${spanId}-01`);
  assert.equal(baggage, "acme");
  assert.equal(activeTraceId, traceId);
});

test("openTelemetry() describes messages as the semantic conventions want it", async () => {
  const { spans } = await traced({ system: "in-memory" });
  const { "messaging.message.id": id, ...attributes } = find(spans, "process jobs").attributes;
  assert.equal(typeof id, "string");
  assert.deepEqual(attributes, {
    "messaging.system": "in-memory",
    "messaging.operation.name": "process",
    "messaging.operation.type": "process",
    "messaging.destination.name": "jobs",
    "messaging.message.body.size": 0,
    "repid.actor.name": "work",
    "repid.message.action": "acked",
  });
  const send = find(spans, "send jobs").attributes;
  assert.equal(send["messaging.operation.type"], "send");
  assert.equal(send["messaging.destination.name"], "jobs");
});

test("openTelemetry({ mode: 'link' }) begins a trace of its own that links to the sender, and keeps the baggage", async () => {
  const { spans, baggage, activeTraceId } = await traced({ mode: "link" });
  const send = find(spans, "send jobs").spanContext();
  const process = find(spans, "process jobs");
  assert.notEqual(process.spanContext().traceId, send.traceId);
  assert.equal(process.parentSpanContext, undefined);
  assert.deepEqual(process.links.map(({ context }) => context.spanId), [send.spanId]);
  assert.equal(activeTraceId, process.spanContext().traceId);
  assert.equal(baggage, "acme");
});

test("openTelemetry() records what an actor threw", async () => {
  const { spans } = await traced({}, () => {
    throw new RangeError("too far");
  });
  const process = find(spans, "process jobs");
  assert.deepEqual(process.status, { code: SpanStatusCode.ERROR, message: "too far" });
  assert.equal(process.attributes["error.type"], "RangeError");
  assert.equal(process.events[0]?.attributes?.["exception.message"], "too far");
});

test("openTelemetry() does nothing where no SDK is set up", async () => {
  const { actorMiddleware, producerMiddleware } = openTelemetry();
  const app = new Repid({ actorMiddlewares: [actorMiddleware], producerMiddlewares: [producerMiddleware] });
  const server = app.servers.register("memory", new InMemoryServer());
  const router = new Router();
  let headers = {};
  const work = router.actor({ name: "work" }, (_, { message }) => void (headers = message.headers));
  app.includeRouter(router);
  const connection = await server.connect();
  await app.send(work, undefined);
  await app.runWorker({ messagesLimit: 1, osSignals: [] });
  await connection.close();
  assert.deepEqual(headers, { topic: "work" });
});

test("openTelemetry() says what became of a message that failed, also where retry() gave up", async () => {
  const { spans } = await traced({}, () => {
    throw new Error("on purpose");
  });
  const { attributes, status } = find(spans, "process jobs");
  assert.deepEqual([attributes["repid.message.action"], status.code], ["nacked", SpanStatusCode.ERROR]);
});
