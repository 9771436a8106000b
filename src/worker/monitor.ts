/**
 * The condition of a worker.
 * @module
 */
import type { Clock } from "../_internal/clock.ts";
import { LoopMonitor } from "../_internal/loop_monitor.ts";
import type { Report } from "../contract/events.ts";
import type { WorkerHealth, WorkerState } from "./health.ts";

/** How long a subscription may stay silent before it answers with no messages, in milliseconds. */
export const TAKE_WAIT = 10_000;
/** How much later than that its answer may come. */
const TAKE_GRACE = 10_000;

/** Where the monitor reads what it does not count itself. */
export interface WorkerMonitorOptions {
  readonly clock: Clock;
  readonly report: Report;
  readonly running: () => number;
  readonly connected: () => boolean;
  readonly consuming: () => boolean;
}

/** A worker's condition. The worker writes, health checks read. */
export class WorkerMonitor implements WorkerHealth {
  readonly #options: WorkerMonitorOptions;
  readonly #loop: LoopMonitor;
  #state: WorkerState = "starting";
  #abandoned = 0;
  #lastTurn: number;
  #taking = false;

  constructor(options: WorkerMonitorOptions) {
    const { clock, report, running } = options;
    this.#options = options;
    this.#lastTurn = clock.now();
    this.#loop = new LoopMonitor(
      clock,
      (lag) => report("worker.event_loop.blocked", { lag, running: running() }),
    );
  }

  get state(): WorkerState {
    return this.#state;
  }

  get connected(): boolean {
    return this.#options.connected();
  }

  get consuming(): boolean {
    return this.#options.consuming();
  }

  get blocked(): boolean {
    return this.#loop.isBlocked;
  }

  get stalled(): boolean {
    return this.#state === "consuming" && this.#taking && this.lastTurn > TAKE_WAIT + TAKE_GRACE;
  }

  get lastTurn(): number {
    return Math.round(this.#options.clock.now() - this.#lastTurn);
  }

  get running(): number {
    return this.#options.running();
  }

  get abandoned(): number {
    return this.#abandoned;
  }

  /** What `JSON.stringify` writes: getters are not own properties. */
  toJSON(): WorkerHealth {
    const { state, connected, consuming, blocked, stalled, lastTurn, running, abandoned } = this;
    return { state, connected, consuming, blocked, stalled, lastTurn, running, abandoned };
  }

  /** Begins to watch the event loop. */
  start(): void {
    this.#loop.start();
  }

  /** Ends. */
  stop(): void {
    this.#loop.stop();
    this.#state = "stopped";
  }

  /** The worker does something else now. */
  enter(state: WorkerState): void {
    this.#state = state;
    this.turn(false);
  }

  /** The consume loop turned; `taking` when it waits for the broker now, and not for room. Answers what time it is. */
  turn(taking: boolean): number {
    this.#taking = taking;
    return this.#lastTurn = this.#options.clock.now();
  }

  /** A handler was abandoned (1) or has ended after all (-1). Answers how many there are. */
  countAbandoned(change: 1 | -1): number {
    this.#abandoned += change;
    return this.#abandoned;
  }
}
