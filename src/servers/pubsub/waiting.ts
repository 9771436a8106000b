/**
 * What one channel's stream delivered and was not handed over yet; of an ordering key one message at a time.
 * @module
 */
import { Deque } from "../../_internal/deque.ts";
import type { PubsubDelivery } from "./delivery.ts";

/** The waiting messages of one channel. */
export class Waiting {
  readonly #ready = new Deque<PubsubDelivery>();
  /** Ordering keys of which a message is ready or being handled, each with those behind it. */
  readonly #keys = new Map<string, Deque<PubsubDelivery>>();
  readonly #all = new Set<PubsubDelivery>();

  /** Everything that waits. */
  get all(): ReadonlySet<PubsubDelivery> {
    return this.#all;
  }

  /** One more. */
  add(delivery: PubsubDelivery): void {
    this.#all.add(delivery);
    const { orderingKey } = delivery;
    const behind = this.#keys.get(orderingKey);
    if (behind) return behind.push(delivery);
    if (orderingKey !== "") this.#keys.set(orderingKey, new Deque());
    this.#ready.push(delivery);
  }

  /** The next to hand over; `undefined` where there is none. */
  next(): PubsubDelivery | undefined {
    for (let delivery = this.#ready.shift(); delivery; delivery = this.#ready.shift()) {
      if (this.#all.delete(delivery)) return delivery;
      this.release(delivery);
    }
    return undefined;
  }

  /** It is not ours any more. */
  drop(delivery: PubsubDelivery): void {
    this.#all.delete(delivery);
  }

  /** A message was handled: the next of its key may be. */
  release({ orderingKey }: PubsubDelivery): void {
    const behind = this.#keys.get(orderingKey);
    if (!behind) return;
    for (let delivery = behind.shift(); delivery; delivery = behind.shift()) {
      if (this.#all.has(delivery)) return this.#ready.push(delivery);
    }
    this.#keys.delete(orderingKey);
  }

  /** A message goes back: those behind it must go as well, or they would overtake it. */
  withdraw({ orderingKey }: PubsubDelivery): PubsubDelivery[] {
    const behind = this.#keys.get(orderingKey);
    this.#keys.delete(orderingKey);
    const withdrawn: PubsubDelivery[] = [];
    for (let delivery = behind?.shift(); delivery; delivery = behind?.shift()) {
      if (this.#all.delete(delivery)) withdrawn.push(delivery);
    }
    return withdrawn;
  }

  /** Takes everything out. */
  clear(): PubsubDelivery[] {
    const all = [...this.#all];
    this.#all.clear();
    return all;
  }
}
