/**
 * Middlewares: code around every actor run and every publication.
 * @module
 */
import { ignore, type MaybePromise, settled } from "../_internal/maybe_promise.ts";
import type { ActorInfo } from "./context.ts";
import type { ReceivedMessage } from "./message.ts";
import type { BaseMessage, MessageData, ServerSpecificParameters } from "../contract/server.ts";

/** One run of an actor, as middlewares see it. */
export interface ActorCall {
  /** The message. Its `action` tells, after `next()`, what became of it. */
  readonly message: ReceivedMessage;
  /** The actor. */
  readonly actor: ActorInfo;
  /**
   * Aborted on shutdown, when the lease is lost, and on a timeout. A middleware that throws its reason then, or what was
   * caused by it, counts as interrupted too, not as failed. A getter: `{ ...call }` does not copy it.
   */
  readonly signal: AbortSignal;
  /**
   * Whether a failure of this run decides what becomes of the message. Defaults to `true`. With `next({ final: false })`
   * a failing run settles nothing and asks no policy: the caller is going to try again.
   */
  readonly final: boolean;
  /**
   * For a middleware that let a run fail with `next({ final: false })` and tries no more: what becomes of the message is
   * decided now, `onError` or `onTimeout` asked about `error`, so that `message.action` tells it to the middlewares around.
   * Where nobody calls this, it is decided when all of them have ended. Does nothing where this call is not final itself, or
   * it was decided before. Never rejects.
   */
  decide(error: unknown): Promise<void>;
}

/** What a middleware may change for the rest of the chain. */
export interface ActorCallChanges {
  /** Parts of the message to be seen differently: `next({ message: { payload: unzipped } })`. Settling it stays the same. */
  readonly message?: Partial<BaseMessage> | undefined;
  /** See {@linkcode ActorCall.final}. */
  readonly final?: boolean | undefined;
}

/**
 * Wraps the runs of actors, outermost first: `next()` runs the rest and answers what the handler returned, or throws what
 * it threw. It may be called again (a retry) once it has ended: a failure's settlement is sent only when the whole chain
 * has ended, so a later success wins. A middleware that throws while the actor is running stops it through its signal.
 */
export type ActorMiddleware = (
  call: ActorCall,
  next: (changes?: ActorCallChanges) => Promise<unknown>,
) => unknown;

/** One publication, as middlewares see it. */
export interface ProducerCall {
  /** Where the message goes. */
  readonly channel: string;
  /** The message. */
  readonly message: MessageData;
  /** What only one broker knows. */
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

/** Wraps publications: those of the application, and those of actors and their replies. */
export type ProducerMiddleware = (
  call: ProducerCall,
  next: (changes?: ProducerCallChanges) => Promise<void>,
) => void | Promise<void>;

/**
 * Refuses what cannot be called, at the line that gives it.
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

/** One function out of middlewares and what they surround. Composed once, called for each message. */
export function compose<Call, Changes, Result>(
  middlewares: readonly ((
    call: Call,
    next: (changes?: Changes) => Promise<Result>,
  ) => Result | Promise<Result>)[],
  change: (call: Call, changes: Changes) => Call,
  core: (call: Call) => MaybePromise<Result>,
): (call: Call) => MaybePromise<Result> {
  // Whether what the inner middleware has just answered is observed: it passed on what it was answered itself. Says nothing of
  // the core, which may run the whole for something else meanwhile.
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
      // What is passed on as it came, and is there already, need not be waited for: a tenth of what a message costs on Bun.
      isObserved = promise !== undefined && answer === promise;
      return isObserved ? rest as MaybePromise<Result> : answer;
    },
    core,
  );
}

/** A middleware that does not wait for the rest must not end the process when that fails. */
function observed<T>(rest: Promise<T>): Promise<T> {
  rest.catch(ignore);
  return rest;
}
