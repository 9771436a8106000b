/**
 * Retries calls; each has its own time limit.
 * @module
 */
import { backoff, type BackoffOptions } from "../../_internal/backoff.ts";
import { type Clock, delay } from "../../_internal/clock.ts";
import type { Rpc } from "./rpc.ts";
import { type CallFailure, consequenceOf, type Operation } from "./status.ts";

/** What calls are made with, and when to stop. */
export interface CallParts {
  readonly rpc: Rpc;
  readonly clock: Clock;
  /** The delays between tries. */
  readonly delays: BackoffOptions;
  /** Aborted when the channel closes: nothing is tried again then. */
  readonly signal: AbortSignal;
}

/** How something is tried. */
export interface RetryOptions {
  readonly operation: Operation;
  /** For all tries together, in milliseconds. */
  readonly timeout: number;
  readonly delays: BackoffOptions;
  readonly clock: Clock;
  /** Whether a failure says more than its code, and is for the caller to judge. Defaults to never. */
  readonly isJudged?: (failure: CallFailure) => boolean;
  /** Aborted when the caller no longer waits: the current failure is the last. */
  readonly signal: AbortSignal;
}

/**
 * Calls until it succeeds, fails for good, or the time is up. The call gets the time that is left.
 * Rejects with the last {@linkcode CallFailure}.
 */
export async function retrying<T>(
  call: (timeout: number) => Promise<T>,
  { operation, timeout, delays, clock, signal, isJudged }: RetryOptions,
): Promise<T> {
  const deadline = clock.now() + timeout;
  for (let attempt = 1;; attempt++) {
    try {
      return await call(Math.max(1, deadline - clock.now()));
    } catch (error) {
      const failure = error as CallFailure;
      const { code, details } = failure;
      const ms = backoff(attempt, delays);
      const isLast = isJudged?.(failure) || signal.aborted || clock.now() + ms >= deadline;
      if (isLast || consequenceOf(operation, code, details) !== "retry") throw error;
      await delay(clock, ms, signal);
      // The channel is closed by now, and would only say so.
      if (signal.aborted) throw error;
    }
  }
}
