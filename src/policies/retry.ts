/**
 * Retries in the process: the worker keeps the message until an attempt succeeds or none is left.
 * @module
 */
import { type KnownOptions, refuseNoFunction, refuseUnknown } from "../_internal/known_options.ts";
import type { ActorMiddleware } from "../declaration/middleware.ts";
import { MessageValidationError } from "../contract/errors.ts";

/** Options of {@linkcode retry}. */
export interface RetryOptions {
  /** How often the actor runs at most, including the first time. A whole number of at least 1. Defaults to 3. */
  readonly attempts?: number | undefined;
  /** How long to wait before the second attempt, in milliseconds. Defaults to 1 000. */
  readonly delay?: number | undefined;
  /** The factor of the delay after each attempt; 1 keeps it constant. At least 1. Defaults to 2. */
  readonly backoff?: number | undefined;
  /** The random share of the delay, from 0 to 1, so that many messages do not retry at the same time. Defaults to 0.5. */
  readonly jitter?: number | undefined;
  /** Whether to retry after this error. `attempt` counts from 1. Defaults to every error but that of an invalid message. */
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
 * Runs an actor again when it fails, in the same worker, with exponential backoff: for failures that pass quickly. Meanwhile
 * the message keeps its slot and its lease. Each attempt has the actor's whole time limit. `onError` is called after the last
 * attempt only; the failures before it are reported as `actor.attempt.error`. A message that the actor settled is not retried.
 * If the worker stops, the delay ends when the grace period is over, and the message is rejected.
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
 * @throws {TypeError} If an option is unknown, or `when` is not a function.
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
        // A time limit aborts only the signal of its own attempt: a signal that is aborted now stays aborted.
        const isOver = call.message.isActedOn || call.signal.aborted;
        if (isOver || !await when(error, attempt)) {
          await call.decide(error);
          throw error;
        }
      }
      const ms = delay * backoff ** (attempt - 1);
      await wait(ms - Math.random() * jitter * ms, call.signal);
      // Then the last attempt ends at once, with the reason of the signal.
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
