/**
 * Redis Streams, through `npm:ioredis`.
 *
 * @example
 * ```ts
 * import { Repid } from "@repid/core";
 * import { type RedisParameters, RedisServer } from "@repid/core/redis";
 *
 * const app = new Repid();
 * app.servers.register("redis", new RedisServer("redis://localhost:6379/0", { leaseDuration: 30_000 }));
 *
 * export const send = (payload: string): Promise<void> =>
 *   app.sendMessage({
 *     channel: "jobs",
 *     payload,
 *     serverSpecificParameters: { maxLength: 10_000 } satisfies RedisParameters,
 *   });
 * ```
 * @module
 */
export type { TlsOptions } from "../../contract/tls.ts";
export { RedisError, type RedisErrorOptions } from "./errors.ts";
export type { RedisNames, RedisServerOptions } from "./options.ts";
export type { RedisParameters } from "./parameters.ts";
export { RedisServer } from "./server.ts";
