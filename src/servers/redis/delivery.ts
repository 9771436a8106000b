/**
 * One entry in the hands of a consumer.
 * @module
 */
import type { Delivery, DeliveryResult, MessageHeaders, Settlement } from "../../server.ts";
import type { Entry } from "./entry.ts";
import type { Holding } from "./holding.ts";

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
  readonly #holding: Holding;

  constructor(entry: Entry, holding: Holding) {
    this.payload = entry.payload;
    this.headers = entry.headers;
    this.contentType = entry.contentType;
    this.replyTo = entry.replyTo;
    this.channel = holding.place.channel;
    this.messageId = entry.id;
    this.deliveryCount = entry.deliveries + 1;
    this.leaseInterval = holding.leaseInterval;
    this.#holding = holding;
  }

  settle(action: Settlement): Promise<DeliveryResult> {
    return this.#holding.settle(this.messageId, action);
  }

  extendLease(): Promise<DeliveryResult> {
    return this.#holding.settle(this.messageId, "extend");
  }
}
