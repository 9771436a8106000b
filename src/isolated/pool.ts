/**
 * Assigns calls to processes.
 *
 * @module
 */
import { encode } from "./clone.ts";
import { IsolatedError } from "./error.ts";
import { type Call, IsolatedProcess } from "./process.ts";

/**
 * Processes that start on demand and run one call at a time each, and the calls that wait for a process, first in, first out.
 * `isolated()` and `ProcessPool` are its public faces.
 */
export class Pool {
  readonly #size: number;
  readonly #killAfter: number;
  readonly #modules = new Set<string>();
  readonly #processes = new Set<IsolatedProcess>();
  readonly #idle: IsolatedProcess[] = [];
  readonly #queue = new Set<Call>();

  /**
   * Starts no process yet.
   *
   * @param size The maximum number of processes.
   * @param killAfter Milliseconds between abort and kill.
   */
  constructor(size: number, killAfter: number) {
    this.#size = size;
    this.#killAfter = killAfter;
  }

  /** Adds a module for the processes that start later. */
  register(module: string): void {
    this.#modules.add(module);
  }

  /**
   * Calls a function of a registered module.
   *
   * @throws {IsolatedError} If the function throws or its process fails.
   * @throws {TypeError} If the payload is not cloneable.
   * @throws The signal's reason, if it aborts before the function returns.
   */
  async call(
    module: string,
    name: string,
    value: unknown,
    signal: AbortSignal | undefined,
  ): Promise<unknown> {
    signal?.throwIfAborted();
    const payload = encode(value, "payload"); // now: later changes of the value do not reach the function
    let onAbort = () => {};
    try {
      return await new Promise((resolve, reject) => {
        const call: Call = { module, name, payload, resolve, reject };
        onAbort = () => this.#abort(call, signal?.reason);
        signal?.addEventListener("abort", onAbort, { once: true });
        this.#queue.add(call);
        this.#dispatch();
      });
    } finally {
      signal?.removeEventListener("abort", onAbort);
    }
  }

  /** Rejects waiting calls, stops running ones, and resolves when every process has ended. The pool can be used again. */
  async end(): Promise<void> {
    const waiting = [...this.#queue];
    this.#queue.clear();
    const processes = [...this.#processes];
    this.#idle.length = 0;
    for (const process of processes) process.stop(poolClosed);
    for (const call of waiting) call.reject(poolClosed(call));
    await Promise.all(processes.map((process) => process.exited));
  }

  #abort(call: Call, reason: unknown): void {
    if (this.#queue.delete(call)) return call.reject(reason);
    for (const process of this.#processes) process.interrupt(call, reason);
  }

  #dispatch(): void {
    for (const call of this.#queue) {
      try {
        const process = this.#take(call.module);
        if (!process) return;
        this.#queue.delete(call);
        process.run(call);
      } catch (error) {
        this.#queue.delete(call);
        call.reject(error);
      }
    }
  }

  #take(module: string): IsolatedProcess | undefined {
    const index = this.#idle.findLastIndex((process) => process.knows(module));
    if (index >= 0) return this.#idle.splice(index, 1)[0];
    if (this.#processes.size < this.#size) return this.#start();
    // all are busy, or older than the module: make room for one that knows it, whose turn comes when that one is gone
    this.#idle.pop()?.kill();
    return undefined;
  }

  #start(): IsolatedProcess {
    const process = new IsolatedProcess([...this.#modules], this.#killAfter, {
      freed: (freed) => {
        this.#idle.push(freed);
        this.#dispatch();
      },
      ended: (ended) => {
        this.#processes.delete(ended);
        const index = this.#idle.indexOf(ended);
        if (index >= 0) this.#idle.splice(index, 1);
        this.#dispatch();
      },
    });
    this.#processes.add(process);
    return process;
  }
}

function poolClosed({ name, module }: Call): IsolatedError {
  return new IsolatedError(`Cannot finish ${name} as its pool was closed: ${module}`);
}
