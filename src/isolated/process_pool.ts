/**
 * Pools with a size and an end of their own.
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
  /** How many processes at most, 1 or more. Defaults to what the machine runs in parallel. */
  readonly size?: number | undefined;
  /** Milliseconds that an aborted function has to stop by itself before its process is killed. Defaults to 100. */
  readonly killAfter?: number | undefined;
}

const OPTIONS: KnownOptions<ProcessPoolOptions> = { size: true, killAfter: true };

/**
 * Processes that run functions of modules, one call at a time each; further calls wait for a free one.
 *
 * They start on demand and are kept for later calls; while idle they do not keep the program alive. One that
 * crashes is replaced when it is needed. No child outlives its parent.
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
   * A middleware for actors whose handlers run in this pool: waits for a free process before the run begins, so that
   * waiting does not count against the actor's time limit. Without it a worker that takes more messages than there are
   * processes may see them time out in the queue. What waits holds its message.
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
   * Makes a pool; nothing starts before the first call.
   *
   * @throws {TypeError} If an option is not known.
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
   * The functions of a module, run in this pool. A pool may run those of several modules; declare them before
   * the first call, as a process that started earlier has to be replaced for a new one.
   *
   * @throws {TypeError} If the module is not given as a `URL`.
   */
  module<M>(url: URL): IsolatedModule<M> {
    return moduleIn<M>(this.#pool, url, (name) => {
      if (this.#closing) throw new IsolatedError(`Cannot call ${name} as its pool is closed: ${url}`);
    });
  }

  /**
   * Ends every process: the idle ones at once, the others after `killAfter`. Waiting calls reject with an
   * {@linkcode IsolatedError}, running ones too unless they still return. Resolves when all processes are gone.
   * May be called repeatedly, and before any use; later calls of functions reject.
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
