/**
 * Commands that Redis runs for each message, from its own `INFO commandstats`, so that they do not depend on the machine:
 * for publishing, and for consuming at several concurrencies. Commands inside scripts count as well; `sent` are those that
 * cross the wire, `writes` how often Redis read from its connections. Starts a Redis of its own.
 *
 * deno run -A bench/redis.ts "Redis 8"
 * @module
 */
import process from "node:process";
import { Repid, Router } from "@repid/core";
import { RedisServer } from "@repid/core/redis";
import { Redis } from "ioredis";
import { provideRedis, REDIS_FLAVOURS, startRedis } from "../tests/brokers/redis.ts";

const MESSAGES = 10_000;
const CONCURRENCIES = [1, 10, 100, 1_000];
const WINDOW = 100;
const OPTIONS = { payload: new Uint8Array(64), headers: { topic: "work" }, contentType: undefined };

const flavour = REDIS_FLAVOURS.find((one) => one === process.argv[2]) ?? "Redis 7";
const found = await provideRedis(flavour);
if (found.kind !== "program") throw new Error(`Cannot measure as there is no ${flavour} to start`);
console.log(flavour);
const redis = await startRedis(found);
const client = new Redis(redis.url);
const server = new RedisServer(redis.url);
const connection = await server.connect();

await client.config("RESETSTAT");
let started = performance.now();
await publish("published", MESSAGES);
await print(`publish, window ${WINDOW}`, started);
for (const tasksLimit of CONCURRENCIES) {
  const channel = `c${tasksLimit}`;
  await publish(channel, MESSAGES);
  const app = new Repid();
  app.servers.register("redis", server);
  const router = new Router({ channel });
  router.actor({ name: "work" }, () => {});
  app.includeRouter(router);
  await client.config("RESETSTAT");
  started = performance.now();
  await app.runWorker({ messagesLimit: MESSAGES, tasksLimit, osSignals: [] });
  await print(`consume, ${tasksLimit} at once`, started);
}
await connection.close();
await client.quit();
await redis.process.close();
process.exit(0);

async function publish(channel: string, count: number): Promise<void> {
  for (let i = 0; i < count; i += WINDOW) {
    const message = { ...OPTIONS, replyTo: undefined };
    await Promise.all(Array.from({ length: WINDOW }, () => server.publish(channel, message, {})));
  }
}

async function print(name: string, since: number): Promise<void> {
  const rate = MESSAGES / (performance.now() - since) * 1_000;
  const calls = new Map<string, number>();
  for (const line of (await client.info("commandstats")).split("\r\n")) {
    const [, command, count] = /^cmdstat_([^:]+):calls=(\d+)/.exec(line) ?? [];
    if (command && !/^(info|config)/.test(command)) calls.set(command, Number(count));
  }
  const [, writes] = /^total_reads_processed:(\d+)/m.exec(await client.info("stats")) ?? [];
  const all = [...calls.values()].reduce((sum, count) => sum + count, 0);
  const scripts = (calls.get("eval") ?? 0) + (calls.get("evalsha") ?? 0);
  const sent = scripts + (calls.get("xadd") ?? 0) + (calls.get("xreadgroup") ?? 0);
  const per = (count: number): string => (count / MESSAGES).toFixed(4);
  console.log(
    `${name}: ${per(all)} commands a message, ${per(sent)} sent, ${per(Number(writes))} writes; ${
      Math.round(rate)
    } messages/s`,
  );
  console.log(`  ${[...calls].map(([command, count]) => `${command} ${count}`).join(", ")}`);
}
