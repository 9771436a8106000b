/**
 * The schemas of a document: converted, combined for an actor and its dependencies, and with hoisted definitions.
 * @module
 */
import { type JsonSchema, type JsonSchemaConverters, toJsonSchema } from "../declaration/json_schema.ts";
import type { AnySchema } from "../declaration/schema.ts";
import { combineJsonSchemas } from "./combine.ts";
import type { Components } from "./components.ts";
import { hoistDefinitions } from "./hoist.ts";

/** Called for each schema without a JSON Schema form, with its owner and the reason. */
export type UnsupportedSchema = (schema: string, error: unknown) => void;

/** Options of {@linkcode describeSchemas}. */
export interface DescribeOptions {
  /** The owner of the schemas, for the warning: `the payload of "greet"`. */
  readonly owner: string;
  /** The name of hoisted schemas without a name of their own. */
  readonly name: string;
  readonly components: Components;
  readonly converters: JsonSchemaConverters;
  readonly unsupported: UnsupportedSchema;
}

/** One JSON Schema for values that all of the schemas accept; `undefined` without schemas. */
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
  // `unchecked()` accepts anything, as `{}` does.
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

/** A value as plain JSON, with bigints as numbers: without dates, class instances and `undefined`. */
export function toPlainJson(value: unknown): unknown {
  return JSON.parse(JSON.stringify(value, (_, field) => typeof field === "bigint" ? Number(field) : field));
}
