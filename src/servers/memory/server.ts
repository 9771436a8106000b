/**
 * A broker in this process. For tests, for development, and for work that may be lost with the process.
 * @module
 */
import { copiedBytes } from "../../_internal/copied_bytes.ts";
import { Deque } from "../../_internal/deque.ts";
import { type KnownOptions, refuseUnknown } from "../../_internal/known_options.ts";
import { type KnownParameters, toKnownParameters } from "../../_internal/server_parameters.ts";
import { toChannel } from "../../contract/channel.ts";
import { SharedConnection } from "../../contract/connection.ts";
import type { ServerDescription } from "../../contract/metadata.ts";
import { type Entry, MemorySubscription } from "./subscription.ts";
import type {
  BaseMessage,
  Capabilities,
  Connection,
  ConnectOptions,
  MessageData,
  MessageHeaders,
  Server,
  ServerSpecificParameters,
  Settlement,
  SubscribeOptions,
  Subscription,
} from "../../contract/server.ts";

/** Options of {@linkcode InMemoryServer}. */
export interface InMemoryServerOptions {
  /** The channel that messages go to when they are nacked; a function is asked with the channel they were on. Defaults to none: they are dropped. */
  readonly deadLetterChannel?: string | ((channel: string) => string) | undefined;
  /** What the AsyncAPI document says of it. */
  readonly description?: ServerDescription | undefined;
}

const OPTIONS: KnownOptions<InMemoryServerOptions> = { deadLetterChannel: true, description: true };

/** What {@linkcode InMemoryServer} takes as `serverSpecificParameters`. Python's name, `message_id`, means the same. */
export interface InMemoryParameters {
  /** The message's id. Defaults to a random UUID. */
  readonly messageId?: string | undefined;
}

const PARAMETERS: KnownParameters<InMemoryParameters> = {
  messageId: {
    accepts: (value) => typeof value === "string" && value !== "",
    expected: "a non-empty string",
  },
};
const PYTHON_NAMES = { message_id: "messageId" } as const;

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

  /**
   * With empty queues.
   *
   * @throws {TypeError} If an option is not known, or the dead-letter channel has no name.
   */
  constructor(options: InMemoryServerOptions = {}) {
    refuseUnknown("make an in-memory server", options, OPTIONS);
    const { deadLetterChannel, description } = options;
    if (typeof deadLetterChannel !== "function" && deadLetterChannel !== undefined) {
      toChannel(deadLetterChannel);
    }
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

  /** Whether a connection is open. */
  get isConnected(): boolean {
    return this.#shared.inUse;
  }

  /** Opens a connection; there is nothing to wait for. */
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
      const { messageId = crypto.randomUUID() } = toKnownParameters(
        "the in-memory server",
        parameters,
        PARAMETERS,
        PYTHON_NAMES,
      );
      this.#enqueue(channel, message, messageId);
      return Promise.resolve();
    } catch (error) {
      return Promise.reject(error);
    }
  }

  /** Starts to consume. */
  subscribe(channels: readonly string[], { signal }: SubscribeOptions = {}): Promise<Subscription> {
    try {
      this.#shared.assertInUse("subscribe");
      signal?.throwIfAborted();
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

  /** Always `false`: trying again does not help. */
  isRetriable(_error: unknown): boolean {
    return false;
  }

  #enqueue(channel: string, message: BaseMessage, id: string): void {
    const { contentType, replyTo } = message;
    // Copies: the sender may use its objects again.
    const headers = withoutUndefined(message.headers);
    const payload = copiedBytes(message.payload);
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
      const { address } = toChannel(typeof dead === "string" ? dead : dead(channel));
      this.#enqueue(address, entry, entry.id);
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

/** A copy. Spreading is the fast way; few messages have a header that is undefined. */
function withoutUndefined(headers: MessageHeaders): MessageHeaders {
  for (const name in headers) {
    if (headers[name] === undefined) {
      return Object.fromEntries(Object.entries(headers).filter(([, value]) => value !== undefined));
    }
  }
  return { ...headers };
}
