/**
 * Replacing dependencies for one test client.
 * @module
 */
import { checkReplacement, type Dependency } from "../declaration/dependency.ts";

/** A replacement of a dependency, for one test client. Created with {@linkcode override}. */
export interface DependencyOverride {
  /** The dependency to replace. */
  readonly dependency: Dependency<unknown>;
  /** Returns the value to inject instead. */
  readonly resolve: () => unknown;
}

/**
 * Replaces a dependency for one {@linkcode TestClient}. Other clients and workers keep the original. As with
 * {@linkcode Dependency.override}, the payload fields, headers and dependencies of the original are not needed.
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
 * @throws {TypeError} If it is not a dependency, or the replacement is not a function.
 */
export function override<T>(
  // deno-lint-ignore no-explicit-any -- what the original needs does not matter here
  dependency: Dependency<T, any, any>,
  resolve: () => T | Promise<T>,
): DependencyOverride {
  if (typeof dependency?.resolve !== "function") {
    throw new TypeError(
      `Cannot override a dependency as it was not made with dependency(): ${typeof dependency}`,
    );
  }
  checkReplacement(resolve);
  return { dependency: dependency as Dependency<unknown>, resolve };
}
