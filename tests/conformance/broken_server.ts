/**
 * Servers that break one rule each, for the suite to catch.
 * @module
 */
import type { Delivery, DeliveryResult, Subscription } from "@repid/core/server";
import {
  InMemoryServer,
  type MessageData,
  type Server,
  type ServerSpecificParameters,
  type Settlement,
} from "@repid/core";
import type { ServerHarness } from "@repid/core/conformance";

/** What is changed of a server that keeps the rules. */
export interface Fault {
  publish?(
    server: Server,
    channel: string,
    message: MessageData,
    parameters: ServerSpecificParameters,
  ): Promise<void>;
  subscribe?(server: Server, channels: readonly string[]): Promise<Subscription>;
  take?(subscription: Subscription, max: number, wait: number): Promise<readonly Delivery[]>;
  delivery?(delivery: Delivery): Delivery;
  stop?(subscription: Subscription): Promise<void>;
  close?(subscription: Subscription): Promise<void>;
  isRetriable?(): boolean;
}

/** Breaks one rule of a server. */
export function breakServer(inner: Server, fault: Fault): Server {
  const wrap = (subscription: Subscription): Subscription => ({
    get isActive() {
      return subscription.isActive;
    },
    async take(max, wait) {
      const deliveries = await (fault.take?.(subscription, max, wait) ?? subscription.take(max, wait));
      return fault.delivery ? deliveries.map(fault.delivery) : deliveries;
    },
    stop: () => fault.stop?.(subscription) ?? subscription.stop(),
    close: () => fault.close?.(subscription) ?? subscription.close(),
  });
  return {
    protocol: inner.protocol,
    host: inner.host,
    capabilities: inner.capabilities,
    get isConnected() {
      return inner.isConnected;
    },
    connect: (options) => inner.connect(options),
    publish: (channel, message, parameters) =>
      fault.publish?.(inner, channel, message, parameters) ?? inner.publish(channel, message, parameters),
    subscribe: async (channels, options) =>
      wrap(await (fault.subscribe?.(inner, channels) ?? inner.subscribe(channels, options))),
    isRetriable: (error) => fault.isRetriable?.() ?? inner.isRetriable(error),
  };
}

/** Breaks one rule of `InMemoryServer`. */
export function broken(fault: Fault): ServerHarness {
  const inner = new InMemoryServer({ deadLetterChannel: "dead" });
  const server = breakServer(inner, fault);
  return {
    create: () => server,
    channel: (suffix = "") => crypto.randomUUID() + suffix,
    broker: "it lives in this process",
    async deadLetters() {
      const subscription = await inner.subscribe(["dead"]);
      const dead = await subscription.take(10, 1);
      await subscription.close();
      return dead;
    },
    // What a broken one does not do is not waited for any longer.
    patience: Object.keys(fault).length > 0 ? 250 : 2_000,
    quiet: 20,
  };
}

/** A delivery that settles differently, or says something else of itself. */
export function settling(
  delivery: Delivery,
  settle: (action: Settlement) => Promise<DeliveryResult>,
  changes: Partial<Delivery> = {},
): Delivery {
  const { payload, headers, contentType, replyTo, channel, messageId, deliveryCount, leaseInterval } =
    delivery;
  return {
    ...{ payload, headers, contentType, replyTo, channel, messageId, deliveryCount, leaseInterval, settle },
    ...(delivery.reply && { reply: delivery.reply.bind(delivery) }),
    ...(delivery.extendLease && { extendLease: delivery.extendLease.bind(delivery) }),
    ...changes,
  };
}

/** A delivery that says something else of itself. */
export function changed(delivery: Delivery, changes: Partial<Delivery>): Delivery {
  return settling(delivery, (action) => delivery.settle(action), changes);
}
