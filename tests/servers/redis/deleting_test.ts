/**
 * What is deleted with an acknowledgement: what was acknowledged, and nothing else, whatever the stream holds besides.
 * @module
 */
import assert from "node:assert/strict";
import type { Delivery, DeliveryResult, Subscription } from "@repid/core/server";
import { RedisServer } from "@repid/core/redis";
import type { Redis } from "ioredis";
import { collect } from "../collect.ts";
import { onEachRedis } from "./private_redis.ts";

const STREAM = "repid:jobs";
const GROUP = `${STREAM}:group`;

interface Parts {
  readonly client: Redis;
  readonly subscription: Subscription;
  /** Publishes so many, and answers their ids. */
  readonly publish: (count: number) => Promise<string[]>;
}

/** What is in the stream before the server has seen it, and what happens then; answers which ids must be left. */
interface Case {
  readonly name: string;
  readonly before?: (client: Redis) => Promise<string[]>;
  readonly run: (parts: Parts) => Promise<string[]>;
}

const CASES: readonly Case[] = [
  {
    name: "all that was read",
    run: async ({ publish, subscription }) => {
      await publish(300);
      await ack(await collect(subscription, 300));
      return [];
    },
  },
  {
    name: "what comes before others that are pending or were not read",
    run: async ({ client, publish, subscription }) => {
      const ids = await publish(40);
      const [done, pending] = halves(await collect(subscription, 20));
      await client.config("RESETSTAT");
      await ack(done);
      const stats = await client.info("commandstats");
      assert.match(stats, /cmdstat_xtrim:calls=1,/);
      assert.doesNotMatch(stats, /cmdstat_x(?:ack)?del:/);
      await ack(pending);
      return ids.slice(20);
    },
  },
  {
    name: "what lies between others that are pending",
    run: async ({ publish, subscription }) => {
      const ids = await publish(20);
      const [first, ...others] = await collect(subscription, 20);
      const last = others.pop();
      await ack(others.toReversed());
      assert.deepEqual([first?.messageId, last?.messageId], [ids[0], ids[19]]);
      return [ids[0] ?? "", ids[19] ?? ""];
    },
  },
  {
    name: "nothing from the time before the group",
    before: async (client) => {
      const ids = await add(client, 7);
      await client.xgroup("CREATE", STREAM, GROUP, "$");
      return ids;
    },
    run: async ({ publish, subscription }) => {
      await publish(20);
      await ack(await collect(subscription, 20));
      return [];
    },
  },
  {
    name: "nothing that somebody else acknowledged and kept",
    run: async ({ client, publish, subscription }) => {
      const ids = await publish(20);
      const deliveries = await collect(subscription, 20);
      const kept = [ids[0], ids[5], ids[19]].map(String);
      await client.xack(STREAM, GROUP, ...kept);
      await ack(deliveries.filter(({ messageId }) => !kept.includes(messageId ?? "")));
      return kept;
    },
  },
  {
    name: "nothing that the group was made to skip",
    run: async ({ client, publish, subscription }) => {
      const skipped = await publish(6);
      await client.xgroup("SETID", STREAM, GROUP, "$");
      await publish(20);
      await ack(await collect(subscription, 20));
      return skipped;
    },
  },
  {
    name: "the rest where pending entries are gone already",
    run: async ({ client, publish, subscription }) => {
      const ids = await publish(20);
      const deliveries = await collect(subscription, 10);
      await client.xdel(STREAM, String(ids[2]), String(ids[9]));
      await ack(deliveries);
      return ids.slice(10);
    },
  },
  {
    name: "nothing that was not read where undelivered entries are gone",
    run: async ({ client, publish, subscription }) => {
      const ids = await publish(30);
      await client.xdel(STREAM, String(ids[15]), String(ids[16]));
      await ack(await collect(subscription, 10));
      return [...ids.slice(10, 15), ...ids.slice(17)];
    },
  },
  {
    name: "nothing that was not read where a later entry was claimed by force",
    run: async ({ client, publish, subscription }) => {
      const ids = await publish(12);
      const deliveries = await collect(subscription, 7);
      const kept = String(ids[2]);
      await client.xack(STREAM, GROUP, kept);
      await client.xclaim(STREAM, GROUP, "somebody", 0, String(ids[10]), "FORCE");
      await ack(deliveries.filter(({ messageId }) => messageId !== kept));
      return [kept, ...ids.slice(7)];
    },
  },
  {
    name: "in its turn what was rejected, and not its copies",
    run: async ({ client, publish, subscription }) => {
      await publish(20);
      const [rejected, done] = halves(await collect(subscription, 20));
      const settled = await Promise.all([
        ...rejected.map((delivery) => delivery.settle("reject")),
        ...done.map((delivery) => delivery.settle("ack")),
      ]);
      assert.deepEqual(new Set(settled), new Set(["done"]));
      const left = await idsOf(client);
      assert.equal(left.length, 10);
      await ack(await collect(subscription, 10));
      return [];
    },
  },
];

for (const { name, before, run } of CASES) {
  onEachRedis(`RedisServer's ack deletes ${name}`, async ({ redis, client }) => {
    const old = await before?.(client) ?? [];
    const server = new RedisServer(redis.url);
    const connection = await server.connect();
    const subscription = await server.subscribe(["jobs"]);
    const left = await run({ client, subscription, publish: (count) => add(client, count) });
    assert.deepEqual(await idsOf(client), [...old, ...left]);
    await subscription.close();
    await connection.close();
  });
}

async function add(client: Redis, count: number): Promise<string[]> {
  const ids: string[] = [];
  for (let i = 0; i < count; i++) ids.push(String(await client.xadd(STREAM, "*", "payload", String(i))));
  return ids;
}

async function idsOf(client: Redis): Promise<string[]> {
  return (await client.xrange(STREAM, "-", "+")).map(([id]) => id);
}

async function ack(deliveries: readonly Delivery[]): Promise<void> {
  const results = await Promise.all(deliveries.map((delivery) => delivery.settle("ack")));
  assert.deepEqual(results, deliveries.map((): DeliveryResult => "done"));
}

function halves<T>(all: readonly T[]): [readonly T[], readonly T[]] {
  return [all.slice(0, all.length / 2), all.slice(all.length / 2)];
}
