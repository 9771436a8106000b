/**
 * The seam between Repid and a message broker.
 *
 * Whoever uses Repid holds a concrete server (`InMemoryServer`, `RedisServer`, …) and calls {@linkcode Server.connect}.
 * Everything else in this file is written for whoever **implements** a server. What is common to all brokers (settling
 * at most once, retries, time limits, decoding, logging, health, middlewares) lives on Repid's side: an adapter does not
 * retry, log or swallow, it throws its client's own errors. `testServer` in `@repid/core/conformance` is the suite that says
 * whether an adapter keeps what is written here.
 * @module
 */
import type { ServerDescription } from "./metadata.ts";

/** Headers as they travel: text only. An absent header reads as `undefined`; one that is `undefined` is not sent. */
export type MessageHeaders = Readonly<Record<string, string | undefined>>;

/** What every message consists of. */
export interface BaseMessage {
  /** The body, never `undefined`; an absent body has length 0. */
  readonly payload: Uint8Array;
  /** The headers; `{}` where there are none. */
  readonly headers: MessageHeaders;
  /** The MIME type of the body. */
  readonly contentType: string | undefined;
  /** The channel on which a reply is expected. */
  readonly replyTo: string | undefined;
}

/** A message about to be published. */
export interface MessageData extends BaseMessage {}

/** What only one broker knows, passed through untouched: `{ maxlen: 1000 }`. */
export type ServerSpecificParameters = Readonly<Record<string, unknown>>;

/** What a consumer may tell the broker about a message. */
export type Settlement = "ack" | "nack" | "reject";

/** Whether a settlement or a lease extension reached the message, or the message belongs to somebody else by now. */
export type DeliveryResult = "done" | "lost";

/**
 * One message handed over by a subscription.
 *
 * Repid calls {@linkcode settle} or {@linkcode reply} at most once with success; it may call again after a failure that
 * {@linkcode Server.isRetriable} calls passing. Both work after {@linkcode Subscription.stop}, until
 * {@linkcode Subscription.close} gives the delivery back to the broker: from then on they answer `"lost"`.
 */
export interface Delivery extends BaseMessage {
  /** The channel's name as it was given to {@linkcode Server.subscribe}, not the broker's address of it. */
  readonly channel: string;
  /** The broker's id of the message; `undefined` where there is none. */
  readonly messageId: string | undefined;
  /** How many times the message was delivered, this time included; `undefined` where the broker does not count. */
  readonly deliveryCount?: number | undefined;
  /** How often {@linkcode extendLease} wants to be called, in milliseconds. Needed where `capabilities.leases`. */
  readonly leaseInterval?: number | undefined;
  /**
   * Tells the broker what became of the message:
   * - `ack`: done, forget it;
   * - `nack`: given up; dead-letter it where the broker can, else forget it;
   * - `reject`: not handled; deliver it again, to anyone.
   *
   * Resolves once the broker has it (or once it is written, where the protocol confirms nothing). Answers `"lost"`,
   * and does nothing, where the connection or lease that delivered the message is gone: it never settles a message
   * that somebody else holds by now. Settlements of one turn of the event loop should leave in one write.
   */
  settle(action: Settlement): Promise<DeliveryResult>;
  /** Keeps the message ours for another lease. Needed where `capabilities.leases`. Calls of one turn should be batched. */
  extendLease?: (() => Promise<DeliveryResult>) | undefined;
  /** Publishes the reply and acknowledges in one step, or does neither. Needed where `capabilities.nativeReply`. */
  reply?:
    | ((
      channel: string,
      message: MessageData,
      parameters: ServerSpecificParameters,
    ) => Promise<DeliveryResult>)
    | undefined;
}

/** A running consumer of some channels. One call of each method at a time, except that `stop` and `close` may interrupt `take`. */
export interface Subscription {
  /** Whether messages would arrive now: links attached, polling alive. Told to health checks; must not lie. */
  readonly isActive: boolean;
  /**
   * Demand: resolves with at least one and at most `max` deliveries, as soon as there is any; with none after `wait`
   * milliseconds without one, or once stopped. Never hands over more than `max`. Takes nothing from the broker before the
   * first call. From then on credit, a batch or an open stream may bring more than was asked for, also between calls, but
   * within a bound: the demand so far, of each channel where channels share none, and what the application lets an
   * adapter read ahead. That is held here, its lease kept where there are leases, until it is handed over or given back,
   * on `stop` at the latest. Fair between channels: a busy one never starves another.
   *
   * Rejects with the client's error when the subscription is broken; Repid then closes it and subscribes anew.
   */
  take(max: number, wait: number): Promise<readonly Delivery[]>;
  /**
   * Takes no more; whatever was taken and not handed over goes back to the broker. A pending `take` resolves with none.
   * What was handed over can still be settled. Repeatable.
   */
  stop(): Promise<void>;
  /**
   * Stops, then lets go of everything the subscription holds. Always settles, within a bound of its own, with the broker
   * up, down or gone half way; deliveries that were not settled go back to the broker. Repeatable.
   */
  close(): Promise<void>;
}

/** Options of {@linkcode Server.subscribe}. */
export interface SubscribeOptions {
  /** Aborted when nobody waits for the subscription any more: give up and reject with its reason. */
  readonly signal?: AbortSignal | undefined;
}

/** An open connection: `await using connection = await server.connect()`. */
export interface Connection extends AsyncDisposable {
  /** Closes it. Repeatable. The server itself disconnects when its last connection is closed. */
  close(): Promise<void>;
}

/** Options of {@linkcode Server.connect}. */
export interface ConnectOptions {
  /** Gives up when aborted, with the signal's reason. */
  readonly signal?: AbortSignal | undefined;
}

/** What a broker can do. The same for a server's whole life. */
export interface Capabilities {
  /** Publishes a reply and acknowledges in one step. */
  readonly nativeReply: boolean;
  /** Takes messages back from consumers that are silent for too long, unless they extend their lease. */
  readonly leases: boolean;
  /** Delivers the messages of a channel in the order in which they were published, to a single consumer. */
  readonly ordered: boolean;
  /** Keeps messages that were given up (`nack`) where they can be looked at. */
  readonly deadLetter: boolean;
  /** A message keeps its id when it is delivered again. */
  readonly stableMessageIds: boolean;
  /** Counts deliveries ({@linkcode Delivery.deliveryCount}). */
  readonly deliveryCounts: boolean;
  /** Messages survive a restart of the broker. */
  readonly durable: boolean;
}

/** A message broker, as Repid sees it. Implement this to connect a broker of your own. */
export interface Server {
  /** The AsyncAPI protocol name, such as `redis`. */
  readonly protocol: string;
  /** The version of the protocol, where it matters. */
  readonly protocolVersion?: string | undefined;
  /** Host and port, for the AsyncAPI document. Never credentials. */
  readonly host: string;
  /** The path, such as a database number or virtual host, for the AsyncAPI document. */
  readonly pathname?: string | undefined;
  /** What the AsyncAPI document says of this server. */
  readonly description?: ServerDescription | undefined;
  /** What the broker can do. */
  readonly capabilities: Capabilities;
  /** Whether the broker can be talked to now. Told to health checks; must not lie. */
  readonly isConnected: boolean;
  /**
   * Connects, or joins the connection that is there: the broker is disconnected when as many connections were closed as
   * were opened ({@linkcode SharedConnection} counts). Rejects with the client's error when the broker cannot be reached.
   */
  connect(options?: ConnectOptions): Promise<Connection>;
  /**
   * Publishes one message; resolves when the broker has accepted it. May be called concurrently; publications of one
   * turn should leave in one write. Bytes in `message.payload` are not changed after the call.
   *
   * @throws {NotConnectedError} If nobody has connected.
   * @throws {TypeError} If `parameters` hold what the broker cannot take.
   */
  publish(channel: string, message: MessageData, parameters: ServerSpecificParameters): Promise<void>;
  /**
   * Starts to consume, re-establishing a connection that was lost. Takes nothing until {@linkcode Subscription.take}.
   *
   * @throws {NotConnectedError} If nobody has connected.
   */
  subscribe(channels: readonly string[], options?: SubscribeOptions): Promise<Subscription>;
  /** Whether trying again may help: a lost connection yes, wrong credentials no. Must answer for any value. */
  isRetriable(error: unknown): boolean;
}
