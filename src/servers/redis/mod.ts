/**
 * Redis Streams, through `npm:ioredis`.
 *
 * @example
 * ```ts
 * import { Repid } from "@repid/core";
 * import { type RedisParameters, RedisServer } from "@repid/core/redis";
 *
 * const app = new Repid();
 * app.servers.register("redis", new RedisServer("redis://localhost:6379/0", { minIdleMs: 30_000 }));
 *
 * export const send = (payload: string): Promise<void> =>
 *   app.sendMessage({
 *     channel: "jobs",
 *     payload,
 *     serverSpecificParameters: { maxlen: 10_000 } satisfies RedisParameters,
 *   });
 * ```
 * @module
 */
export type { RedisParameters, RedisServerOptions } from "./options.ts";
export { RedisServer } from "./server.ts";
