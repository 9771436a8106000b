/**
 * The pool that the whole program shares.
 *
 * @module
 */
import { availableParallelism } from "node:os";
import { type Admission, admissionTo } from "./admission.ts";
import { type IsolatedModule, moduleIn } from "./module.ts";
import { Pool } from "./pool.ts";

/**
 * The functions of a module, run in processes that the whole program shares: as many as the machine runs in parallel. The
 * module is not loaded here: import its types only.
 *
 * Call this when the program starts. A function receives a copy of the payload, and `{ signal }`. Its process is killed 100 ms
 * after its signal is aborted.
 *
 * @throws {TypeError} If `url` is not a `URL`.
 *
 * @example
 * ```ts ignore
 * import type * as Heavy from "./heavy.ts";
 *
 * const heavy = isolated<typeof Heavy>(new URL("./heavy.ts", import.meta.url));
 * router.actor({ name: "calculate_prime", timeout: 5_000, payload: type({ number: "number.integer" }) }, heavy.calculatePrime);
 * ```
 */
export function isolated<M>(url: URL): IsolatedModule<M> {
  return moduleIn<M>(shared ??= new Pool(availableParallelism(), 100), url);
}

/**
 * Ends the processes of every {@linkcode isolated} module, and resolves when they have ended. Running and waiting calls end as
 * with `ProcessPool.close()`. A later call starts processes again.
 *
 * Programs need not call this, because idle processes end with them. Call it in tests that check for leaks.
 */
export async function closeIsolated(): Promise<void> {
  await shared?.end();
}

/** As {@linkcode ProcessPool.admit}, for the processes that all {@linkcode isolated} modules share. */
export const admitIsolated: Admission = admissionTo(availableParallelism);

let shared: Pool | undefined;
