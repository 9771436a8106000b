/**
 * A Redis to break, and looks at what is left in it.
 * @module
 */
import { Redis } from "ioredis";
import type { Found } from "../brokers/provision.ts";
import { startRedis, type StartRedisOptions } from "../brokers/redis.ts";
import type { Leftovers, Stage } from "./stage.ts";

/** Sets the stage. */
export async function redisStage(found: Found, options?: StartRedisOptions): Promise<Stage> {
  const { url, process } = await startRedis(found, options);
  return {
    address: { broker: "redis", url },
    process,
    leftovers: (channel) => leftovers(url, channel),
    [Symbol.asyncDispose]: () => process.close(),
  };
}

/** The memory that Redis uses, in bytes. */
export function memoryOf(url: string): Promise<number> {
  return look(url, async (redis) => Number(/^used_memory:(\d+)/m.exec(await redis.info("memory"))?.[1]));
}

/** `XLEN` and `XPENDING`. */
function leftovers(url: string, channel: string): Promise<Leftovers> {
  return look(url, async (redis) => {
    const stream = `repid:${channel}`;
    const [pending] = await redis.xpending(stream, `${stream}:group`) as unknown[];
    return {
      entries: await redis.xlen(stream),
      pending: Number(pending),
      deadLetters: await redis.xlen(`${stream}:dlq`),
    };
  });
}

/** Looks at a Redis, by a connection that is opened for each look: Redis comes and goes. */
async function look<T>(url: string, at: (redis: Redis) => Promise<T>): Promise<T> {
  const redis = new Redis(url);
  try {
    return await at(redis);
  } finally {
    redis.disconnect();
  }
}
