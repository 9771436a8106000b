/**
 * Notices that a connection is dead although nobody has said so.
 * @module
 */
import type { Redis } from "ioredis";
import { systemClock, type Timer } from "../../_internal/clock.ts";

/** How many times a silent connection is looked at until it is given up. */
const LOOKS = 4;

/**
 * Gives up a connection that says nothing for so long, at most a quarter longer, although it is asked: whatever waits for an
 * answer is rejected, and ioredis connects anew. One timer for a connection; ioredis' own `commandTimeout` makes one for each
 * command, a tenth of what publishing costs.
 */
export class Watch {
  readonly #redis: Redis;
  readonly #interval: number;
  #hasHeard = true;
  #silentLooks = 0;
  #timer: Timer | undefined;

  constructor(redis: Redis, timeout: number) {
    this.#redis = redis;
    this.#interval = timeout / LOOKS;
    redis.on("connect", () => {
      this.#hasHeard = true;
      redis.stream.on("data", () => this.#hasHeard = true);
      this.#timer ??= systemClock.schedule(this.#interval, () => this.#look());
    });
    redis.on("end", () => this.end());
  }

  /** Looks no more. */
  end(): void {
    systemClock.cancel(this.#timer);
    this.#timer = undefined;
  }

  #look(): void {
    this.#timer = systemClock.schedule(this.#interval, () => this.#look());
    this.#silentLooks = this.#hasHeard ? 0 : this.#silentLooks + 1;
    this.#hasHeard = false;
    // Whoever has nothing to say is asked.
    if (this.#silentLooks === 1) this.#redis.ping().catch(() => {});
    if (this.#silentLooks <= LOOKS) return;
    this.#silentLooks = 0;
    this.#redis.stream.destroy(new Error("Redis has not answered in time: timed out"));
  }
}
