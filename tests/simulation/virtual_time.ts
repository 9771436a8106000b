/**
 * Time that passes only when told to, and at once.
 * @module
 */
import { setImmediate } from "node:timers";
import type { Clock, Timer } from "../../src/_internal/clock.ts";

interface Entry {
  readonly at: number;
  readonly order: number;
  readonly call: () => void;
  readonly owner: string;
}

/** One time line, with a clock for each owner, so that one sees whose timers are left. */
export class VirtualTime {
  now = 0;
  #order = 0;
  readonly #entries = new Set<Entry>();

  /** A clock on this time line. */
  clock(owner: string): Clock {
    return {
      now: () => this.now,
      schedule: (ms, call) => {
        const entry: Entry = { at: this.now + Math.max(0, ms), order: this.#order++, call, owner };
        this.#entries.add(entry);
        return entry;
      },
      cancel: (timer: Timer | undefined) => void this.#entries.delete(timer as Entry),
    };
  }

  /** How many calls an owner has outstanding. */
  pending(owner: string): number {
    return [...this.#entries].filter((entry) => entry.owner === owner).length;
  }

  /** Lets everything happen that needs no time to pass. */
  async settle(): Promise<void> {
    await new Promise<void>((resolve) => void setImmediate(resolve));
  }

  /** Lets time pass until the moment, or until the condition holds. Answers whether it does. */
  async pass(until: number, condition: () => boolean = () => false): Promise<boolean> {
    for (;;) {
      await this.settle();
      if (condition()) return true;
      const next = this.#next();
      if (!next || next.at > until) break;
      this.#entries.delete(next);
      this.now = Math.max(this.now, next.at);
      next.call();
    }
    this.now = Math.max(this.now, until);
    await this.settle();
    return condition();
  }

  /** Lets time pass in which nothing runs, as if the event loop were blocked. */
  jump(ms: number): void {
    this.now += ms;
  }

  #next(): Entry | undefined {
    let first: Entry | undefined;
    for (const entry of this.#entries) {
      if (!first || entry.at < first.at || (entry.at === first.at && entry.order < first.order)) {
        first = entry;
      }
    }
    return first;
  }
}
