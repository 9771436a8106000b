/**
 * Making the values that an actor's dependencies stand for: concurrently, each once per message.
 * @module
 */
import type { Overrides } from "../declaration/declared_inputs.ts";
import { type MaybePromise, settled } from "../_internal/maybe_promise.ts";
import { type ContextBase, ResolverContext } from "./handler_context.ts";
import type { Dependencies, Dependency } from "../declaration/dependency.ts";
import type { Validated } from "../validation/validation.ts";

type Values = Readonly<Record<string, unknown>>;

/** One dependency, after all that it needs. */
interface Step {
  readonly one: Dependency<unknown>;
  readonly replacement: (() => unknown) | undefined;
  readonly inputs: Inputs;
}

/** Names, and where the values for them are made. */
type Inputs = readonly { readonly name: string; readonly step: number }[];

const NOTHING: Values = Object.freeze({});

/** How the dependencies of one actor are made. Planned once, followed for each message. */
export class Injection {
  readonly #steps: Step[] = [];
  readonly #outputs: Inputs;

  constructor(deps: Dependencies, overrides?: Overrides) {
    const planned = new Map<Dependency<unknown>, number>();
    const plan = (one: Dependency<unknown>): number => {
      const known = planned.get(one);
      if (known !== undefined) return known;
      const replacement = overrides?.get(one);
      const inputs = replacement ? [] : planAll(one.deps);
      const step = this.#steps.push({ one, replacement, inputs }) - 1;
      planned.set(one, step);
      return step;
    };
    const planAll = (needed: Dependencies): Inputs =>
      Object.entries(needed).map(([name, one]) => ({ name, step: plan(one) }));
    this.#outputs = planAll(deps);
  }

  /** Whether there is nothing to make. */
  get isEmpty(): boolean {
    return this.#outputs.length === 0;
  }

  /** The values for one message, and what the schemas made of it. Synchronous where every one of them is. */
  make(base: ContextBase, validated: Validated): MaybePromise<Values> {
    // As long as it will be: an array that grows takes room for 17.
    const made = new Array<unknown>(this.#steps.length);
    let index = 0;
    for (const step of this.#steps) made[index++] = attempt(step, gather(step.inputs, made), base, validated);
    return gather(this.#outputs, made);
  }
}

/** Some of the values by name, as soon as all of them are there. */
function gather(inputs: Inputs, made: readonly unknown[]): MaybePromise<Values> {
  if (inputs.length === 0) return NOTHING;
  const values: Record<string, unknown> = {};
  let waits = false;
  for (const { name, step } of inputs) {
    const value = values[name] = made[step];
    if (value instanceof Promise) waits = true;
  }
  if (!waits) return values;
  return Promise.all(Object.values(values)).then((all) =>
    Object.fromEntries(Object.keys(values).map((name, index) => [name, all[index]]))
  );
}

/** A failure, and whatever can be awaited, as a promise: so that no sibling that has begun rejects unobserved. */
function attempt(
  step: Step,
  deps: MaybePromise<Values>,
  base: ContextBase,
  validated: Validated,
): unknown {
  try {
    return deps instanceof Promise
      ? deps.then((values) => resolve(step, values, base, validated))
      : settled(resolve(step, deps, base, validated));
  } catch (error) {
    return Promise.reject(error);
  }
}

function resolve(
  { one, replacement }: Step,
  deps: Values,
  base: ContextBase,
  validated: Validated,
): unknown {
  if (replacement) return replacement();
  const headers = one.headers ? validated.get("headers", one.headers) : base.message.headers;
  const payload = one.payload ? validated.get("payload", one.payload) : undefined;
  return one.resolve(new ResolverContext(base, headers, deps, payload));
}
