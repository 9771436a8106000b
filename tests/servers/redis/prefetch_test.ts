/**
 * Reading ahead: bounded, kept, and given back.
 * @module
 */
import assert from "node:assert/strict";
import type { Subscription } from "@repid/core/server";
import { Repid, Router } from "@repid/core";
import { RedisServer, type RedisServerOptions } from "@repid/core/redis";
import type { Redis } from "ioredis";
import { until } from "../../faults/stage.ts";
import { onRedis } from "./private_redis.ts";

const [STREAM, GROUP] = ["repid:jobs", "repid:jobs:group"];
const EMPTY = { payload: new Uint8Array(), headers: {}, contentType: undefined, replyTo: undefined };
/** How long a message may take to come, in milliseconds. */
const PATIENCE = 10_000;

/** Twenty messages, and somebody who has taken the first. */
async function reading(
  url: string,
  options: RedisServerOptions,
  look: (parts: { server: RedisServer; subscription: Subscription }) => Promise<void>,
): Promise<void> {
  const server = new RedisServer(url, options);
  const connection = await server.connect();
  for (let i = 1; i <= 20; i++) await server.publish("jobs", EMPTY, { stream_id: `${i}-1` });
  const subscription = await server.subscribe(["jobs"]);
  const [first] = await subscription.take(1, PATIENCE);
  assert.equal(first?.messageId, "1-1");
  assert.equal(await first?.settle("ack"), "done");
  await look({ server, subscription });
  await subscription.close();
  await connection.close();
}

onRedis("RedisServer reads nothing ahead unless it is told to", [], async ({ redis, client }) => {
  await reading(redis.url, {}, async () => assert.equal(await pendingOf(client), 0));
});

onRedis(
  "RedisServer reads no more than prefetch ahead, and then does not ask",
  [],
  async ({ redis, client }) => {
    await reading(redis.url, { prefetch: 5 }, async ({ subscription }) => {
      assert.equal(await pendingOf(client), 5);
      await client.config("RESETSTAT");
      const taken = [...await subscription.take(2, PATIENCE), ...await subscription.take(9, PATIENCE)];
      assert.deepEqual(taken.map(({ messageId }) => messageId), ["2-1", "3-1", "4-1", "5-1", "6-1"]);
      assert.doesNotMatch(await client.info("commandstats"), /xreadgroup/);
      assert.deepEqual((await subscription.take(2, PATIENCE)).map(({ messageId }) => messageId), [
        "7-1",
        "8-1",
      ]);
      assert.equal(await pendingOf(client), 12);
    });
  },
);

onRedis(
  "RedisServer gives back what it read ahead when it stops, uncounted",
  [],
  async ({ redis, client }) => {
    await reading(redis.url, { prefetch: 5 }, async ({ server, subscription }) => {
      await subscription.stop();
      assert.equal(await pendingOf(client), 0);
      assert.deepEqual(await subscription.take(9, 50), []);
      const successor = await server.subscribe(["jobs"]);
      const counts: unknown[] = [];
      while (counts.length < 19) {
        for (const delivery of await successor.take(19, PATIENCE)) {
          counts.push(delivery.deliveryCount);
          assert.equal(await delivery.settle("ack"), "done");
        }
      }
      assert.deepEqual(counts, Array(19).fill(1));
      assert.equal(await client.xlen(STREAM), 0);
      await successor.close();
    });
  },
);

onRedis("RedisServer keeps the leases of what it read ahead", [], async ({ redis }) => {
  await reading(redis.url, { prefetch: 5, leaseDuration: 1_000 }, async ({ server, subscription }) => {
    const rival = await server.subscribe(["jobs"]);
    const others = await rival.take(100, PATIENCE);
    assert.equal(others.length, 14);
    for (const delivery of others) assert.equal(await delivery.settle("ack"), "done");
    assert.deepEqual(await rival.take(100, 2_500), []);
    const own = await subscription.take(5, PATIENCE);
    assert.deepEqual(own.map(({ messageId }) => messageId), ["2-1", "3-1", "4-1", "5-1", "6-1"]);
    for (const delivery of own) assert.equal(await delivery.settle("ack"), "done");
    await rival.close();
  });
});

onRedis("RedisServer hands over nothing that somebody else took meanwhile", [], async ({ redis, client }) => {
  await reading(redis.url, { prefetch: 5, leaseDuration: 90, reclaim: false }, async ({ subscription }) => {
    await client.xclaim(STREAM, GROUP, "thief", 0, "2-1", "3-1", "4-1", "6-1", "JUSTID");
    await client.config("RESETSTAT");
    await until("the lease was extended", async () => {
      const [, calls] = /cmdstat_evalsha:calls=(\d+)/.exec(await client.info("commandstats")) ?? [];
      return Number(calls) >= 2;
    }, PATIENCE);
    assert.deepEqual((await subscription.take(9, PATIENCE)).map(({ messageId }) => messageId), ["5-1"]);
  });
});

onRedis("RedisServer that reads ahead loses and doubles nothing", [], async ({ redis, client }) => {
  const app = new Repid();
  const server = new RedisServer(redis.url, { prefetch: 16 });
  app.servers.register("redis", server);
  const router = new Router({ channel: "jobs" });
  const seen: number[] = [];
  router.actor({ name: "work" }, (_, { message }) => void seen.push(message.payload.length));
  app.includeRouter(router);
  const connection = await server.connect();
  const numbers = Array.from({ length: 300 }, (_, i) => i);
  for (const i of numbers) {
    await server.publish("jobs", { ...EMPTY, headers: { topic: "work" }, payload: new Uint8Array(i) }, {});
  }
  await app.runWorker({ messagesLimit: 100, tasksLimit: 1, osSignals: [] });
  assert.equal(seen.length, 100);
  assert.equal(await pendingOf(client), 0);
  await app.runWorker({ messagesLimit: 200, tasksLimit: 7, osSignals: [] });
  assert.deepEqual(seen.toSorted((a, b) => a - b), numbers);
  assert.equal(await client.xlen(STREAM), 0);
  await connection.close();
});

async function pendingOf(client: Redis): Promise<number> {
  const [count] = await client.xpending(STREAM, GROUP) as unknown[];
  return Number(count);
}
