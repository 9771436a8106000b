/**
 * Values that may be there already. Waiting costs a turn of the microtask queue and some allocations, so what is there is
 * not waited for.
 * @module
 */

/** A value, or the promise of one. */
export type MaybePromise<T> = T | Promise<T>;

/** A value as it is; whatever can be awaited as a promise of the runtime's own. */
export function settled<T>(value: T | PromiseLike<T>): MaybePromise<T> {
  if (value instanceof Promise) return value;
  return isThenable(value) ? Promise.resolve(value) : value;
}

/** Goes on with a value: now if it is there, else when it has come. */
export function andThen<T, R>(value: MaybePromise<T>, next: (value: T) => R): MaybePromise<R> {
  return value instanceof Promise ? value.then(next) : next(value);
}

/** What a function answers, and what it throws, as a promise. */
export function promised<T>(call: () => T | PromiseLike<T>): Promise<T> {
  try {
    const value = call();
    return value instanceof Promise ? value : Promise.resolve(value);
  } catch (error) {
    return Promise.reject(error);
  }
}

/**
 * A value that must be there at once.
 *
 * @throws {TypeError} If it is a promise, which says so in `otherwise`.
 */
export function atOnce<T>(value: MaybePromise<T>, otherwise: string): T {
  if (!(value instanceof Promise)) return value;
  value.catch(ignore);
  throw new TypeError(otherwise);
}

/** For a failure that is reported elsewhere: a promise that is not awaited must not end the process. */
export function ignore(): void {}

function isThenable<T>(value: T | PromiseLike<T>): value is PromiseLike<T> {
  return typeof (value as { then?: unknown } | null | undefined)?.then === "function";
}
