/**
 * Replacing dependencies for one test client.
 * @module
 */
import { checkReplacement, type Dependency } from "../declaration/dependency.ts";

/** A replacement of a dependency, for one test client. Made with {@linkcode override}. */
export interface DependencyOverride {
  /** What is replaced. */
  readonly dependency: Dependency<unknown>;
  /** By what. */
  readonly resolve: () => unknown;
}

/**
 * Replaces a dependency for one {@linkcode TestClient}: others, and workers, do not notice. As with
 * {@linkcode Dependency.override}, the replacement asks for nothing.
 *
 * @example
 * ```ts
 * import { dependency, Repid } from "@repid/core";
 * import { override, TestClient } from "@repid/core/testing";
 *
 * const now = dependency(() => Date.now());
 * await using client = new TestClient(new Repid(), { overrides: [override(now, () => 0)] });
 * ```
 *
 * @throws {TypeError} If it is no dependency, or what replaces it is not a function.
 */
export function override<T>(
  // deno-lint-ignore no-explicit-any -- what the original asks for does not matter here
  dependency: Dependency<T, any, any>,
  resolve: () => T | Promise<T>,
): DependencyOverride {
  if (typeof dependency?.resolve !== "function") {
    throw new TypeError(`Cannot override what was not made with dependency(): ${typeof dependency}`);
  }
  checkReplacement(resolve);
  return { dependency: dependency as Dependency<unknown>, resolve };
}
