/**
 * CPU-bound functions in isolated processes, which are killed if they take too long.
 *
 * A function that computes for seconds blocks the event loop: heartbeats, leases and time limits stop working.
 * {@linkcode isolated} runs it in another process. You can use it as the handler of an actor, or call it like any other function.
 * Functions cannot be sent to another process, so you name a module and one of its exports, typed by a type-only import.
 * Threads are not supported: on Deno nothing can stop a thread that does not yield.
 *
 * Payloads and results are copied as by `structuredClone()`. Functions, symbols, promises, shared memory and platform objects
 * such as `URL` cannot be copied. Instances of classes arrive as plain objects with their fields.
 *
 * In production, note that
 * - on Deno (2.6 or later) the program needs `--allow-run` and `--allow-env`. A child process gets the permissions that the
 *   program has without restriction: it gets `--allow-net`, but not `--allow-net=example.com`, because Deno does not report the
 *   restriction;
 * - on Deno a child looks for `deno.json` from its module's folder if it may read that, otherwise from the working directory. It
 *   does not get the other flags of the program. Cache its dependencies with `deno cache heavy.ts`;
 * - compiled and bundled programs cannot start children, because the module is not a file there.
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
