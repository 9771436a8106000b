/**
 * Notices when the event loop does not turn.
 * @module
 */
import type { Clock, Timer } from "./clock.ts";

/** How often the loop is expected to turn, in milliseconds. */
const BEAT = 500;
/** From which lag on it counts as blocked, in milliseconds. */
const BLOCKED = 1_000;

/** Watches the event loop from {@linkcode start} to {@linkcode stop}. */
export class LoopMonitor {
  readonly #clock: Clock;
  readonly #onBlocked: (lag: number) => void;
  #timer: Timer | undefined;
  #expected = Infinity;
  #blockedUntil = -Infinity;

  /** Calls `onBlocked` with how long the loop was blocked, in milliseconds, when it runs again. */
  constructor(clock: Clock, onBlocked: (lag: number) => void) {
    this.#clock = clock;
    this.#onBlocked = onBlocked;
  }

  /** Starts to watch. */
  start(): void {
    this.#expected = this.#clock.now() + BEAT;
    this.#timer = this.#clock.schedule(BEAT, () => this.#beat());
  }

  /** Stops watching. Repeatable. */
  stop(): void {
    this.#clock.cancel(this.#timer);
    this.#expected = Infinity;
  }

  /** Whether the loop is late now, or was a moment ago: a health check had to wait for it too. */
  get isBlocked(): boolean {
    const now = this.#clock.now();
    return now - this.#expected > BLOCKED || now < this.#blockedUntil;
  }

  #beat(): void {
    const now = this.#clock.now();
    const lag = now - this.#expected;
    this.start();
    if (lag <= BLOCKED) return;
    this.#blockedUntil = now + BLOCKED;
    this.#onBlocked(Math.round(lag));
  }
}
