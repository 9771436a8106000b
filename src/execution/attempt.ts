/**
 * One attempt: one call of the innermost `next()`, from decoding the message to the clean-ups.
 *
 * | state | what happens | next |
 * | --- | --- | --- |
 * | `validating` | the message is decoded and validated; a failure now is `invalid` | `handling`, `deciding` |
 * | `handling` | dependencies are made, the handler runs | `deciding` |
 * | `deciding` | the handler has ended or was abandoned; its run decides what to do with the message | `cleaning`, `ended` |
 * | `cleaning` | clean-ups run, the last one registered first | `ended` |
 * | `ended` | the middlewares get the result, or the error | – |
 *
 * An attempt that is aborted (time limit, shutdown, lost lease) has `cancellationTimeout` to end. Then it is **abandoned**:
 * it goes on to `deciding` although its handler still runs, and what the handler does to the message is ignored.
 * @module
 */
import type { ActorInfo } from "../declaration/context.ts";
import type { Timer } from "../_internal/clock.ts";
import type { LazySignal } from "../_internal/lazy_signal.ts";
import { type MaybePromise, settled } from "../_internal/maybe_promise.ts";
import type { RunningMessage } from "../contract/events.ts";
import type { Outcome } from "../declaration/confirmation.ts";
import { type Abortion, afterAbortion } from "./abortion.ts";
import type { Execution } from "./execution.ts";
import type { HandledAttempt } from "./handling.ts";
import type { InFlightMessage } from "./in_flight_message.ts";
import type { MessageCall } from "./message_call.ts";
import { reportAbandoned, reportAbandonedEnd } from "./reports.ts";

/** The run of the message that an attempt belongs to. */
export interface AttemptRun {
  readonly execution: Execution;
  /** Which message, and whose. */
  readonly where: RunningMessage;
  /** The handler has ended or was abandoned: decides what to do with the message. Answers the outcome that counts. */
  handlerEnded(attempt: Attempt, outcome: Outcome): MaybePromise<Outcome>;
  /** The attempt has ended. */
  attemptEnded(outcome: Outcome): void;
}

/** One attempt. Only its run and its own callbacks change it. */
export class Attempt implements HandledAttempt {
  /** The handler's own view of the message: it is revoked when the handler is abandoned. */
  readonly message: InFlightMessage;
  readonly signal: LazySignal;
  /** Whether a failure decides what to do with the message: `next({ final: false })` says no. */
  readonly final: boolean;
  readonly #run: AttemptRun;
  #outcome: Outcome | undefined;
  #isAbandoned = false;
  #state: "validating" | "handling" | "deciding" | "cleaning" | "ended" = "validating";
  #abortion: Abortion | undefined;
  /** First the time limit, then the time to obey the signal. */
  #timer: Timer | undefined;
  #cleanUps: (() => unknown)[] | undefined;
  #resolve: ((value: unknown) => void) | undefined;
  #reject: ((error: unknown) => void) | undefined;

  constructor(run: AttemptRun, { message, final }: MessageCall, signal: LazySignal) {
    this.#run = run;
    this.final = final;
    this.message = message.view();
    this.signal = signal;
  }

  get actor(): ActorInfo {
    return this.#run.execution.actor.info;
  }

  /** How it ended; `undefined` while it is validating or handling. */
  get outcome(): Outcome | undefined {
    return this.#outcome;
  }

  /** Whether its handler was abandoned. It may still be running. */
  get isAbandoned(): boolean {
    return this.#isAbandoned;
  }

  /** Whether it has not ended yet. */
  get isLive(): boolean {
    return this.#state !== "ended";
  }

  /** Why it has to end, while its handler runs. */
  get abortion(): Abortion | undefined {
    return this.#abortion;
  }

  /** Validates and handles, unless it was `interrupted` before. Answers, or throws, what the middlewares get. */
  start(interrupted: Abortion | undefined): unknown {
    if (interrupted) return this.#handlerEnded({ kind: interrupted.kind, error: interrupted.reason });
    this.#limitTime();
    let value: unknown;
    try {
      value = settled(this.#run.execution.handling.perform(this));
    } catch (error) {
      return this.#handlerEnded(this.#failure(error));
    }
    return value instanceof Promise ? this.#wait(value) : this.#handlerEnded({ kind: "returned", value });
  }

  /** Validation has passed: from now on a failure is the handler's. */
  startHandling(): void {
    this.#state = "handling";
  }

  /** Asks it to end: aborts its signal and, after `cancellationTimeout`, abandons its handler. Only the first call counts. */
  abort(abortion: Abortion): void {
    if (this.#abortion || this.#outcome) return;
    this.#abortion = abortion;
    this.#stopTimer();
    if (this.#resolve) this.#limitPatience(abortion);
    this.signal.abort(abortion.reason);
  }

  /** Registers a clean-up. Runs it now if the clean-ups have started to run. */
  defer(cleanUp: () => unknown): void {
    if (this.#state === "cleaning" || this.#state === "ended") void this.#runCleanUp(cleanUp);
    else (this.#cleanUps ??= []).push(cleanUp);
  }

  #wait(handling: Promise<unknown>): Promise<unknown> {
    return new Promise((resolve, reject) => {
      this.#resolve = resolve;
      this.#reject = reject;
      if (this.#abortion) this.#limitPatience(this.#abortion);
      handling.then(
        (value) => this.#settled({ kind: "returned", value }),
        (error) => this.#settled(this.#failure(error)),
      );
    });
  }

  #settled(outcome: Outcome): void {
    if (this.#isAbandoned) reportAbandonedEnd(this.#run.execution.options, this.#run.where);
    else this.#pass(outcome);
  }

  #abandon({ kind, reason: error }: Abortion): void {
    this.#isAbandoned = true;
    this.message.revoke();
    reportAbandoned(this.#run.execution.options, this.#run.where, error);
    this.#pass({ kind, error });
  }

  /** Gives the waiting middlewares what comes of the attempt. */
  #pass(outcome: Outcome): void {
    try {
      this.#resolve?.(this.#handlerEnded(outcome));
    } catch (error) {
      this.#reject?.(error);
    }
  }

  #handlerEnded(outcome: Outcome): unknown {
    this.#stopTimer();
    this.#outcome = afterAbortion(this.#abortion, outcome);
    this.#state = "deciding";
    const deciding = this.#run.handlerEnded(this, this.#outcome);
    if (deciding instanceof Promise || this.#cleanUps) return this.#cleanUp(deciding);
    return this.#end(deciding);
  }

  async #cleanUp(deciding: MaybePromise<Outcome>): Promise<unknown> {
    const outcome = await deciding;
    this.#state = "cleaning";
    const cleanUps = this.#cleanUps ?? [];
    this.#cleanUps = undefined;
    for (const cleanUp of cleanUps.reverse()) await this.#runCleanUp(cleanUp);
    return this.#end(outcome);
  }

  #end(outcome: Outcome): unknown {
    this.#outcome = outcome;
    this.#state = "ended";
    this.#run.attemptEnded(outcome);
    if (outcome.kind === "returned") return outcome.value;
    throw outcome.error;
  }

  #runCleanUp(cleanUp: () => unknown): Promise<void> {
    return this.#run.execution.handling.cleanUp(this.#run.where, cleanUp);
  }

  #failure(error: unknown): Outcome {
    return { kind: this.#state === "validating" ? "invalid" : "threw", error };
  }

  #limitTime(): void {
    const { actor: { name, timeout }, options: { clock } } = this.#run.execution;
    if (timeout === Infinity) return;
    this.#timer = clock.schedule(timeout, () => {
      const text = `The actor "${name}" did not end within ${timeout} ms`;
      this.abort({ kind: "timed-out", reason: new DOMException(text, "TimeoutError") });
    });
  }

  #limitPatience(abortion: Abortion): void {
    const { clock, cancellationTimeout } = this.#run.execution.options;
    this.#timer = clock.schedule(cancellationTimeout, () => this.#abandon(abortion));
  }

  #stopTimer(): void {
    if (this.#timer === undefined) return;
    this.#run.execution.options.clock.cancel(this.#timer);
    this.#timer = undefined;
  }
}
