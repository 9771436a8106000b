/**
 * The broker that needs none: queues in this process. For tests, for development, and for work that may be lost with the
 * process.
 * @module
 */
import { systemClock, type Timer } from "../_internal/clock.ts";
import { Deque } from "../_internal/deque.ts";
import { SharedConnection } from "../connection.ts";
import type { ServerDescription } from "../metadata.ts";
import type {
  BaseMessage,
  Capabilities,
  Connection,
  ConnectOptions,
  Delivery,
  DeliveryResult,
  MessageData,
  MessageHeaders,
  Server,
  ServerSpecificParameters,
  Settlement,
  Subscription,
} from "../server.ts";

/** Options of {@linkcode InMemoryServer}. */
export interface InMemoryServerOptions {
  /** The channel that messages go to when they are nacked; a function is asked with the channel they were on. Defaults to none: they are dropped. */
  readonly deadLetterChannel?: string | ((channel: string) => string);
  /** What the AsyncAPI document says of it. */
  readonly description?: ServerDescription;
}

/** What {@linkcode InMemoryServer} takes as `serverSpecificParameters`; others are ignored, as it stands in for any broker. */
export interface InMemoryParameters {
  /** The message's id. Defaults to a random UUID. */
  readonly message_id?: string;
}

interface Entry extends BaseMessage {
  readonly id: string;
  deliveryCount: number;
}

const DONE: Promise<DeliveryResult> = Promise.resolve("done");
const LOST: Promise<DeliveryResult> = Promise.resolve("lost");

/**
 * Queues in this process: one per channel, first in, first out. They live as long as the object, connected or not.
 *
 * `reject` puts a message at the end of its queue; `nack` drops it, or moves it to the dead-letter channel.
 *
 * @example
 * ```ts
 * import { InMemoryServer, Repid } from "@repid/core";
 *
 * const app = new Repid();
 * app.servers.register("memory", new InMemoryServer({ deadLetterChannel: "dead" }));
 * ```
 */
export class InMemoryServer implements Server {
  /** The AsyncAPI protocol name. */
  readonly protocol = "in-memory";
  /** The version of the protocol. */
  readonly protocolVersion = "1.0.0";
  /** Where it is. */
  readonly host = "localhost";
  /** What the AsyncAPI document says of it. */
  readonly description: ServerDescription | undefined;
  /** What it can do. */
  readonly capabilities: Capabilities;
  readonly #deadLetterChannel: InMemoryServerOptions["deadLetterChannel"];
  readonly #queues = new Map<string, Deque<Entry>>();
  readonly #subscriptions = new Set<MemorySubscription>();
  readonly #shared = new SharedConnection({ open: () => Promise.resolve(), shut: () => Promise.resolve() });
  #waking = false;

  /** With empty queues. */
  constructor(options: InMemoryServerOptions = {}) {
    const { deadLetterChannel, description } = options;
    this.#deadLetterChannel = deadLetterChannel;
    this.description = description;
    this.capabilities = Object.freeze({
      nativeReply: true,
      leases: false,
      ordered: true,
      deadLetter: deadLetterChannel !== undefined,
      stableMessageIds: true,
      deliveryCounts: true,
      durable: false,
    });
  }

  /** Whether anybody has connected. */
  get isConnected(): boolean {
    return this.#shared.inUse;
  }

  /** Joins; there is nothing to wait for. */
  connect(options?: ConnectOptions): Promise<Connection> {
    return this.#shared.connect(options);
  }

  /** How many messages wait on a channel, those being handled not included. */
  size(channel: string): number {
    return this.#queues.get(channel)?.size ?? 0;
  }

  /** Puts a message at the end of its queue. See {@linkcode InMemoryParameters}. */
  publish(channel: string, message: MessageData, parameters: ServerSpecificParameters): Promise<void> {
    try {
      this.#shared.assertInUse("publish");
      this.#enqueue(channel, message, toId(parameters));
      return Promise.resolve();
    } catch (error) {
      return Promise.reject(error);
    }
  }

  /** Starts to consume. */
  subscribe(channels: readonly string[]): Promise<Subscription> {
    try {
      this.#shared.assertInUse("subscribe");
    } catch (error) {
      return Promise.reject(error);
    }
    const subscription = new MemorySubscription(channels, {
      queueOf: (channel) => this.#queueOf(channel),
      settle: (channel, entry, settlement) => this.#settle(channel, entry, settlement),
      reply: (channel, message) => this.#enqueue(channel, message, crypto.randomUUID()),
      closed: () => {
        this.#subscriptions.delete(subscription);
        this.#wake();
      },
    });
    this.#subscriptions.add(subscription);
    return Promise.resolve(subscription);
  }

  /** Nothing here gets better by trying again. */
  isRetriable(_error: unknown): boolean {
    return false;
  }

  #enqueue(channel: string, message: BaseMessage, id: string): void {
    const { payload, headers, contentType, replyTo } = message;
    this.#queueOf(channel).push({ payload, headers, contentType, replyTo, id, deliveryCount: 0 });
    this.#wake();
  }

  #settle(channel: string, entry: Entry, settlement: Settlement): void {
    if (settlement === "reject") {
      this.#queueOf(channel).push(entry);
      this.#wake();
    }
    const dead = this.#deadLetterChannel;
    if (settlement === "nack" && dead !== undefined) {
      this.#enqueue(typeof dead === "string" ? dead : dead(channel), entry, entry.id);
    }
  }

  #queueOf(channel: string): Deque<Entry> {
    const known = this.#queues.get(channel);
    if (known) return known;
    const queue = new Deque<Entry>();
    this.#queues.set(channel, queue);
    return queue;
  }

  /** Once per turn, so that what is published together is taken together. */
  #wake(): void {
    if (this.#waking || this.#subscriptions.size === 0) return;
    this.#waking = true;
    queueMicrotask(() => {
      this.#waking = false;
      for (const subscription of this.#subscriptions) subscription.wake();
    });
  }
}

/** What a subscription needs of its server. */
interface Broker {
  readonly queueOf: (channel: string) => Deque<Entry>;
  readonly settle: (channel: string, entry: Entry, settlement: Settlement) => void;
  readonly reply: (channel: string, message: MessageData) => void;
  readonly closed: () => void;
}

/** Somebody who waits for messages. */
interface Waiter {
  readonly max: number;
  readonly timer: Timer;
  readonly resolve: (deliveries: readonly Delivery[]) => void;
}

class MemorySubscription implements Subscription {
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

  /** There may be messages now. */
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

  /** Answers whether the delivery was still ours; it is no longer. */
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
    this.payload = entry.payload;
    this.headers = entry.headers;
    this.contentType = entry.contentType;
    this.replyTo = entry.replyTo;
    this.messageId = entry.id;
    this.deliveryCount = entry.deliveryCount;
    this.#subscription = subscription;
  }

  settle(settlement: Settlement): Promise<DeliveryResult> {
    if (!this.#subscription.release(this)) return LOST;
    this.#subscription.settle(this, settlement);
    return DONE;
  }

  reply(channel: string, message: MessageData): Promise<DeliveryResult> {
    if (!this.#subscription.release(this)) return LOST;
    this.#subscription.reply(channel, message);
    return DONE;
  }
}

function toId(parameters: ServerSpecificParameters): string {
  const { message_id: id } = parameters;
  if (id === undefined) return crypto.randomUUID();
  if (typeof id === "string" && id !== "") return id;
  throw new TypeError(`Cannot publish as message_id is not a non-empty string: ${String(id)}`);
}
