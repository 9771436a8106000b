/**
 * Messages of one turn of the event loop for which Redis gets one command.
 * @module
 */
import type { DeliveryResult } from "../../contract/server.ts";
import type { BatchAction, RedisDelivery } from "./delivery.ts";

/** How many ids go into one command: Lua's stack is finite. */
export const MOST = 1_000;

/** Some messages. They have one promise, from which each derives its own: resolve and reject functions for each message cost twice as much. */
export class Batch {
  readonly action: BatchAction;
  readonly deliveries: RedisDelivery[] = [];
  readonly #told = Promise.withResolvers<ReadonlySet<number>>();

  constructor(action: BatchAction) {
    this.action = action;
    // Told to each of them.
    this.#told.promise.catch(() => {});
  }

  /** Whether no more fit. */
  get isFull(): boolean {
    return this.deliveries.length === MOST;
  }

  /** One more. Resolves when Redis has answered. */
  add(delivery: RedisDelivery): Promise<DeliveryResult> {
    const number = this.deliveries.push(delivery);
    return this.#told.promise.then((lost) => lost.has(number) ? "lost" : "done");
  }

  /** Redis has heard of it; these were not ours, by their numbers from 1 on. */
  tell(lost: ReadonlySet<number>): void {
    this.#told.resolve(lost);
  }

  /** Redis has not heard of it. */
  fail(error: unknown): void {
    this.#told.reject(error);
  }
}
