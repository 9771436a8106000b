/**
 * The suite for servers can fail: each of these servers breaks one rule, and is caught.
 * @module
 */
import type { Delivery, Subscription } from "@repid/core/server";
import type { MessageData } from "@repid/core";
import { CONFORMANCE_CASES, ConformanceError, runCase, testServer } from "@repid/core/conformance";
import assert from "node:assert/strict";
import { broken, changed, type Fault, settling } from "./broken_server.ts";
import { test } from "../harness.ts";

/** A server that changes what is published. */
function changing(change: (message: MessageData) => Partial<MessageData>): Fault {
  return {
    publish: (server, channel, message, parameters) =>
      server.publish(channel, { ...message, ...change(message) }, parameters),
  };
}

/** What was taken and not handed over. */
const hoards = new WeakMap<Subscription, Delivery[]>();
/** Takes more than it hands over. */
const HOARDING: Fault = {
  async take(subscription, max, wait) {
    const hoard = hoards.get(subscription) ?? [];
    hoards.set(subscription, hoard);
    hoard.push(...await subscription.take(max + 5, wait));
    return hoard.splice(0, max);
  },
};
const closed = new WeakSet<Subscription>();
let published = 0;

/** Each fault, with a case that must catch it. */
const FAULTS: readonly (readonly [what: string, caughtBy: string, fault: Fault])[] = [
  ["loses every 50th message", "accepts concurrent publications", {
    publish: (server, ...message) => ++published % 50 === 0 ? Promise.resolve() : server.publish(...message),
  }],
  ["publishes everything twice", "does not redeliver an acked message", {
    async publish(server, ...message) {
      await server.publish(...message);
      await server.publish(...message);
    },
  }],
  ["hands over more than it is asked for", "delivers no more messages than a take asks for", {
    take: (subscription, max, wait) => subscription.take(max * 2, wait),
  }],
  ["keeps what was not settled when it is closed", "returns unsettled messages when it is closed", {
    close: (subscription) => subscription.stop(),
  }],
  [
    "says that every settlement was done",
    'answers "lost" for a message of a closed subscription, and does not settle it for its new consumer',
    {
      delivery: (delivery) =>
        settling(delivery, async (action) => {
          await delivery.settle(action);
          return "done";
        }),
    },
  ],
  ["acks what is rejected", "redelivers a rejected message", {
    delivery: (delivery) =>
      settling(delivery, (action) => delivery.settle(action === "reject" ? "ack" : action)),
  }],
  ["rejects what is nacked", "does not redeliver a nacked message", {
    delivery: (delivery) =>
      settling(delivery, (action) => delivery.settle(action === "nack" ? "reject" : action)),
  }],
  [
    "changes payloads",
    "delivers payloads unchanged, also empty ones and those that are not UTF-8",
    changing(({ payload }) => ({ payload: new TextEncoder().encode(new TextDecoder().decode(payload)) })),
  ],
  [
    "cuts payloads",
    "delivers a payload of 1 MB unchanged",
    changing(({ payload }) => ({ payload: payload.slice(0, 65_536) })),
  ],
  ["drops headers", "delivers headers unchanged", changing(() => ({ headers: {} }))],
  [
    "drops the content type",
    "delivers the content type, or none",
    changing(() => ({ contentType: undefined })),
  ],
  [
    "drops the place to reply to",
    "delivers replyTo, or none",
    changing(() => ({ replyTo: undefined })),
  ],
  ["gives all messages one id", "gives messages an id of their own, or none", {
    delivery: (delivery) => changed(delivery, { messageId: "7" }),
  }],
  ["turns the order round", "delivers a channel's messages in their order", {
    take: async (subscription, max, wait) => [...await subscription.take(max, wait)].reverse(),
  }],
  ["does not count deliveries", "counts deliveries", {
    delivery: (delivery) => changed(delivery, { deliveryCount: 1 }),
  }],
  ["swallows what it cannot publish", "refuses to publish and to subscribe while it is not connected", {
    publish: (server, ...message) => server.publish(...message).catch(() => {}),
  }],
  ["forgets what is nacked", "dead-letters nacked messages only", {
    delivery: (delivery) =>
      settling(delivery, (action) => delivery.settle(action === "nack" ? "ack" : action)),
  }],
  [
    "keeps what is rejected",
    "redelivers a rejected message unchanged, also to another consumer",
    { delivery: (delivery) => settling(delivery, () => Promise.resolve("done")) },
  ],
  ["settles nothing once it is stopped", "settles messages after stop()", {
    stop: (subscription) => subscription.close(),
  }],
  ["takes more than it hands over", "takes no more messages from the broker than a take asks for", HOARDING],
  [
    "keeps what it took when it is stopped",
    "returns prefetched messages when it is stopped",
    HOARDING,
  ],
  ["can be closed only once", "stops and closes repeatedly, also concurrently", {
    close(subscription) {
      if (closed.has(subscription)) return Promise.reject(new Error("closed already"));
      closed.add(subscription);
      return subscription.close();
    },
  }],
  ["takes from the busiest channel", "does not let a busy channel starve another", {
    async subscribe(server, channels) {
      const all = await Promise.all(channels.map((channel) => server.subscribe([channel])));
      return {
        isActive: true,
        async take(max, wait) {
          for (const [i, one] of all.entries()) {
            const deliveries = await one.take(max, i === all.length - 1 ? wait : 1);
            if (deliveries.length > 0) return deliveries;
          }
          return [];
        },
        stop: async () => void await Promise.all(all.map((one) => one.stop())),
        close: async () => void await Promise.all(all.map((one) => one.close())),
      };
    },
  }],
  ["acknowledges and does not reply", "sends a reply to replyTo and acknowledges the message", {
    delivery: (delivery) => changed(delivery, { reply: () => delivery.settle("ack") }),
  }],
  ["loses one of a thousand", "handles 5 000 messages, 50 at a time, each once", {
    publish: (server, ...message) =>
      ++published % 1_000 === 0 ? Promise.resolve() : server.publish(...message),
  }],
  ["does not wait for messages", "resolves a take with no messages when its wait is over", {
    take: (subscription, max) => subscription.take(max, 1),
  }],
  ["waits longer than it may", "resolves a take with no messages when its wait is over", {
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
    await assert.rejects(
      runCase(one, broken(fault)),
      (error) => error instanceof ConformanceError || /closed already/.test(String(error)),
    );
    await runCase(one, broken({}));
  });
}

test("testServer() refuses to skip what is no case", () => {
  const harness = { ...broken({}), skip: { "flies": "it cannot" } };
  assert.throws(
    () => testServer(() => {}, "Bird", harness),
    /Cannot skip a case as it does not exist: flies/,
  );
});

test("runCase() lets go of everything, also after a subscription that cannot be closed", async () => {
  const harness = broken({ close: () => Promise.reject(new Error("stuck")) });
  const server = await harness.create();
  const one = CONFORMANCE_CASES.find(({ name }) => name === "delivers headers unchanged");
  assert.ok(one, "there is no such case");
  await assert.rejects(runCase(one, harness), /stuck/);
  assert.equal(server.isConnected, false);
});
