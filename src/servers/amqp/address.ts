/**
 * How a channel becomes an address: brokers that speak AMQP 1.0 agree on the protocol, not on names.
 * @module
 */

/** The address to publish to: a queue, or where there is a routing key, an exchange named like the channel. */
export type PublishAddress = (channel: string, routingKey: string | undefined) => string;
/** The address to receive from. */
export type SubscribeAddress = (channel: string) => string;

/** Both directions. */
export interface AmqpAddresses {
  /** Where messages go. */
  readonly publish: PublishAddress;
  /** Where messages come from. */
  readonly subscribe: SubscribeAddress;
}

/** A named strategy: RabbitMQ from 4.0 on, RabbitMQ 3 with its AMQP 1.0 plugin, or the channel's name as it is. */
export type AmqpAddressing = "rabbitmq" | "rabbitmq-v1" | "plain";

/** The named strategies. */
export const ADDRESSES: Readonly<Record<AmqpAddressing, AmqpAddresses>> = {
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
