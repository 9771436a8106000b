/**
 * Keeps the leases of running messages: one timer for all that share an interval.
 * @module
 */
import type { Clock, Timer } from "./_internal/clock.ts";
import { LeaseLostError } from "./errors.ts";
import type { Report } from "./events.ts";
import type { Run } from "./run.ts";

interface Beat {
  readonly runs: Set<Run>;
  timer: Timer;
}

/** Extends the leases of the runs it is given. */
export class LeaseKeeper {
  readonly #clock: Clock;
  readonly #report: Report;
  readonly #beats = new Map<number, Beat>();
  /** Runs whose extension the broker has not answered yet: asking again would not help. */
  readonly #asking = new Set<Run>();

  constructor(clock: Clock, report: Report) {
    this.#clock = clock;
    this.#report = report;
  }

  /** Begins to extend a run's lease, every so many milliseconds. */
  keep(run: Run, interval: number): void {
    const beat = this.#beats.get(interval) ?? this.#start(interval);
    beat.runs.add(run);
  }

  /** Ends that. There are as many beats as actors have intervals of their own: few. */
  release(run: Run): void {
    for (const [interval, { runs, timer }] of this.#beats) {
      if (!runs.delete(run) || runs.size > 0) continue;
      this.#clock.cancel(timer);
      this.#beats.delete(interval);
    }
  }

  /** Lets go of whatever is left. */
  stop(): void {
    for (const { timer } of this.#beats.values()) this.#clock.cancel(timer);
    this.#beats.clear();
  }

  #start(interval: number): Beat {
    const tick = (): void => {
      beat.timer = this.#clock.schedule(interval, tick);
      // Together, so that the server can extend them in one request.
      for (const run of beat.runs) void this.#extend(run);
    };
    const beat: Beat = { runs: new Set(), timer: this.#clock.schedule(interval, tick) };
    this.#beats.set(interval, beat);
    return beat;
  }

  /** Never rejects. */
  async #extend(run: Run): Promise<void> {
    const { delivery, settling, where } = run;
    const isDone = (): boolean => settling.isSettled && !settling.isReplying;
    if (isDone() || this.#asking.has(run)) return;
    this.#asking.add(run);
    try {
      const result = await delivery.extendLease?.();
      if (result !== "lost" || isDone() || run.abortion) return;
      this.#report("message.lease.lost", where);
      run.abort("interrupted", new LeaseLostError(delivery.messageId));
    } catch (error) {
      this.#report("message.keep_alive.error", { ...where, error });
    } finally {
      this.#asking.delete(run);
    }
  }
}
