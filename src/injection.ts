/**
 * Making the values that an actor's dependencies stand for: concurrently, each once per message.
 * @module
 */
import type { ActorContext } from "./actor.ts";
import type { Dependencies, Dependency, DependencyContext } from "./dependency.ts";
import type { Overrides, Validated } from "./validation.ts";

/** What dependencies are made from. */
export interface InjectionOptions {
  /** What actor and dependencies see alike. */
  readonly base: Omit<ActorContext, "headers" | "deps">;
  /** Headers as text, for those that declare no schema. */
  readonly headers: ActorContext["headers"];
  /** What the schemas made of the message. */
  readonly validated: Validated;
  /** Takes clean-ups. */
  readonly defer: (cleanUp: () => unknown) => void;
  /** Replacements of one test client. */
  readonly overrides?: Overrides | undefined;
}

type Values = Readonly<Record<string, unknown>>;
type MaybePromise<T> = T | Promise<T>;

/** The values of some dependencies. Synchronous where every one of them is. */
export function inject(deps: Dependencies, options: InjectionOptions): MaybePromise<Values> {
  const made = new Map<Dependency<unknown>, unknown>();
  return makeAll(deps);

  function makeAll(needed: Dependencies): MaybePromise<Values> {
    const entries = Object.entries(needed).map(([name, one]) => [name, makeOnce(one)] as const);
    if (!entries.some(([, value]) => value instanceof Promise)) return Object.fromEntries(entries);
    return Promise.all(entries.map(async ([name, value]) => [name, await value] as const)).then(
      Object.fromEntries,
    );
  }

  function makeOnce(one: Dependency<unknown>): unknown {
    if (made.has(one)) return made.get(one);
    const value = attempt(() => make(one));
    made.set(one, value);
    return value;
  }

  function make(one: Dependency<unknown>): unknown {
    const override = options.overrides?.get(one);
    if (override) return override();
    const deps = makeAll(one.deps);
    if (!(deps instanceof Promise)) return one.resolve(contextOf(one, deps));
    return deps.then((resolved) => one.resolve(contextOf(one, resolved)));
  }

  function contextOf(one: Dependency<unknown>, deps: Values): DependencyContext<unknown, unknown, Values> {
    const { base, headers, validated, defer } = options;
    return {
      message: base.message,
      actor: base.actor,
      get signal() {
        return base.signal;
      },
      deps,
      payload: one.payload ? validated.get(one.payload) : undefined,
      headers: one.headers ? validated.get(one.headers) : headers,
      defer,
    };
  }
}

/** A failure, and whatever can be awaited, as a promise: so that no sibling that has begun rejects unobserved. */
function attempt(make: () => unknown): unknown {
  try {
    const value = make();
    const isThenable = typeof (value as { then?: unknown } | null | undefined)?.then === "function";
    return isThenable ? Promise.resolve(value) : value;
  } catch (error) {
    return Promise.reject(error);
  }
}
