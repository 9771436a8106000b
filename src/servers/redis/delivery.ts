/**
 * One entry in the hands of a consumer.
 * @module
 */
import type { Delivery, DeliveryResult, MessageHeaders, Settlement } from "../../server.ts";
import type { Entry } from "./entry.ts";
import type { SettlerAction } from "./settler.ts";

/** What a delivery needs of its subscription. */
export interface RedisDeliveryOptions {
  readonly channel: string;
  readonly leaseInterval: number;
  /** Which entry of which stream. */
  readonly key: string;
  /** Does something with the entry, if it is ours still. */
  readonly tell: (action: SettlerAction) => Promise<DeliveryResult>;
  /** The entry is no longer in anybody's hands. */
  readonly release: () => void;
  /** Whether the subscription still stands for what it handed over. */
  readonly isOpen: () => boolean;
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
  /** Which entry of which stream. */
  readonly key: string;
  readonly #options: RedisDeliveryOptions;

  constructor(entry: Entry, options: RedisDeliveryOptions) {
    this.payload = entry.payload;
    this.headers = entry.headers;
    this.contentType = entry.contentType;
    this.replyTo = entry.replyTo;
    this.channel = options.channel;
    this.messageId = entry.id;
    this.deliveryCount = entry.putBacks + 1;
    this.leaseInterval = options.leaseInterval;
    this.key = options.key;
    this.#options = options;
  }

  async settle(action: Settlement): Promise<DeliveryResult> {
    const { isOpen, tell, release } = this.#options;
    if (!isOpen()) return "lost";
    const result = await tell(action);
    release();
    return result;
  }

  async extendLease(): Promise<DeliveryResult> {
    const { isOpen, tell } = this.#options;
    return isOpen() ? await tell("extend") : "lost";
  }

  /** For the subscription itself, when it closes. */
  giveBack(action: SettlerAction): Promise<DeliveryResult> {
    return this.#options.tell(action);
  }
}
