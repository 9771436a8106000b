/**
 * The state of one message's handling: what can be aborted, given up and cleaned up while it lasts.
 * @module
 */
import type { Clock, Timer } from "../_internal/clock.ts";
import type { Outcome } from "../declaration/confirmation.ts";
import type { RunningMessage } from "../contract/events.ts";
import type { Delivery } from "../contract/server.ts";
import type { Settling } from "./settling.ts";

/** Why a run is to end before it does so itself. */
export interface Abortion {
  readonly kind: "timed-out" | "interrupted";
  /** The signal's reason. */
  readonly reason: unknown;
}

/** The signal of one attempt. Made when somebody looks: most handlers never do. */
export class AttemptSignal {
  #controller: AbortController | undefined;
  #aborted = false;
  #reason: unknown;

  get aborted(): boolean {
    return this.#aborted;
  }

  get signal(): AbortSignal {
    if (!this.#controller) {
      this.#controller = new AbortController();
      if (this.#aborted) this.#controller.abort(this.#reason);
    }
    return this.#controller.signal;
  }

  /** Only the first call counts. */
  abort(reason: unknown): void {
    if (this.#aborted) return;
    this.#aborted = true;
    this.#reason = reason;
    this.#controller?.abort(reason);
  }
}

/** Somebody who waits for an attempt. */
export interface Waiting {
  /** Wait no longer. */
  giveUp(abortion: Abortion): void;
}

const NO_CLEAN_UPS: readonly (() => unknown)[] = [];

/** What the runs of an actor have in common. */
export interface RunOptions {
  /** The actor's name. */
  readonly actor: string;
  readonly clock: Clock;
  /** How long a handler may go on after its signal was aborted, in milliseconds. */
  readonly patience: number;
}

/** One run. Its execution owns it; shutdown and the lease keeper may only {@linkcode abort} it. */
export class Run {
  readonly delivery: Delivery;
  readonly settling: Settling;
  readonly #options: RunOptions;
  /** How often its lease is extended, in milliseconds; `undefined` where it has none, or where its actor keeps it by itself. Set by the lease keeper. */
  leaseInterval: number | undefined;
  /** How the latest attempt ended. */
  outcome: Outcome | undefined;
  /** How often the actor was run, the attempt that is under way included. */
  attempts = 0;
  /** Whether the middlewares have begun: in `ack_first` mode the message is acknowledged before. */
  begun = false;
  /** Whether an attempt is under way. */
  attempting = false;
  /** Whether the middlewares have ended. */
  over = false;
  /** Whether the latest attempt decided what becomes of the message. */
  decided = false;
  /** Whether the latest attempt got beyond validation. */
  valid = false;
  /** Whether the latest attempt was given up: its handler goes on, nobody waits for it. */
  givenUp = false;
  /** Whether shutdown settled the message while something other than the handler, such as a middleware, went on. */
  forfeited = false;
  #attempt: AttemptSignal = new AttemptSignal();
  #abortion: Abortion | undefined;
  /** An interruption that came while an attempt was timing out: it is for what comes after. */
  #interruption: Abortion | undefined;
  #waiting: Waiting | undefined;
  #timer: Timer | undefined;
  #cleanUps: (() => unknown)[] | undefined;
  #takesCleanUps = false;
  #onRest: (() => void) | undefined;

  constructor(delivery: Delivery, settling: Settling, options: RunOptions) {
    this.delivery = delivery;
    this.settling = settling;
    this.#options = options;
  }

  /** Which message, and whose. */
  get where(): RunningMessage {
    const { channel, messageId } = this.delivery;
    return { actor: this.#options.actor, channel, messageId };
  }

  /** What middlewares watch: the signal of the latest attempt or, where a time limit used that up, of the next one. */
  get signal(): AbortSignal {
    return this.#attempt.signal;
  }

  /** What the attempt's handler and dependencies watch. It stays theirs, however long they go on. */
  get attempt(): AttemptSignal {
    return this.#attempt;
  }

  /** Why it is to end, if it is. */
  get abortion(): Abortion | undefined {
    return this.#abortion;
  }

  /**
   * Asks it to end: aborts the signal and, when the patience is used up, waits no longer. Only the first call counts for an
   * attempt; an interruption counts for those after it as well.
   */
  abort(kind: Abortion["kind"], reason: unknown): void {
    const abortion: Abortion = { kind, reason };
    if (kind === "interrupted") this.#interruption ??= abortion;
    if (this.#abortion) return;
    this.#abortion = abortion;
    this.#options.clock.cancel(this.#timer);
    this.#timer = undefined;
    this.#losePatience(abortion);
    this.#attempt.abort(reason);
  }

  #losePatience(abortion: Abortion): void {
    const { clock, patience } = this.#options;
    const waiting = this.#waiting;
    // Between attempts there is nothing to give up, nor before anybody waits.
    if (waiting) this.#timer = clock.schedule(patience, () => waiting.giveUp(abortion));
  }

  /** Begins an attempt, with a time limit unless it is to end at once. */
  begin(timeout: number): void {
    this.attempts++;
    this.decided = false;
    this.valid = false;
    this.givenUp = false;
    this.outcome = undefined;
    this.settling.propose(undefined);
    this.#cleanUps = undefined;
    this.#takesCleanUps = true;
    if (this.#abortion || timeout === Infinity) return;
    this.#timer = this.#options.clock.schedule(timeout, () => {
      const text = `The actor "${this.#options.actor}" did not end within ${timeout} ms`;
      this.abort("timed-out", new DOMException(text, "TimeoutError"));
    });
  }

  /** The attempt is waited for, until it was to end and the patience is used up. */
  waiting(waiting: Waiting): void {
    this.#waiting = waiting;
    if (this.#abortion) this.#losePatience(this.#abortion);
  }

  /**
   * Ends an attempt: nothing is left to give up. Answers why it was to end, if it was. A time limit is forgotten with its
   * attempt; an interruption stays.
   */
  end(): Abortion | undefined {
    this.#options.clock.cancel(this.#timer);
    this.#timer = undefined;
    this.#waiting = undefined;
    const abortion = this.#abortion;
    this.#abortion = this.#interruption;
    if (abortion !== this.#abortion || (!abortion && this.#attempt.aborted)) {
      this.#attempt = new AttemptSignal();
      if (this.#abortion) this.#attempt.abort(this.#abortion.reason);
    }
    return abortion;
  }

  /** Notes that the attempt is over, clean-ups included. */
  rest(): void {
    this.attempting = false;
    this.#takesCleanUps = false;
    this.#onRest?.();
  }

  /** Resolves when the attempt that is under way is over. */
  untilRest(): Promise<void> {
    return new Promise((resolve) => this.#onRest = resolve);
  }

  /** Registers a clean-up; `false` where the clean-ups have run already. */
  defer(cleanUp: () => unknown): boolean {
    if (this.#takesCleanUps) (this.#cleanUps ??= []).push(cleanUp);
    return this.#takesCleanUps;
  }

  /** Whether there are any clean-ups. */
  get hasCleanUps(): boolean {
    return this.#cleanUps !== undefined;
  }

  /** Hands over the clean-ups, the last one first. Later ones are refused. */
  takeCleanUps(): readonly (() => unknown)[] {
    const cleanUps = this.#cleanUps?.reverse() ?? NO_CLEAN_UPS;
    this.#cleanUps = undefined;
    this.#takesCleanUps = false;
    return cleanUps;
  }
}

/** How an attempt failed. Before the handler is called, only the message can be at fault. */
export function failureOf({ valid }: Run, error: unknown): Outcome {
  return { kind: valid ? "threw" : "invalid", error };
}

/** An attempt that was aborted and ended: too late is too late, but work that was done before shutdown is done. */
export function concluded(outcome: Outcome, abortion: Abortion | undefined): Outcome {
  if (!abortion || (abortion.kind === "interrupted" && outcome.kind === "returned")) return outcome;
  return { kind: abortion.kind, error: abortion.reason };
}
