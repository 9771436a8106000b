/**
 * What a worker reports: a closed list of events, each with its fields. Payloads and headers are never among the fields.
 *
 * A name has three parts: the subject, the part of it, and what happened. Names do not change once they are released.
 * Where Python's Repid reports the same thing under such a name, the name is the same.
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
  /** warn: a worker has nothing to do, because its application has no actors. */
  "worker.run.no_actors": Record<never, never>;
  /** info: a worker has connected and subscribed. Reported again after each reconnect. */
  "worker.consumer.start": { readonly channels: readonly string[] };
  /** error: connecting or consuming failed; the worker tries again after `delay` milliseconds. */
  "worker.consumer.retry": { readonly error: unknown; readonly attempt: number; readonly delay: number };
  /** error: consuming failed with an error that is not retriable; the worker stops and `runWorker` rejects. */
  "worker.consumer.error": { readonly error: unknown };
  /** info: the worker stops because of an OS signal. */
  "worker.signal.stop": { readonly signal: string };
  /** warn: the event loop was blocked for `lag` milliseconds: health checks fail, and leases may expire. */
  "worker.event_loop.blocked": { readonly lag: number; readonly running: number };
  /**
   * error: a promise was rejected and nothing handled it, mostly one that a handler did not await; `actors` names the actors
   * that were running. The worker stops gracefully, unless `unhandledRejections` says otherwise.
   */
  "worker.rejection.unhandled": { readonly error: unknown; readonly actors: readonly string[] };
  /** debug: a worker begins its graceful shutdown and takes no more messages. */
  "worker.shutdown.start": { readonly running: number };
  /** error: the grace period is over while actors still run; their signals are aborted. */
  "worker.shutdown.timeout": { readonly messages: readonly RunningMessage[] };
  /** error: settling or closing took longer than its bound; the worker stops without them. */
  "worker.close.timeout": { readonly unsettled: readonly UnsettledMessage[] };
  /** warn: closing a subscription or the connection failed. */
  "worker.close.error": { readonly error: unknown };
  /** info: a worker has stopped. */
  "worker.run.exit": { readonly processed: number };
  /** debug: an actor returned. */
  "actor.run.success": RunningMessage & { readonly action: string | undefined };
  /**
   * error: an actor failed, or its message was invalid; `action` is how the message is settled. The issues of an invalid
   * message are in the schema library's words, which may quote the invalid value.
   */
  "actor.run.error": RunningMessage & { readonly error: unknown; readonly action: string | undefined };
  /**
   * warn: an attempt failed that is not the last, such as those of `retry()`; `attempt` counts from 1. The last failure of a
   * message is an `actor.run.error`.
   */
  "actor.attempt.error": RunningMessage & { readonly error: unknown; readonly attempt: number };
  /** error: an actor did not stop after its signal was aborted; its slot is free again, its result is ignored. */
  "actor.run.abandoned": RunningMessage & { readonly reason: unknown; readonly abandoned: number };
  /** info: an abandoned actor has ended. */
  "actor.abandoned.end": RunningMessage & { readonly abandoned: number };
  /**
   * error: `onError` or `onTimeout` threw or returned a value that is not an action, and the message is nacked, or settled as a
   * `PolicyError` says; or it took longer than the actor's time limit, and the message is rejected.
   */
  "actor.policy.error": RunningMessage & { readonly error: unknown };
  /** error: a clean-up function registered with `defer` failed. */
  "actor.defer.error": RunningMessage & { readonly error: unknown };
  /** warn: a `manual` actor returned without settling its message. */
  "actor.run.unsettled": RunningMessage;
  /** warn: no actor matches a message; it is returned to the queue. */
  "actor.route.not_found": {
    readonly channel: string;
    readonly messageId: string | undefined;
    readonly attempt: number;
  };
  /** error: no actor matched a message too many times; it is nacked. */
  "actor.route.poison_message": { readonly channel: string; readonly messageId: string | undefined };
  /** warn: an actor receives no messages, because an actor registered before it matches all of them. */
  "actor.route.unreachable": { readonly actor: string; readonly channel: string; readonly behind: string };
  /** error: a routing strategy threw; the message does not match that actor. */
  "actor.route.error": {
    readonly actor: string;
    readonly channel: string;
    readonly messageId: string | undefined;
    readonly error: unknown;
  };
  /** error: a message could not be settled. The broker redelivers it. */
  "message.settle.error": SettledMessage & { readonly error: unknown };
  /** warn: the lease or connection of a message was lost before it was settled. The broker redelivers it. */
  "message.settle.lost": SettledMessage;
  /** warn: a lease could not be extended; the worker tries again. */
  "message.lease.error": RunningMessage & { readonly error: unknown };
  /** error: a lease expired or was lost; the actor's signal is aborted. */
  "message.lease.lost": RunningMessage;
  /** info: the health check server listens. */
  "health_check.server.start": { readonly url: string };
  /** info: the AsyncAPI server listens. */
  "asyncapi.server.start": { readonly url: string };
  /** warn: a schema has no JSON Schema form; the AsyncAPI document describes it as `{}`. */
  "asyncapi.schema.unsupported": { readonly schema: string; readonly error: unknown };
}

/** A message that an actor is handling. */
export interface RunningMessage {
  /** The actor's name. */
  readonly actor: string;
  /** The channel that the message came from. */
  readonly channel: string;
  /** The broker's id of the message; `undefined` if there is none. */
  readonly messageId: string | undefined;
}

/** A message that was not settled in time. The broker redelivers it. */
export interface UnsettledMessage {
  /** The actor's name; `undefined` if no actor matched it. */
  readonly actor: string | undefined;
  /** The channel that the message came from. */
  readonly channel: string;
  /** The broker's id of the message; `undefined` if there is none. */
  readonly messageId: string | undefined;
}

/** A message and how it was to be settled. */
export interface SettledMessage {
  /** The channel that the message came from. */
  readonly channel: string;
  /** The broker's id of the message; `undefined` if there is none. */
  readonly messageId: string | undefined;
  /** `acked`, `nacked`, `rejected` or `replied`. */
  readonly action: string;
}

/** The name of an event. */
export type EventName = keyof EventFields;

/** How much an event matters. */
export type LogLevel = "debug" | "info" | "warn" | "error";

/** The level of every event. */
export const EVENT_LEVELS: Readonly<Record<EventName, LogLevel>> = {
  "worker.run.start": "info",
  "worker.run.no_actors": "warn",
  "worker.consumer.start": "info",
  "worker.consumer.retry": "error",
  "worker.consumer.error": "error",
  "worker.signal.stop": "info",
  "worker.event_loop.blocked": "warn",
  "worker.rejection.unhandled": "error",
  "worker.shutdown.start": "debug",
  "worker.shutdown.timeout": "error",
  "worker.close.timeout": "error",
  "worker.close.error": "warn",
  "worker.run.exit": "info",
  "actor.run.success": "debug",
  "actor.run.error": "error",
  "actor.attempt.error": "warn",
  "actor.run.abandoned": "error",
  "actor.abandoned.end": "info",
  "actor.policy.error": "error",
  "actor.defer.error": "error",
  "actor.run.unsettled": "warn",
  "actor.route.not_found": "warn",
  "actor.route.poison_message": "error",
  "actor.route.unreachable": "warn",
  "actor.route.error": "error",
  "message.settle.error": "error",
  "message.settle.lost": "warn",
  "message.lease.error": "warn",
  "message.lease.lost": "error",
  "health_check.server.start": "info",
  "asyncapi.server.start": "info",
  "asyncapi.schema.unsupported": "warn",
};

/** Receives one event. */
export type LogFunction = <E extends EventName>(event: E, fields: EventFields[E]) => void;

/** Where events go: any logger with these four methods. What a method throws, or rejects with, is ignored. */
export interface Logger {
  /** Details, for debugging. */
  debug: LogFunction;
  /** The normal life of a worker. */
  info: LogFunction;
  /** Something that may need attention. */
  warn: LogFunction;
  /** A failure. */
  error: LogFunction;
}

/** Reports an event at its level. */
export type Report = LogFunction;

/** A function that reports events to a logger, each at its own level. A logger that throws does not disturb the worker. */
export function reportTo(logger: Logger): Report {
  return (event, fields) => {
    try {
      const logged: unknown = logger[EVENT_LEVELS[event]](event, fields);
      if (logged instanceof Promise) logged.catch(ignore);
    } catch {
      // Reporting a failure of the logger to the logger would not help.
    }
  };
}
