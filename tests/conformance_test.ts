/**
 * The suite for servers can fail: each of these servers breaks one rule, and is caught.
 * @module
 */
import {
  type Delivery,
  type DeliveryResult,
  InMemoryServer,
  type MessageData,
  type Server,
  type ServerSpecificParameters,
  type Settlement,
  type Subscription,
} from "@repid/core";
import {
  CONFORMANCE_CASES,
  ConformanceError,
  runCase,
  type ServerHarness,
  testServer,
} from "@repid/core/testing";
import assert from "node:assert/strict";
import { test } from "./harness.ts";

/** What is changed of a server that keeps the rules. */
interface Fault {
  publish?(
    server: Server,
    channel: string,
    message: MessageData,
    parameters: ServerSpecificParameters,
  ): Promise<void>;
  take?(subscription: Subscription, max: number, wait: number): Promise<readonly Delivery[]>;
  delivery?(delivery: Delivery): Delivery;
  close?(subscription: Subscription): Promise<void>;
}

/** Breaks one rule. */
function broken(fault: Fault): ServerHarness {
  const inner = new InMemoryServer({ deadLetterChannel: "dead" });
  const wrap = (subscription: Subscription): Subscription => ({
    get isActive() {
      return subscription.isActive;
    },
    async take(max, wait) {
      const deliveries = await (fault.take?.(subscription, max, wait) ?? subscription.take(max, wait));
      return fault.delivery ? deliveries.map(fault.delivery) : deliveries;
    },
    stop: () => subscription.stop(),
    close: () => fault.close?.(subscription) ?? subscription.close(),
  });
  const server: Server = {
    protocol: inner.protocol,
    host: inner.host,
    capabilities: inner.capabilities,
    get isConnected() {
      return inner.isConnected;
    },
    connect: (options) => inner.connect(options),
    publish: (channel, message, parameters) =>
      fault.publish?.(inner, channel, message, parameters) ?? inner.publish(channel, message, parameters),
    subscribe: async (channels, options) => wrap(await inner.subscribe(channels, options)),
    isRetriable: (error) => inner.isRetriable(error),
  };
  return {
    create: () => server,
    channel: (suffix = "") => crypto.randomUUID() + suffix,
    broker: "it lives in this process",
    deadLetters: () => Promise.resolve([]),
    patience: 1_000,
    quiet: 20,
  };
}

/** A delivery that settles differently. */
function settling(delivery: Delivery, settle: (action: Settlement) => Promise<DeliveryResult>): Delivery {
  const { payload, headers, contentType, replyTo, channel, messageId, deliveryCount } = delivery;
  const reply = delivery.reply?.bind(delivery) ?? (() => Promise.resolve("lost" as const));
  return { payload, headers, contentType, replyTo, channel, messageId, deliveryCount, settle, reply };
}

let published = 0;

/** Each fault, with a case that must catch it. */
const FAULTS: readonly (readonly [what: string, caughtBy: string, fault: Fault])[] = [
  ["loses every 50th message", "takes publications made at once", {
    publish: (server, ...message) => ++published % 50 === 0 ? Promise.resolve() : server.publish(...message),
  }],
  ["publishes everything twice", "forgets what was acked", {
    async publish(server, ...message) {
      await server.publish(...message);
      await server.publish(...message);
    },
  }],
  ["hands over more than it is asked for", "hands over no more than it is asked for", {
    take: (subscription, max, wait) => subscription.take(max * 2, wait),
  }],
  ["keeps what was not settled when it is closed", "gives back what was not settled when it is closed", {
    close: (subscription) => subscription.stop(),
  }],
  [
    "says that every settlement was done",
    'answers "lost" for a message of a closed subscription, and leaves it to who has it now',
    {
      delivery: (delivery) =>
        settling(delivery, async (action) => {
          await delivery.settle(action);
          return "done";
        }),
    },
  ],
  ["acks what is rejected", "delivers again what was rejected", {
    delivery: (delivery) =>
      settling(delivery, (action) => delivery.settle(action === "reject" ? "ack" : action)),
  }],
  ["rejects what is nacked", "delivers no more what was nacked", {
    delivery: (delivery) =>
      settling(delivery, (action) => delivery.settle(action === "nack" ? "reject" : action)),
  }],
  ["changes payloads", "delivers payloads unchanged, also empty ones and those that are not UTF-8", {
    publish: (server, channel, message, parameters) => {
      const payload = new TextEncoder().encode(new TextDecoder().decode(message.payload));
      return server.publish(channel, { ...message, payload }, parameters);
    },
  }],
  ["drops the place to reply to", "delivers the channel for replies, and none where there is none", {
    publish: (server, channel, message, parameters) =>
      server.publish(channel, { ...message, replyTo: undefined }, parameters),
  }],
  ["does not wait for messages", "answers an idle take with nothing, once its wait is over", {
    take: (subscription, max) => subscription.take(max, 1),
  }],
  ["waits longer than it may", "answers an idle take with nothing, once its wait is over", {
    take: (subscription, max, wait) => subscription.take(max, wait + 5_000),
  }],
  ["doubles what it delivers", "shares a channel between two consumers, each message to one of them", {
    async take(subscription, max, wait) {
      const deliveries = await subscription.take(Math.max(1, max >> 1), wait);
      return deliveries.flatMap((delivery) => [delivery, delivery]).slice(0, max);
    },
  }],
];

for (const [what, caughtBy, fault] of FAULTS) {
  test(`testServer() catches a server that ${what}`, async () => {
    const one = CONFORMANCE_CASES.find(({ name }) => name === caughtBy);
    assert.ok(one, `there is no such case: ${caughtBy}`);
    await assert.rejects(runCase(one, broken(fault)), ConformanceError);
    await runCase(one, broken({}));
  });
}

test("testServer() refuses to skip what is no case", () => {
  const harness = { ...broken({}), skip: { "flies": "it cannot" } };
  assert.throws(() => testServer(() => {}, "Bird", harness), /Cannot skip what is no case: flies/);
});

test("runCase() lets go of everything, also after a subscription that cannot be closed", async () => {
  const harness = broken({ close: () => Promise.reject(new Error("stuck")) });
  const server = await harness.create();
  const one = CONFORMANCE_CASES.find(({ name }) => name === "delivers headers unchanged");
  assert.ok(one, "there is no such case");
  await assert.rejects(runCase(one, harness), /stuck/);
  assert.equal(server.isConnected, false);
});
