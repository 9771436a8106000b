/**
 * The state of one message's handling: what can be aborted, given up and cleaned up while it lasts.
 * @module
 */
import type { Clock, Timer } from "./_internal/clock.ts";
import type { Outcome } from "./confirmation.ts";
import type { RunningMessage } from "./events.ts";
import type { Delivery } from "./server.ts";
import type { Settling } from "./settling.ts";

/** Why a run is to end before it does so itself. */
export interface Abortion {
  readonly kind: "timed-out" | "interrupted";
  /** The signal's reason. */
  readonly reason: unknown;
}

/** What a run is made of. */
export interface RunOptions {
  readonly delivery: Delivery;
  readonly settling: Settling;
  readonly where: RunningMessage;
  readonly clock: Clock;
  /** How long a handler may go on after its signal was aborted, in milliseconds. */
  readonly patience: number;
}

/** One run. Its execution owns it; shutdown and the lease keeper may only {@linkcode abort} it. */
export class Run {
  readonly delivery: Delivery;
  readonly settling: Settling;
  readonly where: RunningMessage;
  /** How the latest attempt ended. */
  outcome: Outcome | undefined;
  /** Whether the latest attempt decided what becomes of the message. */
  decided = false;
  /** Whether the latest attempt got beyond validation. */
  valid = false;
  readonly #clock: Clock;
  readonly #patience: number;
  #controller: AbortController | undefined;
  #abortion: Abortion | undefined;
  #giveUp: ((abortion: Abortion) => void) | undefined;
  #timer: Timer | undefined;
  #cleanUps: (() => unknown)[] | undefined;

  constructor({ delivery, settling, where, clock, patience }: RunOptions) {
    this.delivery = delivery;
    this.settling = settling;
    this.where = where;
    this.#clock = clock;
    this.#patience = patience;
  }

  /** What handler, dependencies and middlewares watch. Made when somebody looks: most handlers never do. */
  get signal(): AbortSignal {
    if (!this.#controller) {
      this.#controller = new AbortController();
      if (this.#abortion) this.#controller.abort(this.#abortion.reason);
    }
    return this.#controller.signal;
  }

  /** Why it is to end, if it is. */
  get abortion(): Abortion | undefined {
    return this.#abortion;
  }

  /** Asks it to end: aborts the signal and, when the patience is used up, waits no longer. Only the first call counts. */
  abort(kind: Abortion["kind"], reason: unknown): void {
    if (this.#abortion) return;
    const abortion: Abortion = { kind, reason };
    this.#abortion = abortion;
    this.#clock.cancel(this.#timer);
    this.#timer = this.#clock.schedule(this.#patience, () => this.#giveUp?.(abortion));
    this.#controller?.abort(reason);
  }

  /** Tells what still works for a failed attempt to stop, without ending the run. */
  abortSiblings(reason: unknown): void {
    this.#controller?.abort(reason);
  }

  /** Begins an attempt: with a time limit, and with a fresh signal where the last attempt used it up. */
  begin(timeout: number, giveUp: (abortion: Abortion) => void): void {
    this.decided = false;
    this.valid = false;
    this.outcome = undefined;
    this.settling.propose(undefined);
    this.#giveUp = giveUp;
    this.#cleanUps = [];
    if (this.#abortion?.kind === "timed-out") this.#abortion = undefined;
    if (this.#abortion) return;
    if (this.#controller?.signal.aborted) this.#controller = undefined;
    if (timeout === Infinity) return;
    this.#timer = this.#clock.schedule(timeout, () => {
      const text = `The actor "${this.where.actor}" did not end within ${timeout} ms`;
      this.abort("timed-out", new DOMException(text, "TimeoutError"));
    });
  }

  /** Ends an attempt: nothing is left to give up. */
  end(): void {
    this.#clock.cancel(this.#timer);
    this.#timer = undefined;
    this.#giveUp = undefined;
  }

  /** Registers a clean-up; `false` where the clean-ups have run already. */
  defer(cleanUp: () => unknown): boolean {
    this.#cleanUps?.push(cleanUp);
    return this.#cleanUps !== undefined;
  }

  /** Hands over the clean-ups, the last one first. Later ones are refused. */
  takeCleanUps(): (() => unknown)[] {
    const cleanUps = this.#cleanUps ?? [];
    this.#cleanUps = undefined;
    return cleanUps.reverse();
  }
}
