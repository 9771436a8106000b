/**
 * The schemas of a document: converted, combined over an actor and its dependencies, and their definitions hoisted.
 * @module
 */
import { type JsonSchema, type JsonSchemaConverters, toJsonSchema } from "../declaration/json_schema.ts";
import type { AnySchema } from "../declaration/schema.ts";
import { combineJsonSchemas } from "./combine.ts";
import type { Components } from "./components.ts";
import { hoistDefinitions } from "./hoist.ts";

/** Told of each schema that has no JSON Schema form: what it belongs to, and why. */
export type UnsupportedSchema = (schema: string, error: unknown) => void;

/** Options of {@linkcode describeSchemas}. */
export interface DescribeOptions {
  /** What they are the schemas of, for the warning: `the payload of "greet"`. */
  readonly owner: string;
  /** The name of what is hoisted and has no name of its own. */
  readonly name: string;
  readonly components: Components;
  readonly converters: JsonSchemaConverters;
  readonly unsupported: UnsupportedSchema;
}

/** One JSON Schema for what all of the schemas accept; `undefined` where there is none. */
export function describeSchemas(
  schemas: readonly AnySchema[],
  options: DescribeOptions,
): JsonSchema | undefined {
  if (schemas.length === 0) return undefined;
  return combineJsonSchemas(schemas.map((schema) => describe(schema, options)));
}

function describe(schema: AnySchema, options: DescribeOptions): JsonSchema {
  const { owner, name, components, converters, unsupported } = options;
  const { vendor } = schema["~standard"];
  // `unchecked()` accepts anything, and `{}` says so.
  if (vendor === "repid") return {};
  try {
    const converted = toJsonSchema(schema, converters);
    if (!converted) {
      throw new TypeError(`Cannot convert the schema as its library offers no JSON Schema: ${vendor}`);
    }
    return hoistDefinitions(toPlainJson(converted) as JsonSchema, { name, components });
  } catch (error) {
    unsupported(`${owner} (${vendor})`, error);
    return {};
  }
}

/** What `JSON.stringify` makes of a value, bigints as numbers: dates, class instances and `undefined` are gone. */
export function toPlainJson(value: unknown): unknown {
  return JSON.parse(JSON.stringify(value, (_, field) => typeof field === "bigint" ? Number(field) : field));
}
