/**
 * Consuming from queues in this process.
 * @module
 */
import { copiedBytes } from "../../_internal/copied_bytes.ts";
import { systemClock, type Timer } from "../../_internal/clock.ts";
import type { Deque } from "../../_internal/deque.ts";
import type {
  BaseMessage,
  Delivery,
  DeliveryResult,
  MessageData,
  MessageHeaders,
  Settlement,
  Subscription,
} from "../../contract/server.ts";

/** A message in a queue. */
export interface Entry extends BaseMessage {
  readonly id: string;
  deliveryCount: number;
}

const DONE: Promise<DeliveryResult> = Promise.resolve("done");
const LOST: Promise<DeliveryResult> = Promise.resolve("lost");

/** What a subscription needs from its server. */
export interface Broker {
  readonly queueOf: (channel: string) => Deque<Entry>;
  readonly settle: (channel: string, entry: Entry, settlement: Settlement) => void;
  readonly reply: (channel: string, message: MessageData) => void;
  readonly closed: () => void;
}

/** A `take` that waits for messages. */
interface Waiter {
  readonly max: number;
  readonly timer: Timer;
  readonly resolve: (deliveries: readonly Delivery[]) => void;
}

/** Takes from some queues. */
export class MemorySubscription implements Subscription {
  readonly #broker: Broker;
  readonly #channels: readonly string[];
  /** The channel that comes first next time. */
  #turn = 0;
  #stopped = false;
  #closed = false;
  #waiter: Waiter | undefined;
  readonly #inFlight = new Set<MemoryDelivery>();

  constructor(channels: readonly string[], broker: Broker) {
    this.#channels = channels;
    this.#broker = broker;
  }

  get isActive(): boolean {
    return !this.#stopped;
  }

  take(max: number, wait: number): Promise<readonly Delivery[]> {
    if (this.#stopped) return Promise.resolve([]);
    const deliveries = this.#collect(max);
    if (deliveries.length > 0) return Promise.resolve(deliveries);
    return new Promise((resolve) => {
      const timer = systemClock.schedule(wait, () => this.#answer([]));
      this.#waiter = { max, timer, resolve };
    });
  }

  /** Called when there may be messages. */
  wake(): void {
    if (!this.#waiter) return;
    const deliveries = this.#collect(this.#waiter.max);
    if (deliveries.length > 0) this.#answer(deliveries);
  }

  stop(): Promise<void> {
    this.#stopped = true;
    this.#answer([]);
    return Promise.resolve();
  }

  async close(): Promise<void> {
    if (this.#closed) return;
    this.#closed = true;
    await this.stop();
    const unsettled = Map.groupBy(this.#inFlight, ({ channel }) => channel);
    for (const [channel, deliveries] of unsettled) {
      this.#broker.queueOf(channel).unshift(deliveries.map(({ entry }) => entry));
    }
    this.#inFlight.clear();
    this.#broker.closed();
  }

  /** Whether the delivery has not been settled or given back. */
  holds(delivery: MemoryDelivery): boolean {
    return this.#inFlight.has(delivery);
  }

  /** Lets go of a delivery. Answers whether it had not been settled or given back. */
  release(delivery: MemoryDelivery): boolean {
    return this.#inFlight.delete(delivery);
  }

  settle(delivery: MemoryDelivery, settlement: Settlement): void {
    this.#broker.settle(delivery.channel, delivery.entry, settlement);
  }

  reply(channel: string, message: MessageData): void {
    this.#broker.reply(channel, message);
  }

  #answer(deliveries: readonly Delivery[]): void {
    const waiter = this.#waiter;
    this.#waiter = undefined;
    systemClock.cancel(waiter?.timer);
    waiter?.resolve(deliveries);
  }

  /** One message of each channel in turn, until there are enough or none is left. */
  #collect(max: number): Delivery[] {
    const deliveries: Delivery[] = [];
    const { length } = this.#channels;
    for (let empty = 0; deliveries.length < max && empty < length; this.#turn = (this.#turn + 1) % length) {
      const channel = this.#channels[this.#turn] ?? "";
      const entry = this.#broker.queueOf(channel).shift();
      empty = entry ? 0 : empty + 1;
      if (entry) deliveries.push(this.#handOver(channel, entry));
    }
    return deliveries;
  }

  #handOver(channel: string, entry: Entry): Delivery {
    entry.deliveryCount++;
    const delivery = new MemoryDelivery(channel, entry, this);
    this.#inFlight.add(delivery);
    return delivery;
  }
}

class MemoryDelivery implements Delivery {
  readonly channel: string;
  readonly entry: Entry;
  readonly payload: Uint8Array;
  readonly headers: MessageHeaders;
  readonly contentType: string | undefined;
  readonly replyTo: string | undefined;
  readonly messageId: string;
  readonly deliveryCount: number;
  readonly #subscription: MemorySubscription;

  constructor(channel: string, entry: Entry, subscription: MemorySubscription) {
    this.channel = channel;
    this.entry = entry;
    // Copies: the entry stays as it was published, for the case that it is redelivered.
    this.payload = copiedBytes(entry.payload);
    this.headers = { ...entry.headers };
    this.contentType = entry.contentType;
    this.replyTo = entry.replyTo;
    this.messageId = entry.id;
    this.deliveryCount = entry.deliveryCount;
    this.#subscription = subscription;
  }

  settle(settlement: Settlement): Promise<DeliveryResult> {
    if (!this.#subscription.holds(this)) return LOST;
    try {
      this.#subscription.settle(this, settlement);
    } catch (error) {
      // The application's own function names the dead-letter channel, and may fail: the message is still in hand.
      return Promise.reject(error);
    }
    this.#subscription.release(this);
    return DONE;
  }

  reply(channel: string, message: MessageData): Promise<DeliveryResult> {
    if (!this.#subscription.release(this)) return LOST;
    this.#subscription.reply(channel, message);
    return DONE;
  }
}
