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

  /** Everything that waits. */
  get all(): readonly PubsubDelivery[] {
    const waiting = [this.#ready, ...this.#keys.values()].flatMap((some) => [...some.values()]);
    return waiting.filter(({ isGone }) => !isGone);
  }

  /** One more. */
  add(delivery: PubsubDelivery): void {
    const { orderingKey } = delivery;
    if (orderingKey === "") return this.#ready.push(delivery);
    const behind = this.#keys.get(orderingKey);
    if (behind) return behind.push(delivery);
    this.#keys.set(orderingKey, new Deque());
    this.#ready.push(delivery);
  }

  /** The next to hand over; `undefined` where there is none. */
  next(): PubsubDelivery | undefined {
    for (let delivery = this.#ready.shift(); delivery; delivery = this.#ready.shift()) {
      if (!delivery.isGone) return delivery;
      this.release(delivery);
    }
    return undefined;
  }

  /** It is not ours any more. */
  drop(delivery: PubsubDelivery): void {
    delivery.isGone = true;
  }

  /** A message was handled: the next of its key may be. */
  release({ orderingKey }: PubsubDelivery): void {
    const behind = this.#keys.get(orderingKey);
    if (!behind) return;
    for (let delivery = behind.shift(); delivery; delivery = behind.shift()) {
      if (!delivery.isGone) return this.#ready.push(delivery);
    }
    this.#keys.delete(orderingKey);
  }

  /** A message goes back: those behind it must go as well, or they would overtake it. */
  withdraw({ orderingKey }: PubsubDelivery): PubsubDelivery[] {
    if (orderingKey === "") return [];
    const behind = this.#keys.get(orderingKey);
    this.#keys.delete(orderingKey);
    return behind ? [...behind.values()].filter(({ isGone }) => !isGone) : [];
  }

  /** Takes everything out. */
  clear(): readonly PubsubDelivery[] {
    const { all } = this;
    for (const delivery of all) this.drop(delivery);
    return all;
  }
}
