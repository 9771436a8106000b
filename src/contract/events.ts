/**
 * What a worker tells its operators: a closed list of events, each with its fields. Payloads and headers are never among
 * them. The names are those of Python's Repid where it has the event; spelling is for ever.
 * @module
 */

import { ignore } from "../_internal/maybe_promise.ts";

/** The fields of every event, by its name. */
export interface EventFields {
  /** info: a worker starts. */
  "worker.run.start": {
    readonly channels: readonly string[];
    readonly tasksLimit: number;
    readonly messagesLimit: number;
    readonly gracefulShutdownTime: number;
  };
  /** warn: a worker had nothing to do, as its application has no actors. */
  "worker.run.exit.no_actors": Record<never, never>;
  /** info: a worker consumes: connected and subscribed. Repeated after each outage. */
  "worker.consumer.start": { readonly channels: readonly string[] };
  /** error: connecting or consuming failed; another try follows after `delay` milliseconds. */
  "worker.consumer.retry": { readonly error: unknown; readonly attempt: number; readonly delay: number };
  /** error: consuming failed for good; the worker stops and `runWorker` rejects. */
  "worker.consumer.error": { readonly error: unknown };
  /** info: an OS signal asked the worker to stop. */
  "worker.signal.stop": { readonly signal: string };
  /** warn: the event loop did not turn for `lag` milliseconds: health checks fail and leases may be lost. */
  "worker.event_loop.blocked": { readonly lag: number; readonly running: number };
  /** debug: a worker takes no more messages. */
  "worker.shutdown.start": { readonly running: number };
  /** error: the grace period is over and actors still run; their signals are aborted. */
  "worker.shutdown.tasks_timeout": { readonly messages: readonly RunningMessage[] };
  /** error: settling or closing took longer than its bound; the worker leaves what is open behind. */
  "worker.shutdown.close_timeout": { readonly unsettled: readonly UnsettledMessage[] };
  /** warn: something could not be closed properly. */
  "worker.shutdown.close_error": { readonly error: unknown };
  /** info: a worker has stopped. */
  "worker.run.exit": { readonly processed: number };
  /** debug: an actor returned. */
  "actor.run.success": RunningMessage & { readonly action: string | undefined };
  /**
   * error: an actor failed, or its message was not valid; `action` is what became of the message. The issues of an invalid
   * message are in the schema library's words, which may quote the value that did not fit.
   */
  "actor.run.error": RunningMessage & { readonly error: unknown; readonly action: string | undefined };
  /**
   * warn: an actor failed, or its message was not valid, in a run that is not the last, as those of `retry()`; `attempt`
   * counts from 1. The last failure of a message is an `actor.run.error`.
   */
  "actor.run.attempt_failed": RunningMessage & { readonly error: unknown; readonly attempt: number };
  /** error: an actor went on after its signal was aborted; its slot is given back, what it does later is ignored. */
  "actor.run.abandoned": RunningMessage & { readonly reason: unknown; readonly abandoned: number };
  /** info: an actor that was given up has ended after all. */
  "actor.run.abandoned_ended": RunningMessage & { readonly abandoned: number };
  /**
   * error: `onError` or `onTimeout` threw or answered nonsense, and the message is nacked, or settled as a `PolicyError` says;
   * or it took longer than the actor's time limit, and the message is put back.
   */
  "actor.policy.error": RunningMessage & { readonly error: unknown };
  /** error: a clean-up function registered with `defer` threw. */
  "actor.defer.error": RunningMessage & { readonly error: unknown };
  /** warn: a `manual` actor left its message unsettled. */
  "actor.ack.manual.unacknowledged": RunningMessage;
  /** warn: no actor matches a message; it is put back. */
  "actor.route.not_found": {
    readonly channel: string;
    readonly messageId: string | undefined;
    readonly attempt: number;
  };
  /** error: no actor matched a message too many times; it is nacked. */
  "actor.route.poison_message": { readonly channel: string; readonly messageId: string | undefined };
  /** warn: no message reaches an actor, as one registered before it takes them all. */
  "actor.route.unreachable": { readonly actor: string; readonly channel: string; readonly behind: string };
  /** error: a routing strategy threw; the message counts as not for that actor. */
  "actor.route.error": {
    readonly actor: string;
    readonly channel: string;
    readonly messageId: string | undefined;
    readonly error: unknown;
  };
  /** error: the broker could not be told what became of a message. It will deliver the message again. */
  "message.settle.error": SettledMessage & { readonly error: unknown };
  /** warn: the message belonged to somebody else by the time it was settled. It is handled again elsewhere. */
  "message.settle.lost": SettledMessage;
  /** warn: a lease could not be extended; the next try follows. */
  "message.keep_alive.error": RunningMessage & { readonly error: unknown };
  /** error: a lease was lost; the actor's signal is aborted. */
  "message.lease.lost": RunningMessage;
  /** info: the health server listens. */
  "health_check_server.start": { readonly url: string };
  /** info: the AsyncAPI server listens. */
  "asyncapi_server.start": { readonly url: string };
  /** warn: a schema has no JSON Schema form; the document says nothing of it. */
  "asyncapi.schema.unsupported": { readonly schema: string; readonly error: unknown };
}

/** Which message, and whose. */
export interface RunningMessage {
  /** The actor's name. */
  readonly actor: string;
  /** Where the message came from. */
  readonly channel: string;
  /** Its id. */
  readonly messageId: string | undefined;
}

/** A message that the broker was not told about in time. It will deliver it again. */
export interface UnsettledMessage {
  /** The actor's name; `undefined` where no actor had it. */
  readonly actor: string | undefined;
  /** Where the message came from. */
  readonly channel: string;
  /** Its id. */
  readonly messageId: string | undefined;
}

/** A message, and what was to become of it. */
export interface SettledMessage {
  /** Where the message came from. */
  readonly channel: string;
  /** Its id. */
  readonly messageId: string | undefined;
  /** What was to become of it. */
  readonly action: string;
}

/** The name of an event. */
export type EventName = keyof EventFields;

/** How much an event matters. */
export type LogLevel = "debug" | "info" | "warn" | "error";

/** The level of every event: the table that this file's list is. */
export const EVENT_LEVELS: Readonly<Record<EventName, LogLevel>> = {
  "worker.run.start": "info",
  "worker.run.exit.no_actors": "warn",
  "worker.consumer.start": "info",
  "worker.consumer.retry": "error",
  "worker.consumer.error": "error",
  "worker.signal.stop": "info",
  "worker.event_loop.blocked": "warn",
  "worker.shutdown.start": "debug",
  "worker.shutdown.tasks_timeout": "error",
  "worker.shutdown.close_timeout": "error",
  "worker.shutdown.close_error": "warn",
  "worker.run.exit": "info",
  "actor.run.success": "debug",
  "actor.run.error": "error",
  "actor.run.attempt_failed": "warn",
  "actor.run.abandoned": "error",
  "actor.run.abandoned_ended": "info",
  "actor.policy.error": "error",
  "actor.defer.error": "error",
  "actor.ack.manual.unacknowledged": "warn",
  "actor.route.not_found": "warn",
  "actor.route.poison_message": "error",
  "actor.route.unreachable": "warn",
  "actor.route.error": "error",
  "message.settle.error": "error",
  "message.settle.lost": "warn",
  "message.keep_alive.error": "warn",
  "message.lease.lost": "error",
  "health_check_server.start": "info",
  "asyncapi_server.start": "info",
  "asyncapi.schema.unsupported": "warn",
};

/** Takes one event. */
export type LogFunction = <E extends EventName>(event: E, fields: EventFields[E]) => void;

/** Where events go. Any logger with these four methods will do; what a method throws is ignored, at once or later. */
export interface Logger {
  /** What one looks for when something is odd. */
  debug: LogFunction;
  /** What happens in the life of a worker. */
  info: LogFunction;
  /** What somebody should look at. */
  warn: LogFunction;
  /** What went wrong. */
  error: LogFunction;
}

/** Reports an event at its level. */
export type Report = LogFunction;

/** A function that reports events to a logger, each at its own level. A logger that throws does not disturb its worker. */
export function reportTo(logger: Logger): Report {
  return (event, fields) => {
    try {
      const logged: unknown = logger[EVENT_LEVELS[event]](event, fields);
      if (logged instanceof Promise) logged.catch(ignore);
    } catch {
      // There is nowhere left to report to.
    }
  };
}
