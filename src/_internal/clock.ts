/**
 * Time, so that tests can bring their own.
 * @module
 */

/** A source of time. */
export interface Clock {
  /** Milliseconds since some fixed moment; never goes back. */
  now(): number;
  /** Calls once, after so many milliseconds; answers what {@linkcode cancel} takes. */
  schedule(ms: number, call: () => void): Timer;
  /** Forgets a call. Harmless after it was made. */
  cancel(timer: Timer | undefined): void;
}

/** A scheduled call. */
export type Timer = number | object;

/** The most that `setTimeout` can wait for; beyond it fires at once. */
const LONGEST = 2 ** 31 - 1;

/** The runtime's own time. */
export const systemClock: Clock = {
  now: () => performance.now(),
  schedule: (ms, call) => setTimeout(call, Math.min(ms, LONGEST)),
  cancel: (timer) => clearTimeout(timer as ReturnType<typeof setTimeout> | undefined),
};

/** Resolves after so many milliseconds, or as soon as the signal is aborted. */
export function delay(clock: Clock, ms: number, signal?: AbortSignal | undefined): Promise<void> {
  return new Promise((resolve) => {
    if (signal?.aborted) return resolve();
    const done = (): void => {
      clock.cancel(timer);
      signal?.removeEventListener("abort", done);
      resolve();
    };
    const timer = clock.schedule(ms, done);
    signal?.addEventListener("abort", done, { once: true });
  });
}

/** Whether a promise settled within so many milliseconds. Its outcome is ignored here: the caller still has the promise. */
export function settlesWithin(clock: Clock, ms: number, promise: Promise<unknown>): Promise<boolean> {
  if (ms === Infinity) return promise.then(() => true, () => true);
  return new Promise((resolve) => {
    const timer = clock.schedule(ms, () => resolve(false));
    const settled = (): void => {
      clock.cancel(timer);
      resolve(true);
    };
    promise.then(settled, settled);
  });
}

/** How long {@linkcode endingWithin} waits. */
export interface EndingWithinOptions {
  readonly clock: Clock;
  /** Milliseconds. */
  readonly ms: number;
  /** What is waited for, for the error. */
  readonly what: string;
  /** Aborted when everything is closed: the time limit no longer applies. */
  readonly ended?: AbortSignal | undefined;
}

/** Something took longer than it may. */
export class LateError extends DOMException {
  /** Names it. */
  constructor(what: string, ms: number) {
    super(`${what} did not end within ${ms} ms`, "TimeoutError");
  }
}

/**
 * What a promise comes to.
 *
 * @throws {LateError} If it takes longer than it may.
 */
export async function endingWithin<T>(promise: Promise<T>, options: EndingWithinOptions): Promise<T> {
  const { clock, ms, what, ended } = options;
  if (ms === Infinity || ended?.aborted) return await promise;
  const late = Promise.withResolvers<never>();
  const timer = clock.schedule(ms, () => late.reject(new LateError(what, ms)));
  const stop = (): void => clock.cancel(timer);
  ended?.addEventListener("abort", stop);
  try {
    return await Promise.race([promise, late.promise]);
  } finally {
    stop();
    ended?.removeEventListener("abort", stop);
  }
}
