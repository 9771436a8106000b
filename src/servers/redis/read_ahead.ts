/**
 * What was read before anybody asked for it.
 * @module
 */
import { systemClock, type Timer } from "../../_internal/clock.ts";
import type { Read } from "./reader.ts";

/** Keeps the leases of what waits here, as a worker does for what it handles. */
export class ReadAhead {
  readonly #leaseInterval: number;
  #waiting: Read[] = [];
  #timer: Timer | undefined;

  constructor(leaseInterval: number) {
    this.#leaseInterval = leaseInterval;
  }

  /** Lets so many go, the oldest first. */
  take(max: number): readonly Read[] {
    const taken = this.#waiting.splice(0, max);
    if (this.#waiting.length === 0) this.#rest();
    return taken;
  }

  /** Lets these wait. */
  put(reads: readonly Read[]): void {
    if (reads.length === 0) return;
    for (const { holding, entry } of reads) holding.hold(entry.id);
    this.#waiting.push(...reads);
    this.#timer ??= systemClock.schedule(this.#leaseInterval, () => this.#extend());
  }

  /** Gives back what waits: it was not delivered. Rejects where Redis does not hear of it. */
  async giveBack(): Promise<void> {
    const left = this.take(this.#waiting.length);
    await Promise.all(left.map(({ holding, entry }) => holding.settle(entry.id, "return")));
  }

  #rest(): void {
    systemClock.cancel(this.#timer);
    this.#timer = undefined;
  }

  #extend(): void {
    this.#timer = systemClock.schedule(this.#leaseInterval, () => this.#extend());
    for (const read of this.#waiting) void this.#extendOne(read);
  }

  /** Never rejects: where Redis is away, the next time may do. */
  async #extendOne(read: Read): Promise<void> {
    const { holding, entry } = read;
    const result = await holding.settle(entry.id, "extend").catch(() => "unknown");
    const at = this.#waiting.indexOf(read);
    if (result !== "lost" || at < 0) return;
    // Somebody else has it by now.
    this.#waiting.splice(at, 1);
    holding.released(entry.id);
    if (this.#waiting.length === 0) this.#rest();
  }
}
