/**
 * Schemas that exclude each other: no message can be valid for an actor and for its dependencies. The compiler refuses most
 * of them; this finds the others at runtime.
 * @module
 */
import { type JsonSchema, type JsonSchemaConverters, toJsonSchema } from "./json_schema.ts";
import type { AnySchema } from "./schema.ts";
import { pathOf } from "../contract/standard_schema.ts";

/**
 * Where two of the schemas exclude each other, in words; `undefined` if they do not, or if that cannot be known: schemas
 * without a JSON Schema form are not compared. Compares the types and listed values of required fields. A schema that
 * coerces accepts more than its JSON Schema says, so both are tried with sample values before they are refused.
 */
export function findContradiction(
  part: string,
  schemas: readonly AnySchema[],
  converters: JsonSchemaConverters = {},
): string | undefined {
  // Usual, and no reason to convert anything.
  if (schemas.length < 2) return undefined;
  const known = schemas.map((schema) => ({ schema, json: describe(schema, converters) }));
  for (const [i, first] of known.entries()) {
    for (const second of known.slice(i + 1)) {
      const found = first.json && second.json && compare(first.json, second.json, []);
      if (!found || agree(first.schema, second.schema, found)) continue;
      const [one, other] = [found.one, found.other].map((possible) => [...possible].join(" or "));
      return `${[part, ...found.path].join(".")} is ${one} for one, ${other} for another`;
    }
  }
  return undefined;
}

/** What two JSON Schemas require of the same field. */
interface Suspicion {
  readonly path: readonly string[];
  readonly one: ReadonlySet<string>;
  readonly other: ReadonlySet<string>;
  /** Values that one of them lists. */
  readonly listed: readonly unknown[];
  /** What of `one` and `other` a value counts as. */
  readonly namesOf: (value: unknown) => readonly string[];
}

/** One of each type, and texts that others are made of. */
const SAMPLES: readonly unknown[] = ["", "1", "true", "2026-01-01T00:00:00.000Z", 1, 1.5, true, null, [], {}];

/** Whether both accept the same value there, or one of them accepts more than it says, so that it cannot be known. */
function agree(first: AnySchema, second: AnySchema, suspicion: Suspicion): boolean {
  const { path, listed, one, other } = suspicion;
  if (coerces(first, one, suspicion) || coerces(second, other, suspicion)) return true;
  return [...listed, ...SAMPLES].some((value) => [first, second].every((one) => takes(one, path, value)));
}

function coerces(schema: AnySchema, declared: ReadonlySet<string>, { path, namesOf }: Suspicion): boolean {
  return SAMPLES.some((value) =>
    !namesOf(value).some((name) => declared.has(name)) && takes(schema, path, value)
  );
}

/** Whether a schema accepts a value of a field. An async schema counts as accepting it. */
function takes(schema: AnySchema, path: readonly string[], sample: unknown): boolean {
  const whole = path.reduceRight((value, name) => ({ [name]: value }), sample);
  try {
    const result = schema["~standard"].validate(whole);
    if (result instanceof Promise) {
      result.catch(() => {});
      return true;
    }
    return !result.issues?.some((issue) => {
      const steps = pathOf(issue);
      return path.every((name, i) => steps[i] === name);
    });
  } catch {
    return true;
  }
}

function describe(schema: AnySchema, converters: JsonSchemaConverters): JsonSchema | undefined {
  try {
    return toJsonSchema(schema, converters);
  } catch {
    return undefined;
  }
}

/** How schemas are compared, and the names of values in each comparison. */
const VIEWS = [
  [typesOf, (value: unknown): string[] => widen(typeOf(value))],
  [valuesOf, (value: unknown): string[] => [JSON.stringify(value)]],
] as const;

function compare(first: JsonSchema, second: JsonSchema, path: readonly string[]): Suspicion | undefined {
  for (const [possible, namesOf] of VIEWS) {
    const [one, other] = [possible(first), possible(second)];
    if (one && other && one.isDisjointFrom(other)) {
      const listed = [first, second].flatMap((schema) => [...valuesOf(schema) ?? []]);
      return { path, one, other, listed: listed.map((value) => JSON.parse(value)), namesOf };
    }
  }
  const [ours, theirs] = [fieldsOf(first), fieldsOf(second)];
  for (const name of Object.keys(ours).filter((name) => Object.hasOwn(theirs, name))) {
    // A field that neither requires may be left out.
    if (![first, second].some(({ required }) => Array.isArray(required) && required.includes(name))) continue;
    const found = compare(ours[name] ?? {}, theirs[name] ?? {}, [...path, name]);
    if (found !== undefined) return found;
  }
  return undefined;
}

function fieldsOf({ properties }: JsonSchema): Readonly<Record<string, JsonSchema>> {
  return properties as Record<string, JsonSchema> | undefined ?? {};
}

/** The types that a value may have; `undefined` if any. */
function typesOf(schema: JsonSchema): Set<string> | undefined {
  const { type } = schema;
  if (typeof type === "string") return new Set(widen(type));
  if (Array.isArray(type)) return new Set(type.flatMap(widen));
  return unionOf(schema, typesOf) ?? listedOf(schema, (value) => widen(typeOf(value)));
}

/** The values that are allowed, as JSON; `undefined` if they are not listed. */
function valuesOf(schema: JsonSchema): Set<string> | undefined {
  return listedOf(schema, (value) => [JSON.stringify(value)]) ?? unionOf(schema, valuesOf);
}

function listedOf(
  { const: only, enum: some }: JsonSchema,
  toNames: (value: unknown) => string[],
): Set<string> | undefined {
  if (only !== undefined) return new Set(toNames(only));
  return Array.isArray(some) ? new Set(some.flatMap(toNames)) : undefined;
}

/** What the members allow together; `undefined` if one of them does not say. */
function unionOf(
  { anyOf, oneOf }: JsonSchema,
  possible: (schema: JsonSchema) => Set<string> | undefined,
): Set<string> | undefined {
  const members = anyOf ?? oneOf;
  if (!Array.isArray(members)) return undefined;
  const each = members.map((member) => possible(member));
  return each.every((one) => one !== undefined) ? new Set(each.flatMap((one) => [...one])) : undefined;
}

/** A whole number is a number too. */
function widen(type: string): string[] {
  return type === "number" ? ["number", "integer"] : [type];
}

function typeOf(value: unknown): string {
  if (value === null) return "null";
  return Array.isArray(value) ? "array" : typeof value;
}
