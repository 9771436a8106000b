/**
 * One entry in the hands of a consumer.
 * @module
 */
import type { Delivery, DeliveryResult, MessageHeaders, Settlement } from "../../contract/server.ts";
import { fromRaw, type RawEntry } from "./entry.ts";
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
  /** Whether its settlement is under way. The holding alone may touch this and what follows. */
  isSettling = false;
  /** Whether anybody has extended its lease. */
  isKept = false;
  /** Whether the entry has come again meanwhile. */
  isLost = false;
  readonly #holding: Holding;

  constructor(raw: RawEntry, holding: Holding) {
    const entry = fromRaw(raw);
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
    return this.#holding.settle(this, action);
  }

  /** It is in the consumer's hands from now on. */
  hold(): void {
    this.#holding.hold(this);
  }

  /** It was not handed over: it goes back, and this delivery does not count. */
  giveBack(): Promise<DeliveryResult> {
    return this.#holding.settle(this, "return");
  }

  /** Somebody else has it by now. */
  forget(): void {
    this.#holding.released(this);
  }

  extendLease(): Promise<DeliveryResult> {
    return this.#holding.settle(this, "extend");
  }
}
