/**
 * Keeps the leases of running messages: one timer for all that share an interval.
 * @module
 */
import type { Clock, Timer } from "../_internal/clock.ts";
import { LeaseLostError } from "../contract/errors.ts";
import type { Report } from "../contract/events.ts";
import type { MessageRun } from "../execution/message_run.ts";

/** Extends the leases of its worker's runs. */
export class LeaseKeeper {
  readonly #clock: Clock;
  readonly #report: Report;
  /** All of the worker's runs: a set of those with a lease would have to be kept for each message. */
  readonly #runs: () => Iterable<MessageRun>;
  /** The next beat of each interval. */
  readonly #beats = new Map<number, Timer>();
  /** Runs whose extension the broker has not answered yet: asking again would not help. */
  readonly #asking = new Set<MessageRun>();

  constructor(clock: Clock, report: Report, runs: () => Iterable<MessageRun>) {
    this.#clock = clock;
    this.#report = report;
    this.#runs = runs;
  }

  /** Extends a run's lease, every so many milliseconds, for as long as the worker has it. */
  keep(run: MessageRun, interval: number): void {
    run.leaseInterval = interval;
    if (!this.#beats.has(interval)) this.#schedule(interval);
  }

  /** Stops all timers. */
  stop(): void {
    for (const timer of this.#beats.values()) this.#clock.cancel(timer);
    this.#beats.clear();
  }

  #schedule(interval: number): void {
    this.#beats.set(interval, this.#clock.schedule(interval, () => this.#beat(interval)));
  }

  /** All together, so that the server can extend them in one request. Without any, the beat ends. */
  #beat(interval: number): void {
    this.#beats.delete(interval);
    for (const run of this.#runs()) {
      if (run.leaseInterval !== interval) continue;
      if (!this.#beats.has(interval)) this.#schedule(interval);
      void this.#extend(run);
    }
  }

  /** Never rejects. */
  async #extend(run: MessageRun): Promise<void> {
    const { delivery, settlement, where } = run;
    if (settlement.isSettled || this.#asking.has(run)) return;
    this.#asking.add(run);
    try {
      const result = await delivery.extendLease?.();
      if (result !== "lost" || settlement.isSettled || run.abortion) return;
      this.#report("message.lease.lost", where);
      run.interrupt(new LeaseLostError(delivery.messageId));
    } catch (error) {
      this.#report("message.lease.error", { ...where, error });
    } finally {
      this.#asking.delete(run);
    }
  }
}
