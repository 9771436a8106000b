/**
 * `messagesLimit` counts the messages that reached an actor.
 * @module
 */
import assert from "node:assert/strict";
import { InMemoryServer, Repid, Router, silentLogger } from "@repid/core";
import type { Delivery } from "../../src/contract/server.ts";
import { test } from "../harness.ts";

/** The first `lost` deliveries belong to another worker by the time they are acknowledged. */
function losing(server: InMemoryServer, lost: number): InMemoryServer {
  const subscribe = server.subscribe.bind(server);
  server.subscribe = async (channels, options) => {
    const subscription = await subscribe(channels, options);
    const take = subscription.take.bind(subscription);
    const lose = (delivery: Delivery): Delivery => {
      if (lost-- > 0) delivery.settle = () => Promise.resolve("lost");
      return delivery;
    };
    subscription.take = async (max, wait) => (await take(max, wait)).map(lose);
    return subscription;
  };
  return server;
}

for (const tasksLimit of [1, 10]) {
  test(`messagesLimit does not count ack_first messages that were not acknowledged, tasksLimit ${tasksLimit}`, async () => {
    const app = new Repid({ logger: silentLogger });
    const server = app.servers.register("memory", losing(new InMemoryServer(), 3));
    const handled: string[] = [];
    const router = new Router({ channel: "jobs" });
    router.actor({ name: "work", confirmationMode: "ack_first" }, (_, { message }) => {
      handled.push(message.text());
    });
    app.includeRouter(router);
    const connection = await server.connect();
    for (let i = 0; i < 10; i++) {
      await app.sendMessage({ channel: "jobs", payload: String(i), headers: { topic: "work" } });
    }
    const { processed } = await app.runWorker({ messagesLimit: 2, tasksLimit, osSignals: [] });
    assert.deepEqual([processed, handled], [2, ["3", "4"]]);
    // The broker still has the three that were lost.
    assert.equal(server.size("jobs"), 8);
    await connection.close();
  });
}
