/**
 * What is reported about the runs of one actor.
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

/** The reports of one actor. */
export class Reports {
  readonly #actor: ResolvedActor;
  readonly #options: ReportsOptions;

  constructor(actor: ResolvedActor, options: ReportsOptions) {
    this.#actor = actor;
    this.#options = options;
  }

  /** An attempt failed, and a middleware may try again. */
  attemptFailed(where: RunningMessage, attempt: number, error: unknown): void {
    this.#options.report("actor.run.attempt_failed", { ...where, attempt, error });
  }

  /** A handler, or what else hangs, is no longer waited for. */
  abandoned(where: RunningMessage, reason: unknown): void {
    const { report, countAbandoned } = this.#options;
    report("actor.run.abandoned", { ...where, reason, abandoned: countAbandoned(1) });
  }

  /** What was abandoned has ended. */
  abandonedEnded(where: RunningMessage): void {
    const { report, countAbandoned } = this.#options;
    report("actor.run.abandoned_ended", { ...where, abandoned: countAbandoned(-1) });
  }

  /** A message has come to its end. */
  ended({ channel, messageId }: Delivery, action: MessageAction | undefined, outcome: Outcome): void {
    const { name: actor, confirmationMode } = this.#actor;
    const { report } = this.#options;
    if (outcome.kind === "returned") report("actor.run.success", { actor, channel, messageId, action });
    else report("actor.run.error", { actor, channel, messageId, action, error: outcome.error });
    if (confirmationMode === "manual" && action === undefined) {
      report("actor.ack.manual.unacknowledged", { actor, channel, messageId });
    }
  }
}
