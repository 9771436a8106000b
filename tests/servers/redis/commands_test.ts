/**
 * How many commands RedisServer needs, from Redis' own `INFO commandstats`, and how its scripts reach Redis.
 * @module
 */
import assert from "node:assert/strict";
import { Repid, Router } from "@repid/core";
import { RedisServer } from "@repid/core/redis";
import type { Redis } from "ioredis";
import { collect } from "../collect.ts";
import { onEachRedis, onRedis } from "./private_redis.ts";

const MESSAGE = {
  payload: new Uint8Array(),
  headers: { topic: "work" },
  contentType: undefined,
  replyTo: undefined,
};
/** How long a message may take to come, in milliseconds. */
const PATIENCE = 10_000;

interface Parts {
  readonly server: RedisServer;
  /** Looks from outside. */
  readonly client: Redis;
  readonly channel: string;
}

/** A server on a Redis that nobody else gives commands to. */
function alone(name: string, look: (parts: Parts) => Promise<void>): void {
  onRedis(name, [], async ({ redis, client }) => {
    const server = new RedisServer(redis.url);
    const connection = await server.connect();
    await look({ server, client, channel: "jobs" });
    await connection.close();
  });
}

alone("RedisServer sends a script as a whole only until Redis knows it", async (parts) => {
  const { server, client, channel } = parts;
  await publish(parts, 3);
  const subscription = await server.subscribe([channel]);
  const [first, second, third] = await subscription.take(3, PATIENCE);
  await client.config("RESETSTAT");
  assert.equal(await first?.settle("ack"), "done");
  assert.equal(await second?.settle("ack"), "done");
  assert.deepEqual(pick(await commandsOf(client), "eval", "evalsha"), { eval: 1, evalsha: 2 });
  await client.script("FLUSH");
  assert.equal(await third?.settle("ack"), "done");
  assert.deepEqual(pick(await commandsOf(client), "eval", "evalsha"), { eval: 2, evalsha: 3 });
  assert.equal(await client.xlen(`repid:${channel}`), 0);
  await subscription.close();
});

alone("RedisServer settles two of many messages without a look at those between", async (parts) => {
  const { server, client, channel } = parts;
  await publish(parts, 300);
  const subscription = await server.subscribe([channel]);
  const deliveries = await collect(subscription, 300);
  const [first, stolen, last] = [deliveries[0], deliveries[150], deliveries[299]];
  await client.xclaim(`repid:${channel}`, `repid:${channel}:group`, "thief", 0, stolen?.messageId ?? "");
  await client.config("RESETSTAT");
  const results = await Promise.all([first, stolen, last, last].map((delivery) => delivery?.settle("ack")));
  assert.deepEqual(results, ["done", "lost", "done", "lost"]);
  // Once for what lies at the beginning, and for each of the two that lie beyond.
  assert.deepEqual(pick(await commandsOf(client), "evalsha", "xpending"), { evalsha: 1, xpending: 3 });
  assert.equal(await client.xlen(`repid:${channel}`), 299 - 1);
  // All in one: one look tells, and two what is pending beside them.
  await client.config("RESETSTAT");
  const others = deliveries.filter((delivery) => ![first, stolen, last].includes(delivery));
  const all = await Promise.all(others.map((delivery) => delivery.settle("ack")));
  assert.deepEqual(all, others.map(() => "done"));
  assert.deepEqual(pick(await commandsOf(client), "evalsha", "xpending"), { evalsha: 1, xpending: 3 });
  await subscription.close();
});

alone("RedisServer.publish() gives one command for each message", async (parts) => {
  await parts.client.config("RESETSTAT");
  await publish(parts, 500);
  const commands = await commandsOf(parts.client);
  commands.delete("config|resetstat");
  assert.deepEqual(Object.fromEntries(commands), { xadd: 500 });
});

alone("RedisServer sends at most 0.05 commands for each consumed message, 100 at once", async (parts) => {
  const { server, client, channel } = parts;
  await publish(parts, 1_000);
  const app = new Repid();
  app.servers.register("redis", server);
  const router = new Router({ channel });
  let handled = 0;
  router.actor({ name: "work" }, () => void handled++);
  app.includeRouter(router);
  await client.config("RESETSTAT");
  await app.runWorker({ messagesLimit: 1_000, tasksLimit: 100, osSignals: [] });
  const commands = pick(await commandsOf(client), "eval", "evalsha", "xreadgroup", "xack");
  const { eval: whole = 0, evalsha = 0, xreadgroup = 0, xack = 0 } = commands;
  assert.equal(handled, 1_000);
  assert.equal(await client.xlen(`repid:${channel}`), 0);
  assert.ok(xreadgroup > 0 && xack > 0 && evalsha >= xack);
  assert.ok((whole + evalsha + xreadgroup) / 1_000 <= 0.05, JSON.stringify(commands));
});

/** What `docs/redis.md` says that a user needs. */
const RIGHTS = ["~repid:*", "+@stream", "+@scripting", "+@connection", "+info", "+command"];

onEachRedis("RedisServer needs no more rights than its page says", async ({ redis, client }) => {
  await client.acl("SETUSER", "app", "on", ">s3cret", "resetchannels", ...RIGHTS);
  await client.acl("LOG", "RESET");
  const url = new URL(redis.url);
  [url.username, url.password] = ["app", "s3cret"];
  const server = new RedisServer(url.href, { leaseDuration: 50 });
  const connection = await server.connect();
  const subscription = await server.subscribe(["jobs", "more"]);
  const [one, other] = [{ server, client, channel: "jobs" }, { server, client, channel: "more" }];
  await Promise.all([publish(one, 3), publish(other, 3)]);
  for (const settlement of ["reject", "nack", "ack"] as const) {
    for (const delivery of await collect(subscription, 2)) {
      assert.equal(await delivery.extendLease?.(), "done");
      assert.equal(await delivery.settle(settlement), "done");
    }
  }
  await client.xgroup("CREATE", "repid:jobs", "others", "$");
  const [delivery] = await collect(subscription, 1);
  assert.equal(await delivery?.settle("reject"), "done");
  await subscription.close();
  await connection.close();
  assert.deepEqual(await client.acl("LOG"), []);
});

/** Takes so many deliveries, in however many turns. */
async function publish({ server, channel }: Parts, count: number): Promise<void> {
  await Promise.all(Array.from({ length: count }, () => server.publish(channel, MESSAGE, {})));
}

/** How often each command has run since the last reset; those inside scripts count as well. */
async function commandsOf(client: Redis): Promise<Map<string, number>> {
  const lines = (await client.info("commandstats")).matchAll(/^cmdstat_([^:]+):calls=(\d+)/gm);
  return new Map([...lines].map(([, name = "", calls]) => [name, Number(calls)]));
}

function pick(commands: ReadonlyMap<string, number>, ...names: readonly string[]): Record<string, number> {
  return Object.fromEntries(names.map((name) => [name, commands.get(name) ?? 0]));
}
