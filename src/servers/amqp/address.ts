/**
 * How a channel becomes an address: brokers that speak AMQP 1.0 agree on the protocol, not on names.
 * @module
 */

/** The addresses of a channel. What is left out has its RabbitMQ address. */
export interface AmqpNames {
  /** The address that messages are received from. */
  readonly source?: string | undefined;
  /** The address that messages are published to; a function is asked with the `routingKey` of the message. */
  readonly target?: string | ((routingKey: string | undefined) => string) | undefined;
}

/** A named strategy: RabbitMQ from 4.0 on, RabbitMQ 3 with its AMQP 1.0 plugin, or the channel's name as it is. */
export type AmqpNaming = "rabbitmq" | "rabbitmq-v1" | "plain";

/** The addresses of all channels. */
export interface Addresses {
  /** Where messages go: a queue or, with a routing key, an exchange named like the channel. */
  readonly publish: (channel: string, routingKey: string | undefined) => string;
  /** Where messages come from. */
  readonly subscribe: (channel: string) => string;
}

/** The named strategies. */
const NAMINGS: Readonly<Record<AmqpNaming, Addresses>> = {
  "rabbitmq": {
    publish: (channel, key) => {
      if (key !== undefined) return `/exchanges/${encode(channel)}/${encode(key)}`;
      return isAddress(channel, "queues", "exchanges") ? channel : queue(channel);
    },
    subscribe: queue,
  },
  "rabbitmq-v1": {
    // `/queue/…` would declare what is missing, and end the session where it is there with other arguments. Nothing is
    // decoded there, so nothing is encoded.
    publish: (channel, key) => {
      if (key !== undefined) return `/exchange/${channel}/${key}`;
      return isAddress(channel, "amq", "queue", "exchange", "topic") ? channel : `/amq/queue/${channel}`;
    },
    subscribe: (channel) => `/amq/queue/${channel}`,
  },
  "plain": {
    publish: (channel, key) => key ?? channel,
    subscribe: (channel) => channel,
  },
};

/**
 * The addresses that an option names.
 *
 * @throws {TypeError} If there is no such strategy.
 */
export function toAddresses(names: AmqpNaming | ((channel: string) => AmqpNames)): Addresses {
  if (typeof names === "function") return ownAddresses(names);
  if (Object.hasOwn(NAMINGS, names)) return NAMINGS[names];
  const known = Object.keys(NAMINGS).join(", ");
  throw new TypeError(
    `Cannot create an AMQP server as names is neither a function nor one of ${known}: ${names}`,
  );
}

function ownAddresses(names: (channel: string) => AmqpNames): Addresses {
  const { publish, subscribe } = NAMINGS.rabbitmq;
  const checked = (channel: string, address: string): string => {
    if (typeof address === "string" && address !== "") return address;
    throw new TypeError(
      `Cannot use the channel "${channel}" as names() gives it an address that is no non-empty string: ${address}`,
    );
  };
  return {
    publish: (channel, key) => {
      const { target = publish(channel, key) } = names(channel);
      return checked(channel, typeof target === "function" ? target(key) : target);
    },
    subscribe: (channel) => checked(channel, names(channel).source ?? subscribe(channel)),
  };
}

/** Clients of other make write an address where a reply is wanted, not the name of a queue. */
function isAddress(channel: string, ...kinds: readonly string[]): boolean {
  return kinds.some((kind) => channel.startsWith(`/${kind}/`));
}

function queue(channel: string): string {
  return `/queues/${encode(channel)}`;
}

/** As RFC 3986 wants it: `encodeURIComponent` leaves five characters that are reserved. */
function encode(text: string): string {
  return encodeURIComponent(text).replace(
    /[!'()*]/g,
    (c) => `%${c.charCodeAt(0).toString(16).toUpperCase()}`,
  );
}
