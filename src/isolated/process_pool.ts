/**
 * Pools with their own size, which you can close.
 *
 * @module
 */
import { availableParallelism } from "node:os";
import { type KnownOptions, refuseUnknown } from "../_internal/known_options.ts";
import { type Admission, admissionTo } from "./admission.ts";
import { IsolatedError } from "./error.ts";
import { type IsolatedModule, moduleIn } from "./module.ts";
import { Pool } from "./pool.ts";

/** Options of {@linkcode ProcessPool}. */
export interface ProcessPoolOptions {
  /** The maximum number of processes, at least 1. Defaults to what the machine runs in parallel. */
  readonly size?: number | undefined;
  /** How long an aborted function may take to stop, in milliseconds, before its process is killed. Defaults to 100. */
  readonly killAfter?: number | undefined;
}

const OPTIONS: KnownOptions<ProcessPoolOptions> = { size: true, killAfter: true };

/**
 * Processes that run functions of modules. Each runs one call at a time; further calls wait for a free process.
 *
 * Processes start on demand and are kept for later calls. Idle processes do not keep the program alive. A process that crashed is
 * replaced when it is needed. Children end when their parent ends.
 *
 * @example
 * ```ts
 * import { ProcessPool } from "@repid/core/isolated";
 * import assert from "node:assert/strict";
 *
 * await using pool = new ProcessPool({ size: 2 });
 * // a module of one line; usually: pool.module<typeof Heavy>(new URL("./heavy.ts", import.meta.url))
 * const url = new URL("data:text/javascript,export const double = (number) => 2 * number;");
 * const { double } = pool.module<{ double(number: number): number }>(url);
 * assert.equal(await double(21, { signal: AbortSignal.timeout(60_000) }), 42);
 * ```
 */
export class ProcessPool implements AsyncDisposable {
  /**
   * A middleware for actors whose handlers run in this pool. It waits for a free process before the run begins, so that waiting
   * does not count against the actor's time limit. Without it, a worker that takes more messages than there are processes may
   * let them time out while they wait. A message that waits keeps its slot.
   *
   * @example
   * ```ts
   * import { Router } from "@repid/core";
   * import { ProcessPool } from "@repid/core/isolated";
   *
   * const pool = new ProcessPool({ size: 2 });
   * const router = new Router({ channel: "heavy", timeout: 10_000, middlewares: [pool.admit] });
   * ```
   */
  readonly admit: Admission;
  readonly #pool: Pool;
  #closing: Promise<void> | undefined;

  /**
   * Creates a pool. No process starts before the first call.
   *
   * @throws {TypeError} If an option is unknown.
   * @throws {RangeError} If `size` or `killAfter` is out of range.
   */
  constructor(options: ProcessPoolOptions = {}) {
    refuseUnknown("create a pool", options, OPTIONS);
    const { size = availableParallelism(), killAfter = 100 } = options;
    if (!Number.isInteger(size) || size < 1) {
      throw new RangeError(`Cannot create a pool as its size is not a positive integer: ${size}`);
    }
    if (!(killAfter >= 0 && killAfter <= MAX_TIMER)) {
      throw new RangeError(
        `Cannot create a pool as killAfter is not between 0 and ${MAX_TIMER}: ${killAfter}`,
      );
    }
    this.#pool = new Pool(size, killAfter);
    this.admit = admissionTo(() => size);
  }

  /**
   * The functions of a module, run in this pool. A pool can run the functions of several modules. Declare them before the first
   * call, because processes that started earlier must be replaced for a new module.
   *
   * @throws {TypeError} If `url` is not a `URL`.
   */
  module<M>(url: URL): IsolatedModule<M> {
    return moduleIn<M>(this.#pool, url, (name) => {
      if (this.#closing) throw new IsolatedError(`Cannot call ${name} as its pool is closed: ${url}`);
    });
  }

  /**
   * Ends every process: idle ones at once, the others after `killAfter`. Waiting calls reject with an
   * {@linkcode IsolatedError}; running calls too, unless they return in time. Later calls reject. Resolves when all processes
   * have ended. May be called repeatedly, and before any use.
   */
  close(): Promise<void> {
    return this.#closing ??= this.#pool.end();
  }

  /** The same as {@linkcode ProcessPool.close}. */
  [Symbol.asyncDispose](): Promise<void> {
    return this.close();
  }
}

/** The longest delay that a timer can have, in milliseconds. */
const MAX_TIMER = 2 ** 31 - 1;
