/**
 * The Redis server is held against the suite for servers, on real ones.
 * @module
 */
import { RedisServer, type RedisServerOptions } from "@repid/core/redis";
import { testServer } from "@repid/core/conformance";
import { Redis } from "ioredis";
import { provideRedis, type RedisFlavour, startRedis } from "../../brokers/redis.ts";
import { skip, test } from "../../harness.ts";

const FLAVOURS: readonly RedisFlavour[] = ["Redis 7", "Redis 8", "Valkey"];
/** Short, so that a lease can be waited for. */
const LEASE = 600;

for (const flavour of FLAVOURS) {
  const found = await provideRedis(flavour);
  if (found.kind === "missing") {
    skip(`RedisServer on ${flavour}`, found.reason);
    continue;
  }
  // Outside of any test, as it outlives them; it ends with the test run.
  const redis = found.kind === "url" ? undefined : await startRedis(found, { durable: true });
  const url = found.kind === "url" ? found.url : redis?.url ?? "";
  const create = (options: RedisServerOptions = {}): RedisServer =>
    new RedisServer(url, { connectTimeout: 2_000, ...options });
  // Brokers started anew outlive their test, and ioredis' parser keeps an interval for a while after a large answer.
  const register = (name: string, fn: () => Promise<void>): void =>
    test(name, fn, { sanitizeOps: false, sanitizeResources: false });

  testServer(register, `RedisServer on ${flavour}`, {
    create: () => create(),
    channel: (suffix = "") => `${crypto.randomUUID()} ${suffix}`,
    async deadLetters(channel) {
      const client = new Redis(url);
      const entries = await client.xrangeBuffer(`repid:${channel}:dlq`, "-", "+");
      await client.quit();
      return entries.map(([, fields]) => ({ payload: new Uint8Array(fields[1] ?? []), headers: {} }));
    },
    leases: { create: () => create({ leaseDuration: LEASE, readTimeout: 200 }), duration: LEASE },
    broker: redis
      ? {
        stop: () => redis.process.stop(),
        start: () => redis.process.pid === undefined ? redis.process.start() : Promise.resolve(),
        kill: () => redis.process.kill(),
      }
      : "it is not ours",
  });
}
