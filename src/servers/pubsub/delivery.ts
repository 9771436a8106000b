/**
 * One message that is ours for a while.
 * @module
 */
import type { Delivery, DeliveryResult, MessageHeaders, Settlement } from "../../contract/server.ts";
import type { ReceivedMessage } from "./protocol.ts";
import type { Item, Verdict } from "./control.ts";

/** What a delivery needs of its subscription. */
export interface DeliveryOwner {
  readonly leaseInterval: number;
  settle(delivery: PubsubDelivery, settlement: Settlement): Promise<DeliveryResult>;
  extend(delivery: PubsubDelivery): Promise<DeliveryResult>;
  /** A settlement was sent, or may be sent again. */
  settled(delivery: PubsubDelivery, isTold: boolean): void;
}

/** The wire's words for settlements: deadlines in seconds from now. */
export const VERDICTS: Readonly<Record<Settlement, Verdict>> = { ack: "ack", nack: 0, reject: 1 };

/** A message as it came, and until when it is ours. Its subscription keeps what changes. */
export class PubsubDelivery implements Delivery, Item {
  readonly channel: string;
  readonly payload: Uint8Array;
  readonly headers: MessageHeaders;
  readonly contentType: string | undefined;
  readonly replyTo: string | undefined;
  readonly messageId: string | undefined;
  readonly deliveryCount: number | undefined;
  readonly ackId: string;
  readonly orderingKey: string;
  /** When the lease ends, on the clock of the subscription. */
  expires: number;
  /** Whether it was returned while it waited. */
  isGone = false;
  readonly #owner: DeliveryOwner;

  constructor(owner: DeliveryOwner, channel: string, received: ReceivedMessage, expires: number) {
    const { ackId, message, deliveryAttempt } = received;
    const attributes = message?.attributes ?? {};
    const headers: Record<string, string | undefined> = {};
    for (const name in attributes) {
      if (name !== "content_type" && name !== "reply_to") headers[name] = attributes[name];
    }
    const data = message?.data ?? new Uint8Array();
    this.#owner = owner;
    this.channel = channel;
    // The bytes may be a runtime's own kind of array.
    this.payload = new Uint8Array(data.buffer, data.byteOffset, data.byteLength);
    this.headers = headers;
    this.contentType = attributes["content_type"] || undefined;
    this.replyTo = attributes["reply_to"] || undefined;
    this.messageId = message?.messageId || undefined;
    this.deliveryCount = deliveryAttempt || undefined;
    this.ackId = ackId;
    this.orderingKey = message?.orderingKey ?? "";
    this.expires = expires;
  }

  get leaseInterval(): number {
    return this.#owner.leaseInterval;
  }

  settle(settlement: Settlement): Promise<DeliveryResult> {
    return this.#owner.settle(this, settlement);
  }

  told(isTold: boolean): void {
    this.#owner.settled(this, isTold);
  }

  extendLease(): Promise<DeliveryResult> {
    return this.#owner.extend(this);
  }
}
