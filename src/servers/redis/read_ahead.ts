/**
 * Messages that were read ahead of the demand.
 * @module
 */
import { systemClock, type Timer } from "../../_internal/clock.ts";
import type { RedisDelivery } from "./delivery.ts";

/** Keeps the leases of what waits here, as a worker does for what it handles. */
export class ReadAhead {
  readonly #leaseInterval: number;
  #waiting: RedisDelivery[] = [];
  #timer: Timer | undefined;

  constructor(leaseInterval: number) {
    this.#leaseInterval = leaseInterval;
  }

  /** Lets so many go, the oldest first. */
  take(max: number): readonly RedisDelivery[] {
    const taken = this.#waiting.splice(0, max);
    if (this.#waiting.length === 0) this.#rest();
    return taken;
  }

  /** Lets these wait. */
  put(deliveries: readonly RedisDelivery[]): void {
    if (deliveries.length === 0) return;
    this.#waiting.push(...deliveries);
    this.#timer ??= systemClock.schedule(this.#leaseInterval, () => this.#extend());
  }

  /** Gives back what waits: it was not delivered. Rejects where Redis does not hear of it. */
  async giveBack(): Promise<void> {
    const left = this.take(this.#waiting.length);
    await Promise.all(left.map((delivery) => delivery.giveBack()));
  }

  #rest(): void {
    systemClock.cancel(this.#timer);
    this.#timer = undefined;
  }

  #extend(): void {
    this.#timer = systemClock.schedule(this.#leaseInterval, () => this.#extend());
    for (const delivery of this.#waiting) void this.#extendOne(delivery);
  }

  /** Never rejects: if Redis is unavailable, the next time may succeed. */
  async #extendOne(delivery: RedisDelivery): Promise<void> {
    const result = await delivery.extendLease().catch(() => "unknown");
    const at = this.#waiting.indexOf(delivery);
    if (result !== "lost" || at < 0) return;
    this.#waiting.splice(at, 1);
    delivery.forget();
    if (this.#waiting.length === 0) this.#rest();
  }
}
