/**
 * What RedisServer does about consumers that fell silent, and about entries that nobody can use.
 * @module
 */
import assert from "node:assert/strict";
import type { Subscription } from "@repid/core/server";
import { Buffer } from "node:buffer";
import { Repid, Router, silentLogger } from "@repid/core";
import { RedisServer, type RedisServerOptions } from "@repid/core/redis";
import type { Redis } from "ioredis";
import { until } from "../../faults/stage.ts";
import { RedisClient } from "../../../src/servers/redis/client.ts";
import { RedisDelivery } from "../../../src/servers/redis/delivery.ts";
import { Holding } from "../../../src/servers/redis/holding.ts";
import { Reclaimer } from "../../../src/servers/redis/reclaimer.ts";
import { Settler } from "../../../src/servers/redis/settler.ts";
import { onEachRedis, onRedis } from "./private_redis.ts";

const [STREAM, GROUP] = ["repid:jobs", "repid:jobs:group"];
const EMPTY = { payload: new Uint8Array(), headers: {}, contentType: undefined, replyTo: undefined };
/** How long a message may take to come, in milliseconds. */
const PATIENCE = 10_000;

interface Parts {
  readonly server: RedisServer;
  readonly subscription: Subscription;
}

async function consuming(
  url: string,
  options: RedisServerOptions,
  look: (parts: Parts) => Promise<void>,
): Promise<void> {
  const server = new RedisServer(url, options);
  const connection = await server.connect();
  const subscription = await server.subscribe(["jobs"]);
  await look({ server, subscription });
  await subscription.close();
  await connection.close();
}

/** Takes so many entries as a consumer that is never heard of again. */
async function takeAndDie(client: Redis, count: number): Promise<void> {
  await client.xreadgroup("GROUP", GROUP, "repid-dead", "COUNT", count, "STREAMS", STREAM, ">");
}

onEachRedis("RedisServer takes over from a silent consumer, and counts that", async ({ redis, client }) => {
  await consuming(redis.url, { leaseDuration: 100 }, async ({ server, subscription }) => {
    for (const id of ["1-1", "2-1"]) await server.publish("jobs", EMPTY, { stream_id: id });
    await takeAndDie(client, 2);
    const taken: unknown[] = [];
    while (taken.length < 2) {
      for (const delivery of await subscription.take(2, PATIENCE)) {
        taken.push([delivery.messageId, delivery.deliveryCount]);
        assert.equal(await delivery.settle("ack"), "done");
      }
    }
    assert.deepEqual(taken, [["1-1", 2], ["2-1", 2]]);
    assert.equal(await client.xlen(STREAM), 0);
  });
});

onRedis("RedisServer takes over with the read that waits, where Redis can", [], async ({ redis, client }) => {
  await consuming(redis.url, { leaseDuration: 1_000 }, async ({ server, subscription }) => {
    // Its own look around is behind it, and the next one more than ten leases away.
    assert.deepEqual(await subscription.take(1, 20), []);
    await client.config("RESETSTAT");
    await server.publish("jobs", EMPTY, { stream_id: "1-1" });
    await takeAndDie(client, 1);
    const [delivery] = await subscription.take(1, PATIENCE);
    assert.deepEqual([delivery?.messageId, delivery?.deliveryCount], ["1-1", 2]);
    assert.doesNotMatch(await client.info("commandstats"), /xautoclaim|xclaim/);
    assert.equal(await delivery?.settle("ack"), "done");
  });
}, "Redis 8");

onEachRedis(
  "RedisServer hands a message over again whose lease nobody kept, to the same consumer as well",
  async ({ redis, client }) => {
    await consuming(redis.url, { leaseDuration: 100 }, async ({ server, subscription }) => {
      await server.publish("jobs", EMPTY, {});
      const [first] = await subscription.take(1, PATIENCE);
      const [again] = await subscription.take(1, PATIENCE);
      assert.deepEqual([again?.messageId, again?.deliveryCount], [first?.messageId, 2]);
      assert.equal(await first?.extendLease?.(), "lost");
      assert.equal(await first?.settle("ack"), "lost");
      assert.equal(await again?.settle("ack"), "done");
      assert.equal(await client.xlen(STREAM), 0);
    });
  },
);

onEachRedis(
  "RedisServer keeps a message whose lease is kept, if too late, with whoever has it",
  async ({ redis, client }) => {
    await consuming(redis.url, { leaseDuration: 100 }, async ({ server, subscription }) => {
      await server.publish("jobs", EMPTY, {});
      const [delivery] = await subscription.take(1, PATIENCE);
      assert.equal(await delivery?.extendLease?.(), "done");
      assert.deepEqual(await subscription.take(1, 500), []);
      assert.equal(await delivery?.settle("ack"), "done");
      assert.equal(await client.xlen(STREAM), 0);
    });
  },
);

onRedis("RedisServer takes over nothing where reclaim is off", [], async ({ redis, client }) => {
  await consuming(redis.url, { leaseDuration: 1, reclaim: false }, async ({ server, subscription }) => {
    await server.publish("jobs", EMPTY, {});
    await takeAndDie(client, 1);
    assert.deepEqual(await subscription.take(1, 250), []);
    assert.doesNotMatch(await client.info("commandstats"), /xautoclaim/);
  });
});

onEachRedis("RedisServer extends a lease without counting a delivery", async ({ redis, client }) => {
  await consuming(redis.url, {}, async ({ server, subscription }) => {
    await server.publish("jobs", EMPTY, {});
    const [delivery] = await subscription.take(1, PATIENCE);
    const pending = async (): Promise<readonly [idle: number, deliveries: number]> => {
      const [[, , idle, deliveries] = []] = await client.xpending(STREAM, GROUP, "-", "+", 1) as unknown[][];
      return [Number(idle), Number(deliveries)];
    };
    await until("it has been silent for a while", async () => (await pending())[0] > 50, PATIENCE);
    const before = performance.now();
    assert.equal(await delivery?.extendLease?.(), "done");
    const [idle, deliveries] = await pending();
    assert.ok(idle <= performance.now() - before + 10, `silent for ${idle} ms`);
    assert.equal(deliveries, 1);
    assert.equal(await delivery?.settle("ack"), "done");
  });
});

onEachRedis(
  "RedisServer removes consumers of Repid that are gone, and no others",
  async ({ redis, client }) => {
    await consuming(redis.url, { leaseDuration: 10 }, async ({ server, subscription }) => {
      await server.publish("jobs", EMPTY, {});
      // One that left a message behind, too.
      await takeAndDie(client, 1);
      for (const name of ["repid-gone", "somebody"]) {
        await client.xgroup("CREATECONSUMER", STREAM, GROUP, name);
      }
      const names = async (): Promise<unknown[]> =>
        (await client.xinfo("CONSUMERS", STREAM, GROUP) as unknown[][]).map(([, name]) => name);
      await until("they are gone", async () => {
        for (const delivery of await subscription.take(1, 20)) {
          assert.equal(await delivery.settle("ack"), "done");
        }
        return !(await names()).some((name) => name === "repid-gone" || name === "repid-dead");
      }, PATIENCE);
      assert.equal((await names()).length, 2);
      assert.ok((await names()).includes("somebody"));
      assert.equal(await client.xlen(STREAM), 0);
    });
  },
);

onEachRedis("RedisServer forgets pending entries that were deleted", async ({ redis, client }) => {
  await consuming(redis.url, { leaseDuration: 20 }, async ({ server, subscription }) => {
    for (const id of ["1-1", "2-1"]) await server.publish("jobs", EMPTY, { stream_id: id });
    await takeAndDie(client, 2);
    await client.xdel(STREAM, "1-1");
    const ids: unknown[] = [];
    await until("nothing is pending", async () => {
      for (const delivery of await subscription.take(2, 20)) {
        ids.push(delivery.messageId);
        assert.equal(await delivery.settle("ack"), "done");
      }
      return (await client.xpending(STREAM, GROUP) as unknown[])[0] === 0;
    }, PATIENCE);
    assert.deepEqual(ids, ["2-1"]);
  });
});

onRedis(
  "RedisServer forgets what Redis 6.2 says was deleted, without saying what",
  [],
  async ({ redis, client }) => {
    const commands = new RedisClient({ url: redis.url, options: {} }, { lasting: true });
    await commands.connect();
    const settler = new Settler(commands, { keepAcked: false, deadLetterMaxLength: undefined });
    const keys = { channel: "jobs", stream: STREAM, group: GROUP, deadLetters: null };
    const createGroup = (): Promise<void> => assert.fail("it is there");
    const schedule = (one: Holding): void => settler.schedule(one);
    const holding = new Holding({
      ...{ keys, consumer: "repid-dead", leaseInterval: 1_000, createGroup, schedule },
    });
    await client.xgroup("CREATE", STREAM, GROUP, "0", "MKSTREAM");
    for (const id of ["1-1", "2-1", "3-1", "4-1"]) await client.xadd(STREAM, id, "payload", "");
    await takeAndDie(client, 4);
    await client.xdel(STREAM, "1-1", "3-1");
    // One is being handled: what becomes of it is told by its settlement.
    for (const id of ["3-1", "4-1"]) holding.hold(new RedisDelivery([Buffer.from(id), []], holding));
    // What it answers when it has just handed all of them to this consumer; there is no Redis 6.2 to be had for tests.
    const asIn62 = {
      give: (...command: Parameters<RedisClient["give"]>) => commands.give(...command),
      ask: (name: string) =>
        name === "XAUTOCLAIM" ? Promise.resolve(["0-0", [null, null]]) : assert.fail(name),
    };
    const options = {
      holdings: [holding],
      commands: asIn62,
      settler,
      leaseDuration: 1_000,
      readsClaim: false,
    };
    assert.deepEqual(await new Reclaimer(options).claim(10), []);
    const pending = await client.xpending(STREAM, GROUP, "-", "+", 10) as unknown[][];
    assert.deepEqual(pending.map(([id]) => id), ["2-1", "3-1", "4-1"]);
    await commands.close();
  },
);

onRedis("RedisServer gets past entries that no actor can use", [], async ({ redis, client }) => {
  const server = new RedisServer(redis.url);
  const app = new Repid({ logger: silentLogger });
  app.servers.register("redis", server);
  const router = new Router({ channel: "jobs" });
  const seen: (string | undefined)[] = [];
  router.actor({ name: "work" }, (_, { message }) => void seen.push(message.text()));
  app.includeRouter(router);
  for (
    const fields of [
      ["headers", "{not json", "payload", "a"],
      ["headers", "[1]"],
      ["headers", "null"],
      ["nothing", "known"],
      ["payload", "b", "headers", '{"topic":7,"more":{"of":null}}'],
      ["payload", "c", "headers", '{"topic":"work"}', "delivery_count", "many"],
    ]
  ) await client.xadd(STREAM, "*", ...fields);
  const stopping = new AbortController();
  const running = app.runWorker({ osSignals: [], signal: stopping.signal });
  await until("it is handled", () => seen.length > 0, PATIENCE);
  // Unrouted ones are tried again with growing pauses, and end as dead letters.
  await until("the others are dead letters", async () => await client.xlen(`${STREAM}:dlq`) === 5, 60_000);
  stopping.abort();
  await running;
  assert.deepEqual(seen, ["c"]);
  assert.equal(await client.xlen(STREAM), 0);
});
