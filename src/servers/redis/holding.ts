/**
 * What one consumer holds of one channel.
 * @module
 */
import type { DeliveryResult } from "../../contract/server.ts";
import type { BatchAction, DeliveryHolder, RedisDelivery } from "./delivery.ts";
import { type ChannelKeys, isGroupMissing } from "./channel_keys.ts";
import { Batch } from "./batch.ts";

/** What a holding belongs to. */
export interface HoldingOptions {
  readonly keys: ChannelKeys;
  readonly consumer: string;
  /** How often leases have to be extended, in milliseconds. */
  readonly leaseInterval: number;
  /** Creates the stream and its group if they do not exist. */
  readonly createGroup: () => Promise<void>;
  /** Called when there are batches to take. */
  readonly schedule: (holding: Holding) => void;
}

/** Knows which entries a consumer holds, and collects what to send to Redis about them. */
export class Holding implements DeliveryHolder {
  readonly keys: ChannelKeys;
  readonly consumer: string;
  readonly leaseInterval: number;
  readonly #schedule: (holding: Holding) => void;
  readonly #createGroup: () => Promise<void>;
  readonly #held = new Map<string, RedisDelivery>();
  /** What is to be sent, in the order of its first messages. */
  #batches: Batch[] = [];
  #isOpen = true;

  constructor({ keys, consumer, leaseInterval, createGroup, schedule }: HoldingOptions) {
    this.#schedule = schedule;
    this.keys = keys;
    this.consumer = consumer;
    this.leaseInterval = leaseInterval;
    this.#createGroup = createGroup;
  }

  /** What reading answers. If the group does not exist any more, it is created again, and the answer is nothing. */
  async recreatingGroup<T>(reading: Promise<readonly T[]>): Promise<readonly T[]> {
    try {
      return await reading;
    } catch (error) {
      if (!isGroupMissing(error)) throw error;
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
   * Whether it is in the consumer's hands. One whose settlement is under way is not: it may have been rejected, and come
   * again before the answer to that.
   */
  has(id: string): boolean {
    return this.#held.get(id)?.isSettling === false;
  }

  /** Whether the consumer holds it and extends its lease: then it must not be handed over again, not even to this consumer. */
  keeps(id: string): boolean {
    return this.has(id) && this.#held.get(id)?.isKept === true;
  }

  /** Does something with an entry if the consumer still holds it. */
  settle(delivery: RedisDelivery, action: BatchAction): Promise<DeliveryResult> {
    if (!this.#isOpen || delivery.isLost) return Promise.resolve("lost");
    if (action === "extend") delivery.isKept = true;
    else delivery.isSettling = true;
    return this.#batchFor(action).add(delivery);
  }

  #batchFor(action: BatchAction): Batch {
    const open = this.#batches.findLast((batch) => batch.action === action);
    if (open && !open.isFull) return open;
    if (this.#batches.length === 0) this.#schedule(this);
    const batch = new Batch(action);
    this.#batches.push(batch);
    return batch;
  }

  /** What is to be sent to Redis. */
  takeBatches(): readonly Batch[] {
    const batches = this.#batches;
    this.#batches = [];
    return batches;
  }

  /** Redis has settled it, or it was no longer the consumer's. */
  settled(delivery: RedisDelivery): void {
    if (this.#held.get(delivery.messageId) === delivery) this.#held.delete(delivery.messageId);
  }

  /** Redis has not settled it. */
  settleFailed(delivery: RedisDelivery): void {
    delivery.isSettling = false;
  }

  /** Returns what is not settled. From now on every settlement is `lost`. Never rejects. */
  async close(): Promise<void> {
    const unsettled = [...this.#held.values()].filter(({ isSettling }) => !isSettling);
    const returning = unsettled.map((delivery) => this.settle(delivery, "reject"));
    this.#isOpen = false;
    await Promise.allSettled(returning);
  }
}
