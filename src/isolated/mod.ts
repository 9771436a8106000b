/**
 * CPU-bound functions in processes of their own, which are killed when they take too long.
 *
 * A function that computes for seconds blocks the event loop: heartbeats, leases and time limits stop working.
 * {@linkcode isolated} runs it elsewhere; it can be a handler of an actor, or be called like any other function.
 * Functions cannot be sent, so what runs elsewhere is a module and the name of an export, typed by a type-only import.
 * Threads are not offered: on Deno nothing can stop one that does not yield.
 *
 * What crosses is copied as by `structuredClone()`, without what only exists within one process: functions,
 * symbols, promises, platform objects such as `URL`, shared memory. Instances of classes arrive as their fields.
 *
 * Started in production, mind that
 * - on Deno, from 2.6, the program needs `--allow-run` and `--allow-env`. A child gets of the eight permissions those that the program
 *   was granted without restriction: `--allow-net`, but not `--allow-net=example.com`, which Deno does not tell;
 * - on Deno a child finds `deno.json` by its module's folder if that may be read, else by the working directory;
 *   other flags of the program it does not know. Cache its dependencies with `deno cache heavy.ts`;
 * - compiled and bundled programs cannot start children: there the module is no file any more.
 *
 * @example
 * ```ts ignore
 * import { isolated } from "@repid/core/isolated";
 * import type * as Heavy from "./heavy.ts"; // types only: not loaded here
 *
 * const heavy = isolated<typeof Heavy>(new URL("./heavy.ts", import.meta.url));
 * const isPrime = await heavy.calculatePrime({ number: 1_000_003 }, { signal: AbortSignal.timeout(5_000) });
 * ```
 *
 * @module
 */
export type { Admission } from "./admission.ts";
export { IsolatedError, type IsolatedErrorOptions } from "./error.ts";
export { admitIsolated, closeIsolated, isolated } from "./isolated.ts";
export type {
  IsolatedCallOptions,
  IsolatedContext,
  IsolatedFunction,
  IsolatedModule,
  OptionalPayload,
} from "./module.ts";
export { ProcessPool, type ProcessPoolOptions } from "./process_pool.ts";
