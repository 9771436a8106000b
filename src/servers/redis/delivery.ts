/**
 * One entry in the hands of a consumer.
 * @module
 */
import type { Delivery, DeliveryResult, MessageHeaders, Settlement } from "../../contract/server.ts";
import type { ChannelKeys } from "./channel_keys.ts";
import { fromRaw, type RawEntry } from "./entry.ts";

/** What can be done with a message that the consumer holds. `return`: it was never handed over, and this delivery does not count. */
export type BatchAction = Settlement | "return" | "extend";

/** The consumer that holds a delivery. */
export interface DeliveryHolder {
  readonly keys: ChannelKeys;
  /** How often leases have to be extended, in milliseconds. */
  readonly leaseInterval: number;
  /** Does something with an entry if the consumer still holds it. */
  settle(delivery: RedisDelivery, action: BatchAction): Promise<DeliveryResult>;
  /** The entry came into the consumer's hands. */
  hold(delivery: RedisDelivery): void;
  /** The entry is no longer in the consumer's hands. */
  settled(delivery: RedisDelivery): void;
}

/** A message from a stream. */
export class RedisDelivery implements Delivery {
  readonly payload: Uint8Array;
  readonly headers: MessageHeaders;
  readonly contentType: string | undefined;
  readonly replyTo: string | undefined;
  readonly channel: string;
  readonly messageId: string;
  readonly deliveryCount: number;
  readonly leaseInterval: number;
  /** Whether its settlement is under way. Only the holder writes this and what follows. */
  isSettling = false;
  /** Whether its lease was extended. */
  isKept = false;
  /** Whether the same entry was delivered again meanwhile. */
  isLost = false;
  readonly #holder: DeliveryHolder;

  constructor(raw: RawEntry, holder: DeliveryHolder) {
    const entry = fromRaw(raw);
    this.payload = entry.payload;
    this.headers = entry.headers;
    this.contentType = entry.contentType;
    this.replyTo = entry.replyTo;
    this.channel = holder.keys.channel;
    this.messageId = entry.id;
    this.deliveryCount = entry.deliveries + 1;
    this.leaseInterval = holder.leaseInterval;
    this.#holder = holder;
  }

  settle(action: Settlement): Promise<DeliveryResult> {
    return this.#holder.settle(this, action);
  }

  /** The consumer holds it from now on. */
  hold(): void {
    this.#holder.hold(this);
  }

  /** Returns a message that was not handed over. This delivery does not count. */
  giveBack(): Promise<DeliveryResult> {
    return this.#holder.settle(this, "return");
  }

  /** Another consumer has it now. */
  forget(): void {
    this.#holder.settled(this);
  }

  extendLease(): Promise<DeliveryResult> {
    return this.#holder.settle(this, "extend");
  }
}
