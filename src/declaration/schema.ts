/**
 * Schemas of any library that speaks Standard Schema, and what their types say.
 * @module
 */
import type { StandardSchemaV1 } from "../contract/standard_schema.ts";
import type { MessageHeaders } from "../contract/server.ts";

/** Any Standard Schema: arktype, zod, valibot, effect and others. */
// deno-lint-ignore no-explicit-any -- input and output are inferred where it is used; `unknown` would refuse every schema
export type AnySchema = StandardSchemaV1<any, any>;

/** A schema, or none. */
export type MaybeSchema = AnySchema | undefined;

/** What comes out of a schema, and a handler receives; `undefined` where there is no schema. */
export type SchemaOutput<S extends MaybeSchema> = S extends AnySchema
  ? NonNullable<S["~standard"]["types"]>["output"]
  : undefined;

/** What goes into a schema, and a producer sends; `unknown` where there is no schema. */
export type SchemaInput<S extends MaybeSchema> = S extends AnySchema
  ? NonNullable<S["~standard"]["types"]>["input"]
  : unknown;

/** What a handler sees as headers: the schema's output, or every header as text where there is no schema. */
export type HeadersOutput<H extends MaybeSchema> = H extends AnySchema ? SchemaOutput<H> : MessageHeaders;

/**
 * A schema that gives a payload a type and checks nothing, for producers you trust.
 *
 * @example
 * ```ts
 * import { Router, unchecked } from "@repid/core";
 *
 * const router = new Router();
 * router.actor({ name: "total", payload: unchecked<{ prices: number[] }>() }, ({ prices }) => prices.length);
 * ```
 */
export function unchecked<T>(): StandardSchemaV1<T, T> {
  return { "~standard": { version: 1, vendor: "repid", validate: (value) => ({ value: value as T }) } };
}

/**
 * Refuses what is given as a schema and is none, such as a definition that no library was called with.
 *
 * @throws {TypeError} If it is neither a Standard Schema nor `undefined`.
 */
export function refuseNonSchemas(
  doing: string,
  { payload, headers }: { readonly payload?: unknown; readonly headers?: unknown },
): void {
  const refuse = (part: string, given: unknown): never => {
    throw new TypeError(`Cannot ${doing} as its ${part} not a Standard Schema: ${nameOf(given)}`);
  };
  if (payload !== undefined && !isSchema(payload)) refuse("payload is", payload);
  if (headers !== undefined && !isSchema(headers)) refuse("headers are", headers);
}

function nameOf(value: unknown): string {
  if (value === null || typeof value !== "object") return value === null ? "null" : typeof value;
  return Array.isArray(value) ? "an array" : `an object with ${Object.keys(value).join(", ") || "nothing"}`;
}

/** Whether a value is a Standard Schema. arktype's are functions. */
export function isSchema(value: unknown): value is AnySchema {
  if ((typeof value !== "object" && typeof value !== "function") || value === null) return false;
  const standard = (value as Partial<AnySchema>)["~standard"];
  return typeof standard?.validate === "function";
}
