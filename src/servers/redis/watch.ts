/**
 * Notices that a connection is dead although the socket is still open.
 * @module
 */
import type { Redis } from "ioredis";
import { systemClock, type Timer } from "../../_internal/clock.ts";

/** How many times a silent connection is checked before it is closed. */
const LOOKS = 4;

/**
 * Closes a connection if Redis does not answer a ping for so long, plus up to 25 %. Commands without an answer reject, and
 * ioredis reconnects. One timer for a connection; `commandTimeout` of ioredis makes one for each command, which is a tenth of
 * what publishing costs.
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
    // A silent connection is asked to answer.
    if (this.#silentLooks === 1) this.#redis.ping().catch(() => {});
    if (this.#silentLooks <= LOOKS) return;
    this.#silentLooks = 0;
    this.#redis.stream.destroy(new Error("Redis has not answered in time: timed out"));
  }
}
