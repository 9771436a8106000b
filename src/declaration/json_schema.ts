/**
 * From schemas to JSON Schema (draft-07, which AsyncAPI's own schema object extends).
 * @module
 */
import type { AnySchema } from "./schema.ts";

/** A JSON Schema document. */
export type JsonSchema = Readonly<Record<string, unknown>>;

/** Converters for libraries without Standard JSON Schema, by vendor: `{ valibot: toJsonSchema }`. */
// deno-lint-ignore no-explicit-any -- each library's converter takes its own schemas
export type JsonSchemaConverters = Readonly<Record<string, (schema: any) => object>>;

/**
 * The JSON Schema of a schema's input; `undefined` if its library offers none. Defaults that differ between two conversions,
 * because libraries call default factories here, are left out.
 *
 * @throws The error of the library, if the schema has no JSON Schema form.
 */
export function toJsonSchema(
  schema: AnySchema,
  converters: JsonSchemaConverters = {},
): JsonSchema | undefined {
  const convert = converterOf(schema, converters);
  if (!convert) return undefined;
  return withoutUnstableDefaults(convert(), convert()) as JsonSchema;
}

function converterOf(schema: AnySchema, converters: JsonSchemaConverters): (() => JsonSchema) | undefined {
  const standard = schema["~standard"];
  const given = Object.hasOwn(converters, standard.vendor) ? converters[standard.vendor] : undefined;
  if (given) return () => given(schema) as JsonSchema;
  if (standard.vendor === "arktype") {
    // arktype's own method keeps defaults, which its `~standard.jsonSchema` drops.
    const own = (schema as Partial<ArktypeSchema>).toJsonSchema;
    if (typeof own === "function") {
      return () => own.call(schema, { target: "draft-07", fallback: ({ base }) => base });
    }
  }
  const converter = standard.jsonSchema;
  return converter &&
    (() => converter.input({ target: "draft-07", libraryOptions: { unrepresentable: "any" } }));
}

/** The part of arktype's types that is used here; the core imports no schema library. */
interface ArktypeSchema {
  toJsonSchema(
    options: { target: "draft-07"; fallback: (context: { base: unknown }) => unknown },
  ): JsonSchema;
}

function withoutUnstableDefaults(first: unknown, second: unknown): unknown {
  if (Array.isArray(first)) {
    return first.map((item, i) => withoutUnstableDefaults(item, (second as unknown[])[i]));
  }
  if (typeof first !== "object" || first === null) return first;
  const other = second as Record<string, unknown>;
  const stable = Object.entries(first)
    .filter(([key, value]) => key !== "default" || JSON.stringify(value) === JSON.stringify(other[key]))
    .map(([key, value]) => [key, withoutUnstableDefaults(value, other[key])]);
  return Object.fromEntries(stable);
}
