/**
 * The functions of a module, as you call them.
 *
 * @module
 */
import type { Pool } from "./pool.ts";

/** What an isolated function receives as its second argument. */
export interface IsolatedContext {
  /**
   * Aborted when the caller's signal is aborted: by the time limit of an actor, or by shutdown. The reason is a `TimeoutError`
   * or an `AbortError`. Code that awaits can stop in time; otherwise the process is killed.
   */
  readonly signal: AbortSignal;
}

/** The second argument of an isolated function. If you pass a context, only its signal is used. */
export interface IsolatedCallOptions {
  /** Aborts the call. */
  readonly signal?: AbortSignal | undefined;
}

/**
 * An isolated function, as you call it. Payload and result are copied, so they must be cloneable.
 *
 * You can use it as a handler: `router.actor({ name, payload }, heavy.calculatePrime)`.
 */
export type IsolatedFunction<F> = F extends (...args: infer A) => infer R
  ? undefined extends A[0]
    ? (payload?: OptionalPayload<A>, options?: IsolatedCallOptions) => Promise<Awaited<R>>
  : (payload: A[0], options?: IsolatedCallOptions) => Promise<Awaited<R>>
  : never;

/** A function without parameters accepts any payload and ignores it, as when it is called directly. */
export type OptionalPayload<A extends readonly unknown[]> = A extends readonly [] ? unknown : A[0];

/** The exported functions of a module that take a payload and an {@linkcode IsolatedContext}, or less. */
export type IsolatedModule<M> = {
  readonly [
    K in keyof M as K extends "then" ? never
      : M[K] extends (payload: never, context: IsolatedContext) => unknown ? K
      : never
  ]: IsolatedFunction<M[K]>;
};

/**
 * The functions of a module, created when they are read. The module itself is not loaded here.
 *
 * @param check Throws if the pool is closed.
 * @throws {TypeError} If `url` is not a `URL`.
 */
export function moduleIn<M>(pool: Pool, url: URL, check?: (name: string) => void): IsolatedModule<M> {
  if (!(url instanceof URL)) {
    throw new TypeError(`Cannot isolate a module as it is not given as a URL: ${url}`);
  }
  const { href } = url;
  pool.register(href);
  const functions = new Map<string, (payload: unknown, options?: IsolatedCallOptions) => Promise<unknown>>();
  return new Proxy(Object.freeze({}), {
    get(_, name) {
      // promises look for "then" in whatever they are resolved with
      if (typeof name !== "string" || name === "then") return undefined;
      const known = functions.get(name);
      if (known) return known;
      const isolated = async (payload: unknown, options?: IsolatedCallOptions) => {
        check?.(name);
        return await pool.call(href, name, payload, options?.signal);
      };
      functions.set(name, isolated);
      return isolated;
    },
  }) as IsolatedModule<M>; // what the proxy stands for is known to the compiler only
}
