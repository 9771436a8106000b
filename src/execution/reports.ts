/**
 * What is reported about the messages of one actor.
 * @module
 */
import type { Report, RunningMessage } from "../contract/events.ts";
import type { Outcome } from "../declaration/confirmation.ts";
import type { MessageAction } from "../declaration/message.ts";

/** What reports need to know of their worker. */
export interface ReportsOptions {
  readonly report: Report;
  /** Called when a handler is abandoned (1) and when it ends after all (-1). Answers how many there are. */
  readonly countAbandoned: (change: 1 | -1) => number;
}

/** A handler, or what else hangs, is no longer waited for. */
export function reportAbandoned(options: ReportsOptions, where: RunningMessage, reason: unknown): void {
  options.report("actor.run.abandoned", { ...where, reason, abandoned: options.countAbandoned(1) });
}

/** What was abandoned has ended. */
export function reportAbandonedEnd(options: ReportsOptions, where: RunningMessage): void {
  options.report("actor.run.abandoned_ended", { ...where, abandoned: options.countAbandoned(-1) });
}

/** A message has come to its end. */
export function reportEnd(
  { report }: ReportsOptions,
  where: RunningMessage,
  outcome: Outcome,
  action: MessageAction | undefined,
): void {
  if (outcome.kind === "returned") report("actor.run.success", { ...where, action });
  else report("actor.run.error", { ...where, action, error: outcome.error });
}
