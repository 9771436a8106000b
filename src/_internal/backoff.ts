/**
 * How long to wait before trying again.
 * @module
 */

/** A growing, random delay. */
export interface BackoffOptions {
  /** The first delay, in milliseconds. */
  readonly first: number;
  /** The longest delay, in milliseconds. */
  readonly longest: number;
  /** Where chance comes from; from 0 up to 1. Defaults to `Math.random`. */
  readonly random?: () => number;
}

/**
 * The delay before the given attempt (1 for the first retry): doubled each time, up to the longest, of which the upper half
 * is random, so that many clients do not retry at the same time.
 */
export function backoff(attempt: number, options: BackoffOptions): number {
  const { first, longest, random = Math.random } = options;
  const full = Math.min(longest, first * 2 ** Math.min(attempt - 1, 30));
  return full / 2 + random() * full / 2;
}
