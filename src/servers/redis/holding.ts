/**
 * What one consumer holds of one channel.
 * @module
 */
import type { DeliveryResult } from "../../contract/server.ts";
import type { RedisDelivery } from "./delivery.ts";
import { isPlaceMissing, type Place } from "./place.ts";
import { Batch, type BatchAction } from "./batch.ts";
import type { Settler } from "./settler.ts";

/** What a holding belongs to. */
export interface HoldingOptions {
  readonly place: Place;
  readonly consumer: string;
  /** How often leases want to be extended, in milliseconds. */
  readonly leaseInterval: number;
  /** Makes the stream and its group, where they are missing. */
  readonly createGroup: () => Promise<void>;
}

/** Knows which entries are in the consumer's hands, and collects what is to be told about them. */
export class Holding {
  readonly place: Place;
  readonly consumer: string;
  readonly leaseInterval: number;
  readonly #settler: Settler;
  readonly #createGroup: () => Promise<void>;
  readonly #held = new Map<string, RedisDelivery>();
  /** What is to be told, in the order of its first messages. */
  #batches: Batch[] = [];
  #isOpen = true;

  constructor(settler: Settler, { place, consumer, leaseInterval, createGroup }: HoldingOptions) {
    this.#settler = settler;
    this.place = place;
    this.consumer = consumer;
    this.leaseInterval = leaseInterval;
    this.#createGroup = createGroup;
  }

  /** What reading answers; nothing where the group was gone, which is made anew. */
  async healed<T>(reading: Promise<readonly T[]>): Promise<readonly T[]> {
    try {
      return await reading;
    } catch (error) {
      if (!isPlaceMissing(error)) throw error;
      await this.#createGroup();
      return [];
    }
  }

  /** An entry came into the consumer's hands; where it was there already, that lease is lost. */
  hold(delivery: RedisDelivery): void {
    const earlier = this.#held.get(delivery.messageId);
    if (earlier) earlier.isLost = true;
    this.#held.set(delivery.messageId, delivery);
  }

  /**
   * Whether it is in the consumer's hands. One whose settlement is under way is not: it may have been put back, and come
   * again before the answer to that.
   */
  has(id: string): boolean {
    return this.#held.get(id)?.isSettling === false;
  }

  /** Whether it is in the consumer's hands, and its lease is kept: then nobody shall have it, the consumer itself included. */
  keeps(id: string): boolean {
    return this.has(id) && this.#held.get(id)?.isKept === true;
  }

  /** Does something with an entry, if it is the consumer's still. */
  settle(delivery: RedisDelivery, action: BatchAction): Promise<DeliveryResult> {
    if (!this.#isOpen || delivery.isLost) return Promise.resolve("lost");
    if (action === "extend") delivery.isKept = true;
    else delivery.isSettling = true;
    return this.#batchFor(action).add(delivery);
  }

  #batchFor(action: BatchAction): Batch {
    const open = this.#batches.findLast((batch) => batch.action === action);
    if (open && !open.isFull) return open;
    if (this.#batches.length === 0) this.#settler.schedule(this);
    const batch = new Batch(action);
    this.#batches.push(batch);
    return batch;
  }

  /** For the settler: what is to be told. */
  takeBatches(): readonly Batch[] {
    const batches = this.#batches;
    this.#batches = [];
    return batches;
  }

  /** For the settler: Redis has heard of it, or it was no longer the consumer's. */
  released(delivery: RedisDelivery): void {
    if (this.#held.get(delivery.messageId) === delivery) this.#held.delete(delivery.messageId);
  }

  /** For the settler: Redis has not heard of it. */
  kept(delivery: RedisDelivery): void {
    delivery.isSettling = false;
  }

  /** Gives back what is not settled; from now on all is lost. Never rejects. */
  async close(): Promise<void> {
    const unsettled = [...this.#held.values()].filter(({ isSettling }) => !isSettling);
    const returning = unsettled.map((delivery) => this.settle(delivery, "reject"));
    this.#isOpen = false;
    await Promise.allSettled(returning);
  }
}
