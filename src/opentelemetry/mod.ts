/**
 * Traces with OpenTelemetry: a pair of middlewares. Messages carry the trace and the baggage in their headers, in the format of
 * the registered propagator, such as W3C `traceparent`.
 *
 * Needs `npm:@opentelemetry/api` and an SDK that the application sets up. Without an SDK the middlewares do nothing.
 *
 * @example
 * ```ts
 * import { Repid } from "@repid/core";
 * import { openTelemetry } from "@repid/core/opentelemetry";
 *
 * const { actorMiddleware, producerMiddleware } = openTelemetry({ system: "rabbitmq" });
 * const app = new Repid({
 *   actorMiddlewares: [actorMiddleware],
 *   producerMiddlewares: [producerMiddleware],
 * });
 * ```
 * @module
 */
import {
  type Attributes,
  type Context,
  context,
  propagation,
  ROOT_CONTEXT,
  type Span,
  SpanKind,
  SpanStatusCode,
  type TextMapGetter,
  trace,
  type Tracer,
} from "@opentelemetry/api";
import { type KnownOptions, refuseUnknown } from "../_internal/known_options.ts";
import type { ActorMiddleware, ProducerMiddleware } from "../declaration/middleware.ts";
import type { MessageHeaders } from "../contract/server.ts";

/** Options of {@linkcode openTelemetry}. */
export interface OpenTelemetryOptions {
  /** The value of `messaging.system`: `rabbitmq`, `redis`, `gcp_pubsub`, … Defaults to `"repid"`. */
  readonly system?: string | undefined;
  /**
   * How the span of an actor's run relates to the span that sent the message. `"parent"`: its child, in the same trace.
   * `"link"`: in a trace of its own that links to the other, for messages that wait long or are handled many times. Defaults to
   * `"parent"`.
   */
  readonly mode?: "parent" | "link" | undefined;
}

/** The two middlewares. Each works without the other. */
export interface OpenTelemetryMiddlewares {
  /** Creates a `CONSUMER` span around each run of an actor. The span is active while the actor runs. */
  readonly actorMiddleware: ActorMiddleware;
  /** Creates a `PRODUCER` span around each publication, and writes its context and the baggage into the headers. */
  readonly producerMiddleware: ProducerMiddleware;
}

/** The instrumentation's name. */
const NAME = "@repid/core";

const OPTIONS: KnownOptions<OpenTelemetryOptions> = { system: true, mode: true };

/**
 * Creates the pair of middlewares. Put them first, so that they run around the others.
 *
 * @throws {TypeError} If an option or the mode is unknown.
 */
export function openTelemetry(options: OpenTelemetryOptions = {}): OpenTelemetryMiddlewares {
  refuseUnknown("make the middlewares", options, OPTIONS);
  const { system = "repid", mode = "parent" } = options;
  if (mode !== "parent" && mode !== "link") {
    throw new TypeError(
      `Cannot make the middlewares as the mode is neither parent nor link: ${String(mode)}`,
    );
  }
  // Looked up for each span, because a provider may be registered after this call.
  const tracer = (): Tracer => trace.getTracer(NAME);
  return {
    actorMiddleware: ({ message, actor }, next) => {
      const sent = propagation.extract(ROOT_CONTEXT, message.headers, HEADERS);
      const sender = trace.getSpanContext(sent);
      const isLinked = mode === "link";
      const attributes = {
        ...attributesOf(system, "process", message.channel, message.payload),
        ...message.messageId !== undefined && { "messaging.message.id": message.messageId },
        "repid.actor.name": actor.name,
      };
      const options = {
        kind: SpanKind.CONSUMER,
        attributes,
        ...isLinked && sender && { links: [{ context: sender }] },
      };
      // The baggage of the message is kept in both modes.
      const parent = isLinked ? trace.deleteSpan(sent) : sent;
      const span = tracer().startSpan(`process ${message.channel}`, options, parent);
      return within(span, parent, async () => {
        try {
          return await next();
        } finally {
          if (message.action !== undefined) span.setAttribute("repid.message.action", message.action);
        }
      });
    },
    producerMiddleware: async (call, next) => {
      const { channel, message } = call;
      const attributes = attributesOf(system, "send", channel, message.payload);
      const parent = context.active();
      const span = tracer().startSpan(`send ${channel}`, { kind: SpanKind.PRODUCER, attributes }, parent);
      await within(span, parent, async () => {
        const headers: Record<string, string | undefined> = { ...message.headers };
        propagation.inject(context.active(), headers);
        await next({ message: { ...message, headers } });
      });
    },
  };
}

/** Runs with the span active, records what is thrown, and ends the span. */
function within<T>(span: Span, parent: Context, run: () => Promise<T>): Promise<T> {
  return context.with(trace.setSpan(parent, span), async () => {
    try {
      return await run();
    } catch (error) {
      const text = error instanceof Error ? error.message : String(error);
      span.recordException(error instanceof Error ? error : text);
      span.setAttribute("error.type", error instanceof Error ? error.name : typeof error);
      span.setStatus({ code: SpanStatusCode.ERROR, message: text });
      throw error;
    } finally {
      span.end();
    }
  });
}

/** The attributes that the semantic conventions require of every messaging span. */
function attributesOf(
  system: string,
  operation: "process" | "send",
  channel: string,
  payload: Uint8Array,
): Attributes {
  return {
    "messaging.system": system,
    "messaging.operation.name": operation,
    "messaging.operation.type": operation,
    "messaging.destination.name": channel,
    "messaging.message.body.size": payload.length,
  };
}

/** Some brokers change the case of header names. */
const HEADERS: TextMapGetter<MessageHeaders> = {
  keys: (headers) => Object.keys(headers),
  get: (headers, name) =>
    headers[name] ?? Object.entries(headers).find(([key]) => key.toLowerCase() === name)?.[1],
};
