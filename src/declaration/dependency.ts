/**
 * Dependency injection: values that are created for each message, and may use parts of it.
 * @module
 */
import { type KnownOptions, refuseUnknown } from "../_internal/known_options.ts";
import { countOverride } from "./compiled.ts";
import type { DependencyContext } from "./context.ts";
import {
  type HeadersOutput,
  type MaybeSchema,
  refuseNonSchemas,
  type SchemaInput,
  type SchemaOutput,
} from "./schema.ts";
import type { MessageHeaders } from "../contract/server.ts";

/** Named dependencies. */
// deno-lint-ignore no-explicit-any -- a set of dependencies of any kind; `unknown` would refuse those that need something
export type Dependencies = Readonly<Record<string, Dependency<any, any, any>>>;

/** The values that a set of dependencies resolves to. */
export type Resolved<D extends Dependencies> = {
  readonly [K in keyof D]: D[K] extends Dependency<infer T> ? T : never;
};

// A function parameter is contravariant, so inferring from the union of them intersects.
/** Everything that a set of dependencies needs from the payload. */
export type DependenciesPayload<D extends Dependencies> = {
  [K in keyof D]: (_: NonNullable<D[K]["~needs"]>["payload"]) => void;
}[keyof D] extends (_: infer I) => void ? I : never;

/** Everything that a set of dependencies needs from the headers. */
export type DependenciesHeaders<D extends Dependencies> = {
  [K in keyof D]: (_: NonNullable<D[K]["~needs"]>["headers"]) => void;
}[keyof D] extends (_: infer I) => void ? I : never;

/** A value that is injected. Created with {@linkcode dependency}. */
export interface Dependency<T, P = unknown, H = unknown> {
  /** At compile time only: what it and its dependencies need from a message. */
  readonly "~needs"?: { readonly payload: P; readonly headers: H };
  /** The schema of the payload fields that it needs. */
  readonly payload: MaybeSchema;
  /** The schema of the headers that it needs. */
  readonly headers: MaybeSchema;
  /** Its own dependencies. */
  readonly deps: Dependencies;
  /** Creates the value. */
  // deno-lint-ignore no-explicit-any -- the context's type is known where the dependency is declared, not where it is used
  readonly resolve: (context: DependencyContext<any, any, any>) => T | Promise<T>;
  /**
   * Replaces it everywhere until the result is disposed; for tests. Meanwhile the payload fields, headers and dependencies of
   * the original are not needed.
   *
   * @throws {TypeError} If the replacement is not a function.
   */
  override(resolve: () => T | Promise<T>): Disposable;
}

/** What a {@linkcode dependency} needs. */
export interface DependencyOptions<P extends MaybeSchema, H extends MaybeSchema, D extends Dependencies> {
  /** The payload fields that it needs. */
  readonly payload?: P;
  /** The headers that it needs. */
  readonly headers?: H;
  /** The other dependencies that it needs. */
  readonly deps?: D | undefined;
}

const DEPENDENCY_OPTIONS: KnownOptions<DependencyOptions<MaybeSchema, MaybeSchema, Dependencies>> = {
  payload: true,
  headers: true,
  deps: true,
};

// deno-lint-ignore no-explicit-any -- as in Dependency.resolve
type AnyResolve<T> = (context: DependencyContext<any, any, any>) => T | Promise<T>;

/**
 * Declares a dependency without schemas. It receives the message, its headers as text, the signal and `defer`.
 *
 * @example
 * ```ts
 * import { dependency, Router } from "@repid/core";
 *
 * const greeting = dependency(() => "Hello!");
 * new Router().actor({ name: "greet", deps: { greeting } }, (_, { deps }) => console.log(deps.greeting));
 * ```
 */
export function dependency<T>(
  resolve: (context: DependencyContext<undefined, MessageHeaders, Record<never, never>>) => T | Promise<T>,
): Dependency<T>;
/**
 * Declares a dependency that needs payload fields, headers or other dependencies. Messages to its actors must carry what it
 * needs. Created once for each message, concurrently with its siblings.
 */
export function dependency<
  T,
  P extends MaybeSchema = undefined,
  H extends MaybeSchema = undefined,
  D extends Dependencies = Record<never, never>,
>(
  options: DependencyOptions<P, H, D>,
  resolve: (context: DependencyContext<SchemaOutput<P>, HeadersOutput<H>, Resolved<D>>) => T | Promise<T>,
): Dependency<T, SchemaInput<P> & DependenciesPayload<D>, SchemaInput<H> & DependenciesHeaders<D>>;
export function dependency<T>(
  first: DependencyOptions<MaybeSchema, MaybeSchema, Dependencies> | AnyResolve<T>,
  second?: AnyResolve<T>,
): Dependency<T> {
  const [options, resolve] = typeof first === "function" ? [{}, first] : [first, second];
  if (typeof resolve !== "function") {
    throw new TypeError(`Cannot declare a dependency as its resolver is not a function: ${typeof resolve}`);
  }
  refuseUnknown("declare a dependency", options, DEPENDENCY_OPTIONS);
  refuseNonSchemas("declare a dependency", options);
  return new DeclaredDependency(options, resolve);
}

const NOTHING: Dependencies = Object.freeze({});

class DeclaredDependency<T> implements Dependency<T> {
  readonly #options: DependencyOptions<MaybeSchema, MaybeSchema, Dependencies>;
  readonly #resolve: AnyResolve<T>;
  readonly #overrides: { readonly resolve: () => T | Promise<T> }[] = [];

  constructor(options: DependencyOptions<MaybeSchema, MaybeSchema, Dependencies>, resolve: AnyResolve<T>) {
    this.#options = options;
    this.#resolve = resolve;
  }

  get payload(): MaybeSchema {
    return this.#overrides.length > 0 ? undefined : this.#options.payload;
  }

  get headers(): MaybeSchema {
    return this.#overrides.length > 0 ? undefined : this.#options.headers;
  }

  get deps(): Dependencies {
    return this.#overrides.length > 0 ? NOTHING : this.#options.deps ?? NOTHING;
  }

  get resolve(): AnyResolve<T> {
    return this.#overrides.at(-1)?.resolve ?? this.#resolve;
  }

  override(resolve: () => T | Promise<T>): Disposable {
    checkReplacement(resolve);
    const entry = { resolve };
    this.#overrides.push(entry);
    countOverride();
    return {
      [Symbol.dispose]: () => {
        const index = this.#overrides.indexOf(entry);
        if (index < 0) return;
        this.#overrides.splice(index, 1);
        countOverride();
      },
    };
  }
}

/**
 * Refuses a value in the place of a function that returns it.
 *
 * @throws {TypeError} If it is not a function.
 */
export function checkReplacement(resolve: unknown): void {
  if (typeof resolve === "function") return;
  throw new TypeError(
    `Cannot override a dependency as the replacement is not a function: ${typeof resolve}`,
  );
}

/** The names of the fields of `I` that no value matches, because their declarations exclude each other. */
export type ImpossibleFields<I> = { [K in keyof I]-?: [I[K]] extends [never] ? K : never }[keyof I];

/** Refuses dependencies whose fields contradict those of the actor or of each other. */
export type NoConflict<D extends Dependencies, I> = keyof D extends never ? unknown
  : [ImpossibleFields<I>] extends [never] ? unknown
  : {
    readonly deps: {
      readonly "these fields are declared in ways that exclude each other": ImpossibleFields<I>;
    };
  };
