/**
 * Combines several JSON Schemas that the same message must match into one.
 * @module
 */
import type { JsonSchema } from "../declaration/json_schema.ts";

/** Keywords of an object whose fields can be merged with those of another. */
const PLAIN = new Set(["type", "properties", "required", "additionalProperties", "title", "description"]);

/**
 * A schema for values that match all of the schemas. Plain objects are merged field by field, with `allOf` for fields that
 * differ; other schemas are joined with `allOf`. As in validation, a schema that forbids undeclared keys does not forbid the
 * keys that the other schemas declare.
 */
export function combineJsonSchemas(schemas: readonly JsonSchema[]): JsonSchema {
  const constraining = unique(schemas).filter((schema) => Object.keys(schema).length > 0);
  const [first = {}] = constraining;
  if (constraining.length < 2) return first;
  if (constraining.every(isPlainObject)) return uniteObjects(constraining);
  return { allOf: constraining.map(withoutClosing) };
}

function isPlainObject(schema: JsonSchema): boolean {
  const { type, additionalProperties = true } = schema;
  return type === "object" && typeof additionalProperties === "boolean" &&
    Object.keys(schema).every((keyword) => PLAIN.has(keyword));
}

function uniteObjects(schemas: readonly JsonSchema[]): JsonSchema {
  const fields = new Map<string, JsonSchema[]>();
  for (const { properties = {} } of schemas) {
    for (const [name, schema] of Object.entries(properties as Record<string, JsonSchema>)) {
      fields.set(name, [...fields.get(name) ?? [], schema]);
    }
  }
  const required = new Set(schemas.flatMap(({ required = [] }) => required as string[]));
  const title = schemas.find((schema) => schema.title !== undefined)?.title;
  const description = schemas.find((schema) => schema.description !== undefined)?.description;
  return {
    ...(title !== undefined && { title }),
    ...(description !== undefined && { description }),
    type: "object",
    properties: Object.fromEntries([...fields].map(([name, found]) => [name, uniteField(found)])),
    ...(required.size > 0 && { required: [...required] }),
    ...(schemas.some(({ additionalProperties }) => additionalProperties === false) &&
      { additionalProperties: false }),
  };
}

function uniteField(schemas: readonly JsonSchema[]): JsonSchema {
  const [first = {}, ...others] = unique(schemas);
  return others.length === 0 ? first : { allOf: [first, ...others] };
}

function withoutClosing(schema: JsonSchema): JsonSchema {
  if (schema.additionalProperties !== false) return schema;
  const { additionalProperties: _, ...open } = schema;
  return open;
}

function unique(schemas: readonly JsonSchema[]): JsonSchema[] {
  return [...new Map(schemas.map((schema) => [JSON.stringify(schema), schema])).values()];
}
