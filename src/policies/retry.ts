/**
 * Retries within the process: the message stays with its worker until an attempt succeeds or none is left.
 * @module
 */
import { type KnownOptions, refuseNoFunction, refuseUnknown } from "../_internal/known_options.ts";
import type { ActorMiddleware } from "../declaration/middleware.ts";
import { MessageValidationError } from "../contract/errors.ts";

/** Options of {@linkcode retry}. */
export interface RetryOptions {
  /** How often the actor is run at most, the first time included. A whole number of at least 1. Defaults to 3. */
  readonly attempts?: number | undefined;
  /** How long to wait before the second attempt, in milliseconds. Defaults to 1 000. */
  readonly delay?: number | undefined;
  /** What the delay is multiplied by after each attempt: 1 for always the same. At least 1. Defaults to 2. */
  readonly backoff?: number | undefined;
  /** How much of the delay is left to chance, from 0 to 1, so that many do not come back at once. Defaults to 0.5. */
  readonly jitter?: number | undefined;
  /** Whether to try again after this error. `attempt` counts from 1. Defaults to all but a message that is not valid. */
  readonly when?: ((error: unknown, attempt: number) => boolean | Promise<boolean>) | undefined;
}

const RETRY_OPTIONS: KnownOptions<RetryOptions> = {
  attempts: true,
  delay: true,
  backoff: true,
  jitter: true,
  when: true,
};

/**
 * Runs an actor again when it fails, in the same worker: for faults that pass quickly. The message keeps its slot and its
 * lease meanwhile. `onError` is asked after the last attempt only; the others are reported as `actor.attempt.error`.
 * Each attempt has the actor's time limit to itself. A message that the actor settled is not tried again. A stop of the
 * worker ends the waiting when its grace period is over, and puts the message back.
 *
 * @example
 * ```ts
 * import { retry, Router } from "@repid/core";
 *
 * const router = new Router();
 * router.actor({ name: "fetch", middlewares: [retry({ attempts: 5, delay: 200 })] }, async () => {
 *   await fetch("https://example.com");
 * });
 * ```
 *
 * @throws {TypeError} If an option is not known, or `when` is not a function.
 * @throws {RangeError} If one is out of range.
 */
export function retry(options: RetryOptions = {}): ActorMiddleware {
  refuseUnknown("retry", options, RETRY_OPTIONS);
  const { attempts = 3, delay = 1_000, backoff = 2, jitter = 0.5, when = isWorthRetrying } = options;
  refuse("attempts", attempts, Number.isInteger(attempts) && attempts >= 1, "a whole number of at least 1");
  refuse(
    "delay",
    delay,
    typeof delay === "number" && delay >= 0 && delay < Infinity,
    "milliseconds of at least 0",
  );
  refuse("backoff", backoff, typeof backoff === "number" && backoff >= 1, "a factor of at least 1");
  refuse("jitter", jitter, typeof jitter === "number" && jitter >= 0 && jitter <= 1, "a share from 0 to 1");
  refuseNoFunction("retry", { when });
  return async (call, next) => {
    for (let attempt = 1; attempt < attempts; attempt++) {
      try {
        return await next({ final: false });
      } catch (error) {
        // A time limit uses up its own attempt's signal; one that is aborted now is aborted for good.
        const isOver = call.message.isActedOn || call.signal.aborted;
        if (isOver || !await when(error, attempt)) {
          await call.decide(error);
          throw error;
        }
      }
      const ms = delay * backoff ** (attempt - 1);
      await wait(ms - Math.random() * jitter * ms, call.signal);
      // The last attempt of a run that is to end ends at once, and says why.
      if (call.signal.aborted) break;
    }
    return await next({ final: call.final });
  };
}

/** The most that `setTimeout` can wait for. */
const LONGEST = 2 ** 31 - 1;

function wait(ms: number, signal: AbortSignal): Promise<void> {
  return new Promise((resolve) => {
    if (signal.aborted) return resolve();
    const done = (): void => {
      clearTimeout(timer);
      signal.removeEventListener("abort", done);
      resolve();
    };
    const timer = setTimeout(done, Math.min(ms, LONGEST));
    signal.addEventListener("abort", done, { once: true });
  });
}

function refuse(name: string, value: number, isGood: boolean, wanted: string): void {
  if (!isGood) throw new RangeError(`Cannot retry as ${name} is not ${wanted}: ${String(value)}`);
}

/** Whether another attempt may end differently: an invalid message stays invalid. */
export function isWorthRetrying(error: unknown): boolean {
  return !(error instanceof MessageValidationError);
}
