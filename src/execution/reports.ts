/**
 * What is reported about the messages of one actor.
 * @module
 */
import type { Report, RunningMessage } from "../contract/events.ts";
import type { Delivery } from "../contract/server.ts";
import type { Outcome } from "../declaration/confirmation.ts";
import type { MessageAction } from "../declaration/message.ts";
import type { ResolvedActor } from "../declaration/router.ts";

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
  options.report("actor.abandoned.end", { ...where, abandoned: options.countAbandoned(-1) });
}

/** A message has come to its end. Not built from a {@linkcode RunningMessage}: two objects for each message cost 0.3 µs on Bun. */
export function reportEnd(
  { report }: ReportsOptions,
  { name: actor, confirmationMode }: ResolvedActor,
  { channel, messageId }: Delivery,
  { outcome, action }: { readonly outcome: Outcome; readonly action: MessageAction | undefined },
): void {
  if (outcome.kind === "returned") report("actor.run.success", { actor, channel, messageId, action });
  else report("actor.run.error", { actor, channel, messageId, action, error: outcome.error });
  if (confirmationMode === "manual" && action === undefined) {
    report("actor.run.unsettled", { actor, channel, messageId });
  }
}
