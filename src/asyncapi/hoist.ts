/**
 * Moves a JSON Schema document into an AsyncAPI document, and rewrites the pointers in it, which would point elsewhere there.
 * @module
 */
import type { JsonSchema } from "../declaration/json_schema.ts";
import { type Components, reference } from "./components.ts";

/** Keywords that hold schemas by name: their keys are not keywords. */
const MAPS = new Set([
  "properties",
  "patternProperties",
  "definitions",
  "$defs",
  "dependencies",
  "dependentSchemas",
]);

/** Keywords that hold data, which contains no references. */
const DATA = new Set(["const", "default", "enum", "examples", "example"]);

/** Names that libraries number. They change with other declarations. */
const COUNTED = /^(?:__schema|intersection|union|type|domain|unit|proto|morph|alias|node|\$ark\.\w*?)?\d+$/;

/** Options of {@linkcode hoistDefinitions}. */
export interface HoistOptions {
  /** The name of a schema without a name of its own. */
  readonly name: string;
  readonly components: Components;
}

/**
 * Moves `definitions` and `$defs` to the components of the document, and also the whole schema if it refers to its own root.
 * Rewrites every pointer. References to other documents are kept.
 *
 * @throws {TypeError} If the target of a pointer does not exist.
 */
export function hoistDefinitions(schema: JsonSchema, options: HoistOptions): JsonSchema {
  return new Hoist(schema, options).run();
}

class Hoist {
  readonly #root: JsonSchema;
  readonly #options: HoistOptions;
  /** The new pointers of hoisted schemas, by their old ones. */
  readonly #hoisted = new Map<string, string>();

  constructor(schema: JsonSchema, options: HoistOptions) {
    this.#root = schema;
    this.#options = options;
  }

  run(): JsonSchema {
    // Checked before anything is hoisted, so that a failure leaves nothing behind.
    for (const pointer of pointersIn(this.#root)) resolve(this.#root, toSteps(pointer), pointer);
    const rewritten = this.#rewrite(withoutDefinitions(this.#root)) as JsonSchema;
    const root = this.#hoisted.get("");
    return root === undefined ? rewritten : { $ref: root };
  }

  #rewrite(schema: unknown): unknown {
    if (Array.isArray(schema)) return schema.map((item) => this.#rewrite(item));
    if (typeof schema !== "object" || schema === null) return schema;
    return Object.fromEntries(
      Object.entries(schema).map(([keyword, value]) => {
        if (keyword === "$ref" && typeof value === "string") return [keyword, this.#point(value)];
        if (DATA.has(keyword)) return [keyword, value];
        if (MAPS.has(keyword) && isRecord(value)) {
          const entries = Object.entries(value).map(([name, member]) => [name, this.#rewrite(member)]);
          return [keyword, Object.fromEntries(entries)];
        }
        return [keyword, this.#rewrite(value)];
      }),
    );
  }

  /** The pointer in the document for a pointer in the schema. */
  #point(pointer: string): string {
    if (!pointer.startsWith("#")) return pointer;
    const steps = toSteps(pointer);
    const [keyword = "", name = ""] = steps;
    const inDefinitions = (keyword === "definitions" || keyword === "$defs") && steps.length >= 2;
    const depth = inDefinitions ? 2 : 0;
    const base = this.#hoist(steps.slice(0, depth), inDefinitions && !COUNTED.test(name) ? name : undefined);
    return [base, ...steps.slice(depth).map(escapeStep)].join("/");
  }

  #hoist(steps: readonly string[], name: string | undefined): string {
    const place = steps.join("/");
    const known = this.#hoisted.get(place);
    if (known !== undefined) return known;
    const found = resolve(this.#root, steps, place) as JsonSchema;
    const { components } = this.#options;
    const identity = JSON.stringify([...this.#closure(pointerTo(steps))]);
    const wanted = name ?? (typeof found.title === "string" ? found.title : this.#options.name);
    const key = components.reserve("schemas", wanted, identity, (own) => {
      this.#hoisted.set(place, reference("components", "schemas", own).$ref);
      return this.#rewrite(withoutDefinitions(found)) as object;
    });
    const { $ref } = reference("components", "schemas", key);
    this.#hoisted.set(place, $ref);
    return $ref;
  }

  /** A schema with everything that it refers to: two schemas are the same only if all of that is the same. */
  #closure(pointer: string, seen: Map<string, unknown> = new Map()): Map<string, unknown> {
    if (seen.has(pointer)) return seen;
    const found = withoutDefinitions(resolve(this.#root, toSteps(pointer), pointer) as JsonSchema);
    seen.set(pointer, found);
    for (const next of pointersIn(found)) this.#closure(next, seen);
    return seen;
  }
}

/** Every pointer in a schema to its own document. */
function pointersIn(schema: unknown): string[] {
  if (Array.isArray(schema)) return schema.flatMap(pointersIn);
  if (!isRecord(schema)) return [];
  return Object.entries(schema).flatMap(([keyword, value]) => {
    if (keyword === "$ref" && typeof value === "string") return value.startsWith("#") ? [value] : [];
    if (DATA.has(keyword)) return [];
    return MAPS.has(keyword) && isRecord(value)
      ? Object.values(value).flatMap(pointersIn)
      : pointersIn(value);
  });
}

function pointerTo(steps: readonly string[]): string {
  return ["#", ...steps.map(escapeStep)].join("/");
}

function withoutDefinitions(schema: JsonSchema): JsonSchema {
  if (!isRecord(schema)) return schema;
  const { $schema: _schema, $id: _id, definitions: _definitions, $defs: _defs, ...rest } = schema;
  return rest;
}

function toSteps(pointer: string): string[] {
  const path = decodeURIComponent(pointer.slice(1));
  return path === ""
    ? []
    : path.split("/").slice(1).map((step) => step.replaceAll("~1", "/").replaceAll("~0", "~"));
}

function escapeStep(step: string): string {
  return encodeURIComponent(step.replaceAll("~", "~0").replaceAll("/", "~1"));
}

function resolve(root: unknown, steps: readonly string[], pointer: string): unknown {
  let found = root;
  for (const step of steps) {
    found = typeof found === "object" && found !== null && Object.hasOwn(found, step)
      ? (found as Record<string, unknown>)[step]
      : undefined;
  }
  if (found === undefined) {
    throw new TypeError(`Cannot follow the reference as its target does not exist: ${pointer}`);
  }
  return found;
}

function isRecord(value: unknown): value is Record<string, unknown> {
  return typeof value === "object" && value !== null && !Array.isArray(value);
}
