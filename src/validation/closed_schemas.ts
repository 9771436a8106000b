/**
 * Closed schemas: a schema that forbids undeclared keys must not forbid the keys that the other schemas of a message declare,
 * so those keys are hidden from it.
 * @module
 */
import { type JsonSchema, type JsonSchemaConverters, toJsonSchema } from "../declaration/json_schema.ts";
import type { AnySchema } from "../declaration/schema.ts";

/** The keys to hide from each closed schema: those that only other schemas declare, and `foreign` ones. */
export function hiddenKeys(
  schemas: readonly AnySchema[],
  foreign: readonly string[],
  converters: JsonSchemaConverters,
): ReadonlyMap<AnySchema, ReadonlySet<string>> {
  const hidden = new Map<AnySchema, ReadonlySet<string>>();
  // Nothing to hide.
  if (schemas.length + Math.sign(foreign.length) < 2) return hidden;
  const known = new Map(schemas.map((schema) => [schema, describe(schema, converters)]));
  for (const [schema, own] of known) {
    if (!own?.closed) continue;
    const others = schemas.filter((other) => other !== schema);
    const theirs = [...foreign, ...others.flatMap((other) => known.get(other)?.keys ?? [])];
    hidden.set(schema, new Set(theirs.filter((key) => !own.keys.includes(key))));
  }
  return hidden;
}

/** An object without some keys. Other values stay as they are. */
export function without(value: unknown, keys: ReadonlySet<string>): unknown {
  if (typeof value !== "object" || value === null || Array.isArray(value)) return value;
  return Object.fromEntries(Object.entries(value).filter(([key]) => !keys.has(key)));
}

/** What is known of a schema's keys. */
interface Keys {
  readonly keys: readonly string[];
  /** Whether other keys are refused. */
  readonly closed: boolean;
}

function describe(schema: AnySchema, converters: JsonSchemaConverters): Keys | undefined {
  // valibot's schemas list their entries themselves, also if they have no JSON Schema form.
  const own = describeValibot(schema);
  if (own) return own;
  try {
    const json = toJsonSchema(schema, converters);
    return json && describeJson(json, json);
  } catch {
    // No JSON Schema form: nothing is known of its keys, so nothing is hidden from it.
    return undefined;
  }
}

/** A union or intersection is closed as soon as one of its members is. */
function merge(members: readonly (Keys | undefined)[]): Keys {
  const known = members.filter((member) => member !== undefined);
  return { keys: known.flatMap(({ keys }) => keys), closed: known.some(({ closed }) => closed) };
}

function describeJson(json: JsonSchema, root: JsonSchema, seen: readonly JsonSchema[] = []): Keys {
  if (seen.includes(json)) return merge([]);
  const visit = (part: unknown): Keys => describeJson(part as JsonSchema, root, [...seen, json]);
  const own = { keys: Object.keys(json.properties ?? {}), closed: json.additionalProperties === false };
  const parts = [json.anyOf, json.oneOf, json.allOf].flatMap((members) =>
    Array.isArray(members) ? members : []
  );
  const target = resolve(json.$ref, root);
  return merge([own, ...parts.map(visit), ...(target === undefined ? [] : [visit(target)])]);
}

/** The target of a reference inside a document. */
function resolve(ref: unknown, root: JsonSchema): unknown {
  if (typeof ref !== "string" || !ref.startsWith("#")) return undefined;
  const path = ref.slice(1).split("/").filter((step) => step !== "");
  return path.reduce<unknown>((value, step) => (value as JsonSchema | undefined)?.[step], root);
}

function describeValibot(schema: AnySchema): Keys | undefined {
  const { type, entries, options } = schema as { type?: unknown; entries?: unknown; options?: unknown };
  if (schema["~standard"].vendor !== "valibot") return undefined;
  if (typeof entries === "object" && entries !== null) {
    return { closed: type === "strict_object", keys: Object.keys(entries) };
  }
  return Array.isArray(options) ? merge(options.filter(isObject).map(describeValibot)) : undefined;
}

/** The options of a picklist are not schemas. */
function isObject(option: unknown): option is AnySchema {
  return typeof option === "object" && option !== null && "~standard" in option;
}
