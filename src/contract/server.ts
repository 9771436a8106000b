/**
 * The interface between Repid and a message broker.
 *
 * Applications create a concrete server (`InMemoryServer`, `RedisServer`, …) and call {@linkcode Server.connect}. Everything
 * else in this file addresses authors of servers. Repid does what is common to all brokers: settling at most once, retries,
 * time limits, decoding, logging, health and middlewares. A server does not retry, log or swallow errors: it throws the
 * errors of its client. `testServer` of `@repid/core/conformance` tests whether a server does what is written here.
 * @module
 */
import type { ServerDescription } from "./metadata.ts";

/** Headers: text only. A header that is absent reads as `undefined`; one that is `undefined` is not sent. */
export type MessageHeaders = Readonly<Record<string, string | undefined>>;

/** The parts of every message. */
export interface BaseMessage {
  /** The body. Never `undefined`: a message without a body has one of length 0. */
  readonly payload: Uint8Array;
  /** The headers; `{}` if there are none. */
  readonly headers: MessageHeaders;
  /** The MIME type of the body. */
  readonly contentType: string | undefined;
  /** The channel on which the sender expects a reply. */
  readonly replyTo: string | undefined;
}

/** A message to be published. */
export interface MessageData extends BaseMessage {}

/** Parameters that only one broker knows, passed to it as they are: `{ maxLength: 1000 }`. */
export type ServerSpecificParameters = Readonly<Record<string, unknown>>;

/** How a consumer settles a message. */
export type Settlement = "ack" | "nack" | "reject";

/** `"done"`, or `"lost"` if the lease or connection that delivered the message is gone. */
export type DeliveryResult = "done" | "lost";

/**
 * One message delivered by a subscription.
 *
 * After {@linkcode settle} or {@linkcode reply} succeeded, Repid calls neither of them again. After a failure it calls again
 * only if {@linkcode Server.isRetriable} returns `true` for the error. Both work after {@linkcode Subscription.stop}, until
 * {@linkcode Subscription.close} returns the message to the broker. After that they resolve to `"lost"`.
 */
export interface Delivery extends BaseMessage {
  /** The channel's name as it was passed to {@linkcode Server.subscribe}, not the broker's address of it. */
  readonly channel: string;
  /** The broker's id of the message; `undefined` if there is none. */
  readonly messageId: string | undefined;
  /** How many times the message was delivered, including this time; `undefined` if the broker does not count. */
  readonly deliveryCount?: number | undefined;
  /** How often Repid calls {@linkcode extendLease}, in milliseconds. Required if `capabilities.leases`. */
  readonly leaseInterval?: number | undefined;
  /**
   * Settles the message:
   * - `ack`: it was handled; the broker forgets it;
   * - `nack`: it failed; the broker dead-letters it if it can, otherwise it forgets it;
   * - `reject`: it was not handled; the broker redelivers it, to any consumer.
   *
   * Resolves once the broker has confirmed it, or once it is written if the protocol has no confirmation. If the connection
   * or lease that delivered the message is gone, it does nothing and resolves to `"lost"`: it must never settle a message
   * that another consumer has by now. Settlements of one turn of the event loop should leave in one write.
   */
  settle(action: Settlement): Promise<DeliveryResult>;
  /** Extends the lease. Required if `capabilities.leases`. Calls of one turn of the event loop should be batched. */
  extendLease?: (() => Promise<DeliveryResult>) | undefined;
  /** Publishes the reply and acknowledges in one step, or does neither. Required if `capabilities.nativeReply`. */
  reply?:
    | ((
      channel: string,
      message: MessageData,
      parameters: ServerSpecificParameters,
    ) => Promise<DeliveryResult>)
    | undefined;
}

/** A running consumer of some channels. Repid calls one method at a time, except that `stop` and `close` may interrupt `take`. */
export interface Subscription {
  /** Whether messages can arrive now: links attached, polling alive. Health checks report it, so it must be true. */
  readonly isActive: boolean;
  /**
   * Resolves with 1 to `max` deliveries as soon as there is one; with none after `wait` milliseconds without a message, or
   * after a stop. It must take nothing from the broker before the first call, and must be fair between channels: a busy
   * channel must not starve another.
   *
   * After the first call the server may prefetch, also between calls, but within a bound: the demand so far (of each channel
   * if channels share no demand) plus what the application lets it read ahead. It keeps the leases of prefetched messages
   * and returns those messages to the broker on `stop` at the latest.
   *
   * Rejects with the client's error if the subscription is broken; Repid then closes it and subscribes again.
   */
  take(max: number, wait: number): Promise<readonly Delivery[]>;
  /**
   * Takes no more messages, and returns prefetched ones to the broker. A pending `take` resolves with none. Delivered
   * messages can still be settled. May be called repeatedly.
   */
  stop(): Promise<void>;
  /**
   * Stops, then releases everything that the subscription holds. Deliveries that were not settled return to the broker. It
   * must settle within a bound of its own, whether the broker is up, down, or goes down meanwhile. May be called repeatedly.
   */
  close(): Promise<void>;
}

/** Options of {@linkcode Server.subscribe}. */
export interface SubscribeOptions {
  /** Aborted when the subscription is no longer wanted: stop trying, and reject with its reason. */
  readonly signal?: AbortSignal | undefined;
}

/** An open connection: `await using connection = await server.connect()`. */
export interface Connection extends AsyncDisposable {
  /** Closes it. May be called repeatedly. The server disconnects when its last connection is closed. */
  close(): Promise<void>;
}

/** Options of {@linkcode Server.connect}. */
export interface ConnectOptions {
  /** Stops connecting when aborted, and rejects with the signal's reason. */
  readonly signal?: AbortSignal | undefined;
}

/** What a broker can do. Must not change while the server exists. */
export interface Capabilities {
  /** Publishes a reply and acknowledges in one step. */
  readonly nativeReply: boolean;
  /** Redelivers a message when its lease expires, unless the consumer extends the lease. */
  readonly leases: boolean;
  /** Delivers the messages of a channel to a single consumer in the order in which they were published. */
  readonly ordered: boolean;
  /** Dead-letters messages that were nacked, so that you can inspect them. */
  readonly deadLetter: boolean;
  /** A message keeps its id when it is redelivered. */
  readonly stableMessageIds: boolean;
  /** Counts deliveries ({@linkcode Delivery.deliveryCount}). */
  readonly deliveryCounts: boolean;
  /** Messages survive a restart of the broker. */
  readonly durable: boolean;
}

/** A message broker. Implement this to connect another broker. */
export interface Server {
  /** The AsyncAPI protocol name, such as `redis`. */
  readonly protocol: string;
  /** The version of the protocol, if it matters. */
  readonly protocolVersion?: string | undefined;
  /** Host and port, for the AsyncAPI document. Never credentials. */
  readonly host: string;
  /** The path, such as a database number or virtual host, for the AsyncAPI document. */
  readonly pathname?: string | undefined;
  /** How the AsyncAPI document describes this server. */
  readonly description?: ServerDescription | undefined;
  /** What the broker can do. */
  readonly capabilities: Capabilities;
  /** Whether the broker can be reached now. Health checks report it, so it must be true. */
  readonly isConnected: boolean;
  /**
   * Connects, or shares the connection that is already open. The server disconnects when every connection is closed;
   * {@linkcode SharedConnection} counts them. Rejects with the client's error if the broker cannot be reached.
   */
  connect(options?: ConnectOptions): Promise<Connection>;
  /**
   * Publishes one message; resolves when the broker has accepted it. May be called concurrently; publications of one turn
   * of the event loop should leave in one write. Repid does not change the bytes of `message.payload` after the call.
   *
   * @throws {NotConnectedError} If the server is not connected.
   * @throws {TypeError} If a parameter is unknown or has the wrong shape.
   */
  publish(channel: string, message: MessageData, parameters: ServerSpecificParameters): Promise<void>;
  /**
   * Starts to consume; reconnects first if the connection was lost. Takes nothing until {@linkcode Subscription.take}.
   *
   * @throws {NotConnectedError} If the server is not connected.
   */
  subscribe(channels: readonly string[], options?: SubscribeOptions): Promise<Subscription>;
  /** Whether a retry may succeed: `true` for a lost connection, `false` for wrong credentials. Must accept any value. */
  isRetriable(error: unknown): boolean;
}
