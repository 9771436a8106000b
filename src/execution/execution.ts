/**
 * One message, from its delivery to its settlement:
 *
 * (`ack_first`: acknowledge) → middlewares, outermost first → {decode → validate → inject → handle: `handling.ts`} → outcome →
 * decision → settlement → clean-ups → middlewares unwind → the broker has answered.
 *
 * Every ending becomes an {@linkcode Outcome}; what becomes of the message is looked up in the table in
 * `confirmation.ts`. A success begins to be settled before the middlewares unwind, and nobody waits for the broker's answer
 * but the end. A failure is decided there too, and shows as `message.action`, but is sent once the middlewares are done:
 * until then one of them may try again.
 * @module
 */
import { type MaybePromise, settled } from "../_internal/maybe_promise.ts";
import type { Outcome } from "../declaration/confirmation.ts";
import { decide, type DecisionOptions } from "./decision.ts";
import { Handling, type HandlingOptions } from "./handling.ts";
import { InFlightMessage } from "./in_flight.ts";
import { compose } from "../declaration/middleware.ts";
import { PendingAttempt, type PendingOptions } from "./pending_attempt.ts";
import type { Producer } from "../producing/producer.ts";
import type { ResolvedActor } from "../declaration/router.ts";
import { concluded, failureOf, Run, type RunOptions } from "./run.ts";
import { changeCall, RunCall } from "./run_call.ts";
import type { Delivery } from "../contract/server.ts";
import { Settling } from "./settling.ts";

/** What executions share: their worker's, or their test client's. */
export interface ExecutionOptions extends HandlingOptions {
  readonly producer: Producer;
  readonly isRetriable: (error: unknown) => boolean;
  /** How long a handler may go on after its signal was aborted, in milliseconds. */
  readonly cancellationTimeout: number;
  /** Told when a handler outlives that, and when it ends after all; answers how many there are. */
  readonly countAbandoned: (change: 1 | -1) => number;
  /** Told when nothing but the broker's answer to an acknowledgement is waited for, and when that is there. */
  readonly countAcknowledging?: (change: 1 | -1) => void;
  /** Where the chance in delays comes from. Defaults to `Math.random`. */
  readonly random?: (() => number) | undefined;
}

/** Told when a message has come to its end. */
export type OnEnd = (outcome: Outcome) => void;

/** Runs one actor, for message after message. */
export class Execution {
  /** The actor it runs. */
  readonly actor: ResolvedActor;
  readonly #options: ExecutionOptions;
  readonly #pipeline: (call: RunCall) => unknown;
  readonly #handling: Handling;
  readonly #ofRuns: RunOptions;
  readonly #ofDecisions: DecisionOptions;
  readonly #ofPending: PendingOptions;

  constructor(actor: ResolvedActor, options: ExecutionOptions) {
    const { clock, report, ended, cancellationTimeout: patience } = options;
    this.actor = actor;
    this.#options = options;
    // Once, and not for each message.
    this.#ofRuns = { actor: actor.name, clock, patience };
    this.#ofDecisions = { actor, report, clock, ended };
    this.#ofPending = {
      conclude: (call, outcome) => this.#conclude(call, outcome),
      abandoned: (run, reason) => this.#reportAbandoned(run, reason),
      abandonedEnded: (run) => this.#reportAbandonedEnded(run),
    };
    this.#pipeline = compose(actor.middlewares, changeCall, (call: RunCall) => this.#attempt(call));
    this.#handling = new Handling(actor, options);
  }

  /** The run of a message, for {@linkcode handle}. */
  start(delivery: Delivery): Run {
    return new Run(delivery, new Settling(delivery, this.#options), this.#ofRuns);
  }

  /**
   * Handles one message, to its settlement; then calls, once. A call and no promise: what waits for the broker is kept for
   * each message, and a promise of a promise is three turns of the microtask queue.
   */
  handle(run: Run, onEnd: OnEnd): void {
    if (this.actor.confirmationMode === "ack_first") void this.#handleAcknowledged(run, onEnd);
    else this.#handle(run, onEnd);
  }

  /** The broker will deliver again what could not be acknowledged: handling it now would handle it twice. */
  async #handleAcknowledged(run: Run, onEnd: OnEnd): Promise<void> {
    if (await run.settling.acknowledgeFirst()) this.#handle(run, onEnd);
    else onEnd({ kind: "interrupted", error: new Error("Cannot acknowledge the message first") });
  }

  #handle(run: Run, onEnd: OnEnd): void {
    run.begun = true;
    const message = new InFlightMessage(run.delivery, run.settling, this.#options.producer);
    const { info: actor } = this.actor;
    const conclude = this.#giveIn;
    const call = new RunCall({ run, actor, message, original: message, final: true, conclude });
    let value: unknown;
    try {
      value = settled(this.#pipeline(call));
    } catch (error) {
      return this.#settle(call, outcomeOf(run, error), onEnd);
    }
    if (!(value instanceof Promise)) return this.#settle(call, { kind: "returned", value }, onEnd);
    value.then(
      (late) => this.#settle(call, { kind: "returned", value: late }, onEnd),
      (error) => this.#settle(call, outcomeOf(run, error), onEnd),
    );
  }

  /** The middlewares have ended, mostly after the actor. */
  #settle(call: RunCall, ending: Outcome, onEnd: OnEnd): void {
    const { run } = call;
    run.over = true;
    if (run.decided && !run.attempting) this.#answered(run, ending, onEnd);
    else void this.#settleLate(call, ending, onEnd);
  }

  /** A middleware did not wait for the actor, threw early, never called `next`, or took a failure's finality away and tried no more. */
  async #settleLate(call: RunCall, ending: Outcome, onEnd: OnEnd): Promise<void> {
    const { run } = call;
    const outcome = run.attempting ? await this.#outlived(run, ending) : ending;
    if (!run.decided) await decide(this.#ofDecisions, call, outcome);
    this.#answered(run, outcome, onEnd);
  }

  /** Waits for the broker. What is acknowledged is no work any more; what goes back shall be there before more is taken. */
  #answered(run: Run, outcome: Outcome, onEnd: OnEnd): void {
    const { settling } = run;
    settling.commit();
    const { underWay } = settling;
    // A reply of a handler that was given up may take for ever.
    if (!underWay || (run.givenUp && settling.isReplying)) return this.#end(run, outcome, onEnd);
    const count = settling.action === "acked" ? this.#options.countAcknowledging : undefined;
    count?.(1);
    void underWay.then(() => {
      count?.(-1);
      this.#end(run, outcome, onEnd);
    });
  }

  #end(run: Run, outcome: Outcome, onEnd: OnEnd): void {
    this.#reportEnd(run, outcome);
    if (run.forfeited) this.#reportAbandonedEnded(run);
    onEnd(outcome);
  }

  /** Settles what did not come to an end in time, if nobody has: as it was decided or else as interrupted. For shutdown. */
  async forfeit(run: Run): Promise<void> {
    // A handler that was given up has been counted.
    if (!run.givenUp) {
      run.forfeited = true;
      this.#reportAbandoned(run, run.abortion?.reason);
    }
    const { settling } = run;
    if (settling.action === undefined) settling.propose("reject");
    settling.commit();
    await settling.underWay;
  }

  /** A middleware ended before the actor: by failing, which stops the actor, or by not awaiting it, which changes nothing. */
  async #outlived(run: Run, outcome: Outcome): Promise<Outcome> {
    if (outcome.kind !== "returned") run.abort("interrupted", outcome.error);
    await run.untilRest();
    if (outcome.kind === "returned") return run.outcome ?? outcome;
    // What a failure of its own decided stands: policies are asked once.
    if (run.outcome?.kind === "returned" || run.outcome?.kind === "interrupted") run.decided = false;
    return outcome;
  }

  /** The innermost part of the pipeline. A middleware may call it again, once the last attempt is over. */
  #attempt(call: RunCall): unknown {
    const { run } = call;
    if (run.attempting) {
      throw new Error("Cannot run the actor again as it is still running: await next() first");
    }
    if (run.over) throw new Error("Cannot run the actor as its middlewares have ended: call next() before");
    run.attempting = true;
    run.begin(this.actor.timeout);
    const { abortion } = run;
    if (abortion) {
      run.end();
      return this.#conclude(call, { kind: abortion.kind, error: abortion.reason });
    }
    // A view of its own, which can be taken away from a handler that is given up.
    const message = call.message.view();
    let value: unknown;
    try {
      value = settled(this.#handling.perform(run, message));
    } catch (error) {
      return this.#conclude(call, concluded(failureOf(run, error), run.end()));
    }
    return value instanceof Promise
      ? PendingAttempt.wait(this.#ofPending, call, message, value)
      : this.#conclude(call, concluded({ kind: "returned", value }, run.end()));
  }

  /** What becomes of the message, then the clean-ups. */
  #conclude(call: RunCall, outcome: Outcome): unknown {
    const { run } = call;
    run.outcome = outcome;
    const isDecided = outcome.kind === "returned" || call.final;
    if (!isDecided) this.#reportAttempt(run, outcome);
    const deciding = isDecided ? decide(this.#ofDecisions, call, outcome) : outcome;
    if (deciding instanceof Promise || run.hasCleanUps) return this.#concludeLater(run, deciding);
    return concludedAs(run, deciding);
  }

  async #concludeLater(run: Run, deciding: MaybePromise<Outcome>): Promise<unknown> {
    const outcome = await deciding;
    for (const cleanUp of run.takeCleanUps()) await this.#handling.cleanUp(run, cleanUp);
    return concludedAs(run, outcome);
  }

  /** A middleware tries no more. */
  readonly #giveIn = async (call: RunCall, error: unknown): Promise<void> => {
    const { run } = call;
    if (run.decided || run.attempting || run.over) return;
    // Deciding belongs to the attempt: whoever does not wait for it is waited for, and nobody tries again meanwhile.
    run.attempting = true;
    await decide(this.#ofDecisions, call, outcomeOf(run, error));
    run.rest();
  };

  #reportEnd(run: Run, ending: Outcome): void {
    const { report } = this.#options;
    const { action } = run.settling;
    const { name: actor } = this.actor;
    const { channel, messageId } = run.delivery;
    // What a middleware swallowed is reported all the same.
    const outcome = run.outcome && run.outcome.kind !== "returned" ? run.outcome : ending;
    if (outcome.kind === "returned") report("actor.run.success", { actor, channel, messageId, action });
    else report("actor.run.error", { actor, channel, messageId, action, error: outcome.error });
    if (this.actor.confirmationMode === "manual" && action === undefined) {
      report("actor.run.unsettled", { actor, channel, messageId });
    }
  }

  /** What shutdown interrupted is not tried again, and reported at its end. */
  #reportAttempt(run: Run, outcome: Outcome): void {
    if (outcome.kind === "returned" || outcome.kind === "interrupted") return;
    const { error } = outcome;
    this.#options.report("actor.attempt.error", { ...run.where, attempt: run.attempts, error });
  }

  #reportAbandoned(run: Run, reason: unknown): void {
    const { report, countAbandoned } = this.#options;
    report("actor.run.abandoned", { ...run.where, reason, abandoned: countAbandoned(1) });
  }

  #reportAbandonedEnded(run: Run): void {
    const { report, countAbandoned } = this.#options;
    report("actor.abandoned.end", { ...run.where, abandoned: countAbandoned(-1) });
  }
}

/** How a run ended whose pipeline threw: by its own failure, by a middleware that obeyed its signal, or by a middleware's own. */
function outcomeOf({ outcome, abortion }: Run, error: unknown): Outcome {
  if (outcome !== undefined && outcome.kind !== "returned" && outcome.error === error) return outcome;
  return { kind: abortion && isAbout(error, abortion.reason) ? abortion.kind : "threw", error };
}

/** Whether an error is a signal's reason, or says that it was caused by it, as those of Node's promises do. */
function isAbout(error: unknown, reason: unknown): boolean {
  return error === reason || (error instanceof Error && error.cause === reason);
}

/** The attempt is over: its value, or its failure. */
function concludedAs(run: Run, outcome: Outcome): unknown {
  run.outcome = outcome;
  run.rest();
  if (outcome.kind === "returned") return outcome.value;
  throw outcome.error;
}
