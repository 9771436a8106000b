/**
 * The schemas of a declaration, those of its dependencies included.
 * @module
 */
import type { Dependencies, Dependency } from "./dependency.ts";
import type { AnySchema, MaybeSchema } from "./schema.ts";

/** The replacements of dependencies for one test client. */
export type Overrides = ReadonlyMap<Dependency<unknown>, () => unknown>;

/** Something that declares schemas and dependencies: an actor, a contract or a dependency. */
export interface Declaration {
  readonly payload?: MaybeSchema;
  readonly headers?: MaybeSchema;
  readonly deps?: Dependencies | undefined;
}

/** Every schema of a declaration and its dependencies, each once. */
export interface DeclaredInputs {
  readonly payload: readonly AnySchema[];
  readonly headers: readonly AnySchema[];
}

/** Collects the schemas of a declaration and of all its dependencies. Overridden dependencies need nothing. */
export function collectInputs(declaration: Declaration, overrides?: Overrides): DeclaredInputs {
  const payload = new Set<AnySchema>();
  const headers = new Set<AnySchema>();
  const seen = new Set<Declaration>();
  const visit = (node: Declaration): void => {
    if (seen.has(node)) return;
    seen.add(node);
    if (overrides?.has(node as Dependency<unknown>)) return;
    if (node.payload) payload.add(node.payload);
    if (node.headers) headers.add(node.headers);
    for (const needed of Object.values(node.deps ?? {})) visit(needed);
  };
  visit(declaration);
  return { payload: [...payload], headers: [...headers] };
}
