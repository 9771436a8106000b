/**
 * Several consumer groups of one stream: what one group does with an entry is not felt by another.
 * @module
 */
import assert from "node:assert/strict";
import type { Delivery, Subscription } from "@repid/core/server";
import { RedisServer, type RedisServerOptions } from "@repid/core/redis";
import type { Redis } from "ioredis";
import { onEachRedis, onRedis } from "./private_redis.ts";

const STREAM = "repid:jobs";
const EMPTY = { payload: new Uint8Array(), headers: {}, contentType: undefined, replyTo: undefined };
/** How long a message may take to come, in milliseconds. */
const PATIENCE = 10_000;

/** Servers that consume the same stream, each in a group of its own. */
async function withGroups(
  url: string,
  options: RedisServerOptions,
  look: (one: RedisServer, other: RedisServer) => Promise<void>,
): Promise<void> {
  const [one, other] = ["one", "other"].map((group) =>
    new RedisServer(url, { ...options, names: () => ({ group }) })
  ) as [RedisServer, RedisServer];
  const connections = await Promise.all([one.connect(), other.connect()]);
  await look(one, other);
  await Promise.all(connections.map((connection) => connection.close()));
}

onEachRedis("RedisServer's reject is no news for another group of the stream", async ({ redis, client }) => {
  await withGroups(redis.url, {}, async (one, other) => {
    const subscription = await one.subscribe(["jobs"]);
    const foreign = await other.subscribe(["jobs"]);
    await one.publish("jobs", { ...EMPTY, payload: new Uint8Array([7]) }, { stream_id: "7-1" });
    await acked(await next(foreign));
    for (const count of [1, 2, 3]) {
      const delivery = await next(subscription);
      assert.deepEqual([delivery.messageId, delivery.deliveryCount], ["7-1", count]);
      assert.deepEqual(delivery.payload, new Uint8Array([7]));
      assert.equal(await delivery.settle("reject"), "done");
      assert.equal(await delivery.settle("ack"), "lost");
    }
    assert.equal(await client.xlen(STREAM), 1);
    // Whoever has the group's next turn gets it, another consumer as well.
    await subscription.close();
    const successor = await one.subscribe(["jobs"]);
    const delivery = await next(successor);
    assert.deepEqual([delivery.messageId, delivery.deliveryCount], ["7-1", 4]);
    await acked(delivery);
    assert.deepEqual(await foreign.take(1, 50), []);
    assert.deepEqual(await pendingOf(client, "one"), 0);
    await Promise.all([successor.close(), foreign.close()]);
  });
});

onEachRedis(
  "RedisServer gives back to its own group only what it did not hand over or settle",
  async ({ redis, client }) => {
    await withGroups(redis.url, { prefetch: 5 }, async (one, other) => {
      const subscription = await one.subscribe(["jobs"]);
      const foreign = await other.subscribe(["jobs"]);
      for (let i = 1; i <= 4; i++) await one.publish("jobs", EMPTY, { stream_id: `${i}-1` });
      assert.equal((await foreign.take(4, PATIENCE)).length, 4);
      assert.equal((await next(subscription)).messageId, "1-1");
      await subscription.close();
      assert.equal(await client.xlen(STREAM), 4);
      const successor = await one.subscribe(["jobs"]);
      const counts = new Map<string | undefined, number | undefined>();
      while (counts.size < 4) {
        for (const { messageId, deliveryCount } of await successor.take(4, PATIENCE)) {
          counts.set(messageId, deliveryCount);
        }
      }
      // The first was delivered; the others were read ahead.
      assert.deepEqual([...counts].toSorted(), [["1-1", 2], ["2-1", 1], ["3-1", 1], ["4-1", 1]]);
      await Promise.all([successor.close(), foreign.close()]);
    });
  },
);

onEachRedis("RedisServer hands what was put back to one consumer of the group", async ({ redis }) => {
  await withGroups(redis.url, {}, async (one, other) => {
    const foreign = await other.subscribe(["jobs"]);
    const consumers = [await one.subscribe(["jobs"]), await one.subscribe(["jobs"])];
    await Promise.all(Array.from({ length: 50 }, () => one.publish("jobs", EMPTY, {})));
    const times = new Map<string | undefined, number>();
    await Promise.all(consumers.map(async (consumer) => {
      while ([...times.values()].filter((count) => count === 2).length < 50) {
        for (const delivery of await consumer.take(10, 50)) {
          const count = (times.get(delivery.messageId) ?? 0) + 1;
          times.set(delivery.messageId, count);
          assert.equal(delivery.deliveryCount, count);
          assert.equal(await delivery.settle(count === 1 ? "reject" : "ack"), "done");
        }
      }
    }));
    assert.deepEqual([...new Set(times.values())], [2]);
    for (const consumer of consumers) assert.deepEqual(await consumer.take(1, 300), []);
    await Promise.all([...consumers, foreign].map((subscription) => subscription.close()));
  });
});

onRedis(
  "RedisServer deletes an entry with the last group's ack, by XACKDEL",
  [],
  async ({ redis, client }) => {
    await withGroups(redis.url, {}, async (one, other) => {
      const [first, second] = [await one.subscribe(["jobs"]), await other.subscribe(["jobs"])];
      await one.publish("jobs", EMPTY, {});
      await one.publish("jobs", EMPTY, {});
      const [acknowledged, given] = await first.take(2, PATIENCE) as [Delivery, Delivery];
      await client.config("RESETSTAT");
      await acked(acknowledged);
      assert.equal(await given.settle("nack"), "done");
      // The other group has not even read them.
      assert.equal(await client.xlen(STREAM), 2);
      const deliveries = await second.take(2, PATIENCE);
      assert.equal(deliveries.length, 2);
      for (const delivery of deliveries) await acked(delivery);
      assert.equal(await client.xlen(STREAM), 0);
      assert.equal(await client.xlen(`${STREAM}:dlq`), 1);
      const stats = await client.info("commandstats");
      assert.match(stats, /cmdstat_xackdel:calls=/);
      assert.doesNotMatch(stats, /cmdstat_(xack|xdel):/);
      await Promise.all([first.close(), second.close()]);
    });
  },
  "Redis 8",
);

onRedis("RedisServer without XACKDEL keeps an entry that two groups had", [], async ({ redis, client }) => {
  await withGroups(redis.url, {}, async (one, other) => {
    const subscriptions = [await one.subscribe(["jobs"]), await other.subscribe(["jobs"])];
    await one.publish("jobs", EMPTY, {});
    for (const subscription of subscriptions) await acked(await next(subscription));
    assert.equal(await client.xlen(STREAM), 1);
    await client.xgroup("DESTROY", STREAM, "other");
    await one.publish("jobs", EMPTY, {});
    await acked(await next(subscriptions[0] as Subscription));
    // The first stays: nobody knows any more that it was finished.
    assert.equal(await client.xlen(STREAM), 1);
    await Promise.all(subscriptions.map((subscription) => subscription.close()));
  });
});

async function next(subscription: Subscription): Promise<Delivery> {
  const [delivery] = await subscription.take(1, PATIENCE);
  return delivery ?? assert.fail("nothing came");
}

async function acked(delivery: Delivery): Promise<void> {
  assert.equal(await delivery.settle("ack"), "done");
}

async function pendingOf(client: Redis, group: string): Promise<number> {
  const [count] = await client.xpending(STREAM, group) as unknown[];
  return Number(count);
}
