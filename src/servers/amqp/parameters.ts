/**
 * What can be said of a message to AMQP brokers only.
 * @module
 */
import { type KnownParameters, toKnownParameters } from "../../_internal/server_parameters.ts";
import type { ServerSpecificParameters } from "../../contract/server.ts";

/** How the message is to be treated. */
export interface AmqpMessageHeader {
  /** Whether it survives a restart of the broker. Defaults to `true`. */
  readonly durable?: boolean | undefined;
  /** From 0 to 255; brokers take 4 for the usual one. */
  readonly priority?: number | undefined;
  /** How long it may wait, in milliseconds. */
  readonly ttl?: number | undefined;
  /** Whether no consumer has received it before. */
  readonly firstAcquirer?: boolean | undefined;
  /** How often it was delivered without success. */
  readonly deliveryCount?: number | undefined;
}

/** What the message says about itself. */
export interface AmqpMessageProperties {
  /** Its id. Defaults to a random UUID. */
  readonly messageId?: string | undefined;
  /** Who made it. */
  readonly userId?: Uint8Array | undefined;
  /** Where it is meant for. Brokers route by the address instead. */
  readonly to?: string | undefined;
  /** What it is about. RabbitMQ takes it for the routing key of an exchange without one. */
  readonly subject?: string | undefined;
  /** Where answers are expected. Defaults to the message's `replyTo`. */
  readonly replyTo?: string | undefined;
  /** What it belongs to. */
  readonly correlationId?: string | undefined;
  /** The MIME type. Defaults to the message's `contentType`. */
  readonly contentType?: string | undefined;
  /** How the body is encoded beyond its type, such as `gzip`. */
  readonly contentEncoding?: string | undefined;
  /** When it expires, in milliseconds since 1970, or a date. */
  readonly absoluteExpiryTime?: number | Date | undefined;
  /** When it was made, in milliseconds since 1970, or a date. */
  readonly creationTime?: number | Date | undefined;
  /** The group it belongs to. */
  readonly groupId?: string | undefined;
  /** Its place in the group. */
  readonly groupSequence?: number | undefined;
  /** The group of the answer. */
  readonly replyToGroupId?: string | undefined;
}

/**
 * What `AmqpServer` takes as `serverSpecificParameters`. Python's names (`delivery_annotations`, `routing_key`, `message_id`, …)
 * mean the same.
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
  readonly header?: AmqpMessageHeader | undefined;
  /** What the message says about itself. */
  readonly properties?: AmqpMessageProperties | undefined;
  /** For the next hop only. */
  readonly deliveryAnnotations?: Readonly<Record<string, unknown>> | undefined;
  /** For brokers on the way. */
  readonly messageAnnotations?: Readonly<Record<string, unknown>> | undefined;
  /** After the body. */
  readonly footers?: Readonly<Record<string, unknown>> | undefined;
  /** The address itself, past the address strategy. */
  readonly to?: string | undefined;
  /** Publishes to the exchange named like the channel, with this key. */
  readonly routingKey?: string | undefined;
}

const isObject = {
  accepts: (value: unknown) => typeof value === "object" && value !== null && !Array.isArray(value),
  expected: "an object",
};
const isText = {
  accepts: (value: unknown) => typeof value === "string" && value !== "",
  expected: "a non-empty string",
};
/** The encoder checks what is in the sections: it knows the type of each field. */
const isAnything = { accepts: () => true, expected: "anything" };

const PARAMETERS: KnownParameters<AmqpParameters> = {
  header: isObject,
  properties: isObject,
  deliveryAnnotations: isObject,
  messageAnnotations: isObject,
  footers: isObject,
  to: isText,
  routingKey: isText,
};

const HEADER: KnownParameters<AmqpMessageHeader> = {
  durable: isAnything,
  priority: isAnything,
  ttl: isAnything,
  firstAcquirer: isAnything,
  deliveryCount: isAnything,
};

const PROPERTIES: KnownParameters<AmqpMessageProperties> = {
  messageId: isAnything,
  userId: isAnything,
  to: isAnything,
  subject: isAnything,
  replyTo: isAnything,
  correlationId: isAnything,
  contentType: isAnything,
  contentEncoding: isAnything,
  absoluteExpiryTime: isAnything,
  creationTime: isAnything,
  groupId: isAnything,
  groupSequence: isAnything,
  replyToGroupId: isAnything,
};

/** The snake_case form of each camelCase name that has one. */
function pythonNamesOf<T extends object>(
  known: KnownParameters<T>,
): Readonly<Record<string, keyof T & string>> {
  const names = Object.keys(known) as (keyof T & string)[];
  const snake = (name: string): string => name.replaceAll(/[A-Z]/g, (letter) => `_${letter.toLowerCase()}`);
  return Object.fromEntries(names.map((name) => [snake(name), name]));
}

const PYTHON_PARAMETERS = pythonNamesOf(PARAMETERS);
const PYTHON_HEADER = pythonNamesOf(HEADER);
const PYTHON_PROPERTIES = pythonNamesOf(PROPERTIES);

/**
 * The parameters of one message, checked.
 *
 * @throws {TypeError} If one is not known or has the wrong shape.
 */
export function toAmqpParameters(parameters: ServerSpecificParameters): AmqpParameters {
  const checked = toKnownParameters("AMQP", parameters, PARAMETERS, PYTHON_PARAMETERS);
  const { header, properties } = checked;
  if (!header && !properties) return checked;
  return {
    ...checked,
    header: header && toKnownParameters("an AMQP header", header, HEADER, PYTHON_HEADER),
    properties: properties && toKnownParameters("AMQP properties", properties, PROPERTIES, PYTHON_PROPERTIES),
  };
}
