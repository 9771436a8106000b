/**
 * What the faults have in common: waiting with an end, publishing, and looking at what is left in Redis.
 * @module
 */
import type { Server } from "@repid/core";
import { Redis } from "ioredis";

const encoder = new TextEncoder();

/** Asks again and again until it is so. Rejects when that takes too long. */
export async function until(what: string, isSo: () => Promise<boolean> | boolean, ms: number): Promise<void> {
  const end = performance.now() + ms;
  while (!await isSo()) {
    if (performance.now() > end) throw new Error(`Cannot wait longer than ${ms} ms until ${what}`);
    await pause(20);
  }
}

/** Waits. */
export function pause(ms: number): Promise<void> {
  return new Promise((resolve) => setTimeout(resolve, ms));
}

/** Publishes a message for the actor `work`, again and again until Redis has confirmed it. Answers how often that failed. */
export async function publishFirmly(server: Server, channel: string, body: string): Promise<number> {
  const message = {
    payload: encoder.encode(body),
    headers: { topic: "work" },
    contentType: undefined,
    replyTo: undefined,
  };
  for (let failures = 0;; failures++) {
    try {
      await server.publish(channel, message, {});
      return failures;
    } catch (error) {
      if (!server.isRetriable(error)) throw error;
      await pause(20);
    }
  }
}

/** What is left of a channel in Redis. */
export interface Leftovers {
  /** Entries in the stream: `XLEN`. */
  readonly entries: number;
  /** Entries in the hands of consumers: `XPENDING`. */
  readonly pending: number;
  /** Entries in the stream of dead letters. */
  readonly deadLetters: number;
}

/** Nothing is left. */
export const NOTHING: Leftovers = { entries: 0, pending: 0, deadLetters: 0 };

/** Looks at a Redis, by a connection that is opened for each look: Redis comes and goes. */
export async function look<T>(url: string, at: (redis: Redis) => Promise<T>): Promise<T> {
  const redis = new Redis(url);
  try {
    return await at(redis);
  } finally {
    redis.disconnect();
  }
}

/** Counts what is left of a channel. */
export function leftovers(url: string, channel: string): Promise<Leftovers> {
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

/** The memory that Redis uses, in bytes. */
export function memoryOf(url: string): Promise<number> {
  return look(url, async (redis) => Number(/^used_memory:(\d+)/m.exec(await redis.info("memory"))?.[1]));
}
