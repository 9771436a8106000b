/**
 * Middlewares: code that runs around every run of an actor and every publication.
 * @module
 */
import { ignore, type MaybePromise, settled } from "../_internal/maybe_promise.ts";
import type { ActorInfo } from "./context.ts";
import type { ReceivedMessage } from "./message.ts";
import type { BaseMessage, MessageData, ServerSpecificParameters } from "../contract/server.ts";

/** One run of an actor, as middlewares see it. */
export interface ActorCall {
  /** The message. After `next()`, its `action` says how it was settled. */
  readonly message: ReceivedMessage;
  /** The actor. */
  readonly actor: ActorInfo;
  /**
   * Aborted on shutdown, when the lease is lost, and when the time limit passes. A middleware that then throws the signal's
   * reason, or an error caused by it, counts as interrupted, not as failed. It is a getter: `{ ...call }` does not copy it.
   */
  readonly signal: AbortSignal;
  /**
   * Whether a failure of this run decides how the message is settled. Defaults to `true`. After `next({ final: false })` a
   * failing run settles nothing and calls no policy, because the middleware is going to try again.
   */
  readonly final: boolean;
  /**
   * For a middleware that ran the rest with `next({ final: false })` and stops trying after a failure: decides the settlement
   * now, by `onError` or `onTimeout` with `error`, so that outer middlewares see it in `message.action`. Without this call it
   * is decided when all middlewares have ended. Does nothing if this call itself is not final, or if it is decided already.
   * Never rejects.
   */
  decide(error: unknown): Promise<void>;
}

/** What a middleware may change for the rest of the chain. */
export interface ActorCallChanges {
  /** Other parts for the message: `next({ message: { payload: unzipped } })`. Settling it stays the same. */
  readonly message?: Partial<BaseMessage> | undefined;
  /** See {@linkcode ActorCall.final}. */
  readonly final?: boolean | undefined;
}

/**
 * Wraps the runs of actors, outermost first. `next()` runs the rest and resolves to what the handler returned, or rejects
 * with what it threw. You may call it again (a retry) after it has ended: a failed message is settled only when the whole
 * chain has ended, so that a later success counts. If a middleware throws while the actor is running, the actor's signal is
 * aborted.
 */
export type ActorMiddleware = (
  call: ActorCall,
  next: (changes?: ActorCallChanges) => Promise<unknown>,
) => unknown;

/** One publication, as middlewares see it. */
export interface ProducerCall {
  /** The channel that the message is sent to. */
  readonly channel: string;
  /** The message. */
  readonly message: MessageData;
  /** Parameters that only this broker knows. */
  readonly serverSpecificParameters: ServerSpecificParameters;
}

/** What a middleware may change of a publication for the rest of the chain. What is `undefined` stays as it is. */
export interface ProducerCallChanges {
  /** Send the message to this channel instead. */
  readonly channel?: string | undefined;
  /** Send this message instead. */
  readonly message?: MessageData | undefined;
  /** Send with these parameters instead. */
  readonly serverSpecificParameters?: ServerSpecificParameters | undefined;
}

/** Wraps publications: those of the application, and those of actors, including their replies. */
export type ProducerMiddleware = (
  call: ProducerCall,
  next: (changes?: ProducerCallChanges) => Promise<void>,
) => void | Promise<void>;

/**
 * Refuses invalid middlewares where they are passed.
 *
 * @throws {TypeError} If they are not an array, or one of them is not a function.
 */
export function checkMiddlewares(middlewares: readonly unknown[]): void {
  if (!Array.isArray(middlewares)) {
    throw new TypeError(`Cannot use the middlewares as they are not an array: ${typeof middlewares}`);
  }
  const wrong = middlewares.find((middleware) => typeof middleware !== "function");
  if (wrong !== undefined || middlewares.includes(undefined)) {
    throw new TypeError(`Cannot use the middleware as it is not a function: ${typeof wrong}`);
  }
}

/** Composes middlewares and their core into one function. Composed once, called for each message. */
export function compose<Call, Changes, Result>(
  middlewares: readonly ((
    call: Call,
    next: (changes?: Changes) => Promise<Result>,
  ) => Result | Promise<Result>)[],
  change: (call: Call, changes: Changes) => Call,
  core: (call: Call) => MaybePromise<Result>,
): (call: Call) => MaybePromise<Result> {
  // Whether the promise of the inner middleware is observed already: it returned the promise that it got itself. Says nothing
  // about the core, which may meanwhile run the whole chain for another message.
  let isObserved = false;
  return middlewares.reduceRight<(call: Call) => MaybePromise<Result>>(
    (inner, middleware) => (call) => {
      let rest: MaybePromise<Result> | undefined;
      let promise: Promise<Result> | undefined;
      const answer = middleware(call, (changes) => {
        try {
          isObserved = false;
          rest = settled(inner(changes === undefined ? call : change(call, changes)));
          promise = rest instanceof Promise
            ? (isObserved && inner !== core ? rest : observed(rest))
            : Promise.resolve(rest);
        } catch (error) {
          rest = promise = observed(Promise.reject<Result>(error));
        }
        return promise;
      });
      // A value that is there already and was passed on unchanged is not awaited: this saves a tenth of the cost of a message on Bun.
      isObserved = promise !== undefined && answer === promise;
      return isObserved ? rest as MaybePromise<Result> : answer;
    },
    core,
  );
}

/** A middleware that does not await the rest must not end the process when the rest fails. */
function observed<T>(rest: Promise<T>): Promise<T> {
  rest.catch(ignore);
  return rest;
}
