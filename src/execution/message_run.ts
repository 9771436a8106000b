/**
 * **The way of one message through a worker, from its delivery to its settlement.** Read this file first.
 *
 * A run calls the middlewares; the innermost `next()` makes an {@linkcode Attempt} (decode → validate → inject → handle →
 * clean up). Each attempt, or in the end the run itself, decides a *verdict*: what to do with the message. The settlement
 * tells the broker. A success is settled at once, before the middlewares return. A failure is settled when they have ended,
 * because one of them may try again.
 *
 * | phase | what happens | ends when | next phase |
 * | --- | --- | --- | --- |
 * | `acknowledging` | `ack_first` only: the message is acknowledged before anything runs | the broker has answered | `running`, or `ended` if it did not take it |
 * | `running` | the middlewares run, and attempts inside them | the middlewares have ended | `joining` if an attempt or a policy has not, else `deciding` |
 * | `joining` | the middlewares have ended first | the attempt has ended and the policy has answered | `deciding` |
 * | `deciding` | if there is no verdict yet, the table or a policy gives one | there is a verdict | `settling` |
 * | `settling` | the settlement is sent, unless a success has sent it already | the broker has answered | `ended` |
 * | `ended` | the end is reported, and the worker gets its slot back | – | – |
 *
 * What may happen in `running`, and what it does:
 *
 * | event | when | then |
 * | --- | --- | --- |
 * | `next()` | no attempt is live, no policy is asked | a new attempt; the verdict of the one before is forgotten |
 * | `next()` | otherwise, or the phase is past `running` | an error that says which |
 * | the handler returns | | the verdict of the table; settling starts now |
 * | the attempt fails | it is final | the verdict of the table or of a policy; it is sent in `settling` |
 * | the attempt fails | `next({ final: false })` | it is reported; there is no verdict |
 * | `call.decide(error)` | no attempt is live, there is no verdict | as if a final attempt had failed with `error` |
 * | the grace period is over | a middleware or a clean-up hangs | {@linkcode MessageRun.release}: settled as decided, else rejected |
 *
 * In `joining`: if the middlewares threw, the attempt is interrupted, and their failure decides unless the attempt's own
 * failure has decided already. If they returned, the attempt's outcome decides.
 * @module
 */
import { LazySignal } from "../_internal/lazy_signal.ts";
import { andThen, ignore, type MaybePromise, settled } from "../_internal/maybe_promise.ts";
import type { RunningMessage } from "../contract/events.ts";
import type { Delivery } from "../contract/server.ts";
import { isSettlement, type Outcome } from "../declaration/confirmation.ts";
import { type Abortion, afterThrowing } from "./abortion.ts";
import { Attempt, type AttemptRun } from "./attempt.ts";
import { actionAfterFailure, actionAfterReturn, asFailure } from "./decision.ts";
import type { Execution } from "./execution.ts";
import { InFlightMessage } from "./in_flight_message.ts";
import { type CallRun, MessageCall } from "./message_call.ts";
import { MessageSettlement } from "./message_settlement.ts";
import { reportAbandoned, reportAbandonedEnd, reportEnd } from "./reports.ts";

/** Where a run is. It only goes forward. */
export type Phase = "acknowledging" | "running" | "joining" | "deciding" | "settling" | "ended";

/** How a message ended; `unacknowledged` if `ack_first` could not acknowledge it, so that no actor saw it. */
export type Ending = Outcome | { readonly kind: "unacknowledged"; readonly error: unknown };

/** Called when a message has come to its end. */
export type OnEnd = (ending: Ending) => void;

/** One message that an actor handles. Its worker starts it, may interrupt it and, at shutdown, release it. */
export class MessageRun implements AttemptRun, CallRun {
  readonly execution: Execution;
  readonly delivery: Delivery;
  readonly settlement: MessageSettlement;
  /** How often its lease is extended, in milliseconds; `undefined` if it has none. The lease keeper sets it. */
  leaseInterval: number | undefined;
  #onEnd: OnEnd = ignore;
  #phase: Phase = "acknowledging";
  /** The message as it arrived, whatever middlewares made of it: policies get it. */
  #original: InFlightMessage | undefined;
  /** The latest attempt. */
  #attempt: Attempt | undefined;
  #attempts = 0;
  /** How the middlewares ended; `undefined` while they run. */
  #ending: Outcome | undefined;
  /** Shutdown or a lost lease: it counts for later attempts too. */
  #interruption: Abortion | undefined;
  /** The signal of the latest attempt or, if a time limit used that up, of the next one. Middlewares watch it. */
  #signal = new LazySignal();
  /** Whether shutdown settled the message while something other than its handler was still running. */
  #isReleased = false;

  constructor(execution: Execution, delivery: Delivery) {
    this.execution = execution;
    this.delivery = delivery;
    this.settlement = new MessageSettlement(delivery, execution.options);
  }

  /** Handles the message. Calls `onEnd` once, when the broker has answered; perhaps before this returns. */
  start(onEnd: OnEnd): void {
    this.#onEnd = onEnd;
    if (this.execution.actor.confirmationMode === "ack_first") void this.#acknowledgeFirst();
    else this.#runMiddlewares();
  }

  /** The broker redelivers a message that it could not acknowledge: handling it now would handle it twice. */
  async #acknowledgeFirst(): Promise<void> {
    const isAcknowledged = await this.settlement.acknowledgeFirst();
    this.execution.options.acknowledged?.();
    if (isAcknowledged) return this.#runMiddlewares();
    this.#phase = "ended";
    const error = new Error("Cannot handle the message as it could not be acknowledged first");
    this.#onEnd({ kind: "unacknowledged", error });
  }

  #runMiddlewares(): void {
    this.#phase = "running";
    const { pipeline, options } = this.execution;
    const message = this.#original = new InFlightMessage(this.delivery, this.settlement, options.producer);
    let value: unknown;
    try {
      value = settled(pipeline(new MessageCall(this, message, true)));
    } catch (error) {
      return this.#middlewaresEnded(this.#threw(error));
    }
    if (!(value instanceof Promise)) return this.#middlewaresEnded({ kind: "returned", value });
    value.then(
      (late) => this.#middlewaresEnded({ kind: "returned", value: late }),
      (error) => this.#middlewaresEnded(this.#threw(error)),
    );
  }

  #threw(error: unknown): Outcome {
    return afterThrowing(error, { failed: this.#attempt?.outcome, abortion: this.abortion });
  }

  /** The innermost part of the middlewares. They may call it again when the attempt before has ended. */
  startAttempt(call: MessageCall): unknown {
    const refused = this.#attempt?.isLive
      ? "again as it is still running: await next() first"
      : this.settlement.verdict === "asking"
      ? "again while a policy decides what to do with the message: await call.decide() first"
      : this.#phase !== "running"
      ? "as its middlewares have ended: call next() before"
      : undefined;
    if (refused !== undefined) throw new Error(`Cannot run the actor ${refused}`);
    this.#attempts++;
    this.settlement.verdict = undefined;
    this.#attempt = new Attempt(this, call, this.#signal);
    return this.#attempt.start(this.#interruption);
  }

  /** The handler has ended, or was abandoned. A time limit is forgotten with its attempt; an interruption stays. */
  handlerEnded({ final }: Attempt, outcome: Outcome): MaybePromise<Outcome> {
    const reason = this.#interruption?.reason;
    if (this.#signal.aborted && !(this.#interruption && this.#signal.reason === reason)) {
      this.#signal = new LazySignal();
      if (this.#interruption) this.#signal.abort(reason);
    }
    if (final || outcome.kind === "returned") return this.#decide(outcome);
    if (outcome.kind !== "interrupted") {
      const { where, execution: { options: { report } } } = this;
      report("actor.attempt.error", { ...where, attempt: this.#attempts, error: outcome.error });
    }
    return outcome;
  }

  /** The attempt has ended, clean-ups included. Middlewares that ended before it now have their end. */
  attemptEnded(outcome: Outcome): void {
    const ending = this.#ending;
    if (this.#phase !== "joining" || !ending) return;
    // Middlewares that only did not wait change nothing: the attempt's outcome decides.
    if (ending.kind === "returned") return this.#conclude(outcome);
    // They threw: that decides, unless the attempt's own failure has decided already. Policies are asked once.
    if (outcome.kind === "returned" || outcome.kind === "interrupted") this.settlement.verdict = undefined;
    this.#conclude(ending);
  }

  /** `call.decide(error)`: a middleware tries no more. */
  async decideNow(error: unknown): Promise<void> {
    const isDecided = this.settlement.verdict !== undefined;
    if (this.#phase !== "running" || this.#attempt?.isLive || isDecided) return;
    await this.#decide(this.#threw(error));
    this.#decided();
  }

  /** Middlewares that ended while a policy was asked now have their end. */
  #decided(): void {
    if (this.#phase === "joining" && this.#ending && !this.#isBusy()) this.#conclude(this.#ending);
  }

  #middlewaresEnded(ending: Outcome): void {
    this.#ending = ending;
    if (!this.#isBusy()) return this.#conclude(ending);
    this.#phase = "joining";
    if (ending.kind !== "returned") this.interrupt(ending.error);
  }

  #conclude(ending: Outcome): void {
    if (this.settlement.verdict !== undefined) return this.#settle(ending);
    this.#phase = "deciding";
    void andThen(this.#decide(ending), (outcome) => this.#settle(outcome));
  }

  /** Gives the message its verdict. Answers the outcome that counts: a result that is no action counts as thrown. */
  #decide(outcome: Outcome): MaybePromise<Outcome> {
    const { settlement, execution: { actor, options } } = this;
    if (settlement.isSettled) {
      settlement.verdict = "no_action";
      return outcome;
    }
    const action = outcome.kind === "returned" ? actionAfterReturn(actor, outcome.value) : undefined;
    if (action !== undefined) {
      settlement.verdict = action;
      settlement.commit();
      return outcome;
    }
    const failure = asFailure(actor, outcome);
    const message = this.#original as InFlightMessage; // there since the middlewares run
    const asking = actionAfterFailure(options, { actor, failure, message, where: this.where });
    if (asking instanceof Promise) settlement.verdict = "asking";
    return andThen(asking, (answer) => {
      settlement.verdict = answer;
      return failure;
    });
  }

  /** Sends the verdict, if that has not been done, and waits for the broker. */
  #settle(ending: Outcome): void {
    this.#phase = "settling";
    const { settlement, execution: { actor, options: { countAcknowledging } } } = this;
    settlement.commit();
    // A reply may take as long as its handler; that of an abandoned handler has had its time.
    const answer = settlement.answeredWithin(this.#attempt?.isAbandoned ? 0 : actor.timeout);
    if (!answer) return this.#end(ending);
    const isAcknowledging = settlement.action === "acked";
    if (isAcknowledging) countAcknowledging?.(1);
    void answer.then(() => {
      if (isAcknowledging) countAcknowledging?.(-1);
      this.#end(ending);
    });
  }

  #end(ending: Outcome): void {
    this.#phase = "ended";
    const { delivery, settlement: { action }, execution: { actor, options } } = this;
    // A failure that a middleware swallowed is reported too.
    const failed = this.#attempt?.outcome;
    const outcome = failed && failed.kind !== "returned" ? failed : ending;
    reportEnd(options, actor, delivery, { outcome, action });
    if (this.#isReleased) reportAbandonedEnd(options, this.where);
    this.#onEnd(ending);
  }

  /** Asks the attempt, later attempts and the middlewares to end. Only the first call counts. */
  interrupt(reason: unknown): void {
    this.#interruption ??= { kind: "interrupted", reason };
    this.#attempt?.abort(this.#interruption);
    this.#signal.abort(reason);
  }

  /** Settles a message whose middlewares or clean-ups hang, as decided or else by `reject`. For the end of a shutdown. */
  async release(): Promise<void> {
    // An abandoned handler has been counted.
    if (!this.#attempt?.isAbandoned) {
      this.#isReleased = true;
      reportAbandoned(this.execution.options, this.where, this.abortion?.reason);
    }
    const { settlement, settlement: { verdict } } = this;
    settlement.begin(isSettlement(verdict) ? verdict : "reject");
    await settlement.sent;
  }

  /** Which message, and whose. */
  get where(): RunningMessage {
    const { channel, messageId } = this.delivery;
    return { actor: this.execution.actor.name, channel, messageId };
  }

  get phase(): Phase {
    return this.#phase;
  }

  /** What middlewares watch. */
  get signal(): AbortSignal {
    return this.#signal.signal;
  }

  /** Why it has to end: the attempt's own reason while its handler runs, then what counts for all attempts. */
  get abortion(): Abortion | undefined {
    const attempt = this.#attempt;
    return attempt && !attempt.outcome ? attempt.abortion : this.#interruption;
  }

  /** Whether an attempt or a policy is at work. */
  #isBusy(): boolean {
    return this.#attempt?.isLive || this.settlement.verdict === "asking";
  }
}
