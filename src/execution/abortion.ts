/**
 * Why a message's attempts have to end before they do so themselves, and how they count then.
 * @module
 */
import type { Outcome } from "../declaration/confirmation.ts";

/** Why something has to end. */
export interface Abortion {
  /** `timed-out`: the actor's time limit. `interrupted`: shutdown, a lost lease, or a middleware that threw. */
  readonly kind: "timed-out" | "interrupted";
  /** The reason of the signal. */
  readonly reason: unknown;
}

/** How an attempt counts. A result after a timeout is discarded; one after an interruption counts, as the work is done. */
export function afterAbortion(abortion: Abortion | undefined, outcome: Outcome): Outcome {
  if (!abortion || (abortion.kind === "interrupted" && outcome.kind === "returned")) return outcome;
  return { kind: abortion.kind, error: abortion.reason };
}

/** How middlewares count that threw: as the attempt's failure that they passed on, as obeying the signal, or as failing. */
export function afterThrowing(
  error: unknown,
  { failed, abortion }: { readonly failed: Outcome | undefined; readonly abortion: Abortion | undefined },
): Outcome {
  if (failed && failed.kind !== "returned" && failed.error === error) return failed;
  return { kind: abortion && isAbout(error, abortion.reason) ? abortion.kind : "threw", error };
}

/** Whether an error is a signal's reason, or was caused by it, as those of Node's promises are. */
function isAbout(error: unknown, reason: unknown): boolean {
  return error === reason || (error instanceof Error && error.cause === reason);
}
