/**
 * What can be said of a message to AMQP brokers only.
 * @module
 */
import type { ServerSpecificParameters } from "../../contract/server.ts";

/** How the message is to be treated. */
export interface AmqpMessageHeader {
  /** Whether it survives a restart of the broker. Defaults to `true`. */
  readonly durable?: boolean;
  /** From 0 to 255; brokers take 4 for the usual one. */
  readonly priority?: number;
  /** How long it may wait, in milliseconds. */
  readonly ttl?: number;
  /** Whether nobody has had it before. */
  readonly firstAcquirer?: boolean;
  /** How often it was delivered without success. */
  readonly deliveryCount?: number;
}

/** What the message says about itself. */
export interface AmqpMessageProperties {
  /** Its id. Defaults to a random UUID. */
  readonly messageId?: string;
  /** Who made it. */
  readonly userId?: Uint8Array;
  /** Where it is meant for. Brokers route by the address instead. */
  readonly to?: string;
  /** What it is about. RabbitMQ takes it for the routing key of an exchange without one. */
  readonly subject?: string;
  /** Where answers are expected. Defaults to the message's `replyTo`. */
  readonly replyTo?: string;
  /** What it belongs to. */
  readonly correlationId?: string;
  /** The MIME type. Defaults to the message's `contentType`. */
  readonly contentType?: string;
  /** How the body is encoded beyond its type, such as `gzip`. */
  readonly contentEncoding?: string;
  /** When it expires, in milliseconds since 1970, or a date. */
  readonly absoluteExpiryTime?: number | Date;
  /** When it was made, in milliseconds since 1970, or a date. */
  readonly creationTime?: number | Date;
  /** The group it belongs to. */
  readonly groupId?: string;
  /** Its place in the group. */
  readonly groupSequence?: number;
  /** The group of the answer. */
  readonly replyToGroupId?: string;
}

/**
 * What `AmqpServer` takes as `serverSpecificParameters`.
 *
 * @example
 * ```ts
 * import type { Repid } from "@repid/core";
 * import type { AmqpParameters } from "@repid/core/amqp";
 *
 * const send = (app: Repid) =>
 *   app.sendMessageJson({
 *     channel: "tasks",
 *     payload: { msg: "hello" },
 *     serverSpecificParameters: { header: { priority: 10, ttl: 5_000 } } satisfies AmqpParameters,
 *   });
 * ```
 */
export interface AmqpParameters {
  /** How the message is to be treated. */
  readonly header?: AmqpMessageHeader;
  /** What the message says about itself. */
  readonly properties?: AmqpMessageProperties;
  /** For the next hop only. */
  readonly deliveryAnnotations?: Readonly<Record<string, unknown>>;
  /** For brokers on the way. */
  readonly messageAnnotations?: Readonly<Record<string, unknown>>;
  /** After the body. */
  readonly footers?: Readonly<Record<string, unknown>>;
  /** The address itself, past the address strategy. */
  readonly to?: string;
  /** Publishes to the exchange named like the channel, with this key. */
  readonly routingKey?: string;
}

const MAPS = ["header", "properties", "deliveryAnnotations", "messageAnnotations", "footers"] as const;
const TEXTS = ["to", "routingKey"] as const;
const KNOWN: ReadonlySet<string> = new Set([...MAPS, ...TEXTS]);

/**
 * Checks what a user gave.
 *
 * @throws {TypeError} If it holds what is no parameter, or one of another type.
 */
export function toAmqpParameters(parameters: ServerSpecificParameters): AmqpParameters {
  for (const name of Object.keys(parameters)) {
    if (!KNOWN.has(name)) throw new TypeError(`Cannot publish as AMQP knows no such parameter: ${name}`);
  }
  for (const name of MAPS) {
    const value = parameters[name];
    if (value !== undefined && (typeof value !== "object" || value === null || Array.isArray(value))) {
      throw new TypeError(`Cannot publish as ${name} is not an object: ${String(value)}`);
    }
  }
  for (const name of TEXTS) {
    const value = parameters[name];
    if (value !== undefined && (typeof value !== "string" || value === "")) {
      throw new TypeError(`Cannot publish as ${name} is not a non-empty string: ${String(value)}`);
    }
  }
  return parameters;
}
