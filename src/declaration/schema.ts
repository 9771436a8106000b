/**
 * Schemas of any library that implements Standard Schema, and their types.
 * @module
 */
import type { StandardSchemaV1 } from "../contract/standard_schema.ts";
import type { MessageHeaders } from "../contract/server.ts";

/** Any Standard Schema: arktype, zod, valibot, effect and others. */
// deno-lint-ignore no-explicit-any -- input and output are inferred where it is used; `unknown` would refuse every schema
export type AnySchema = StandardSchemaV1<any, any>;

/** A schema, or `undefined`. */
export type MaybeSchema = AnySchema | undefined;

/** The output of a schema, which a handler receives; `undefined` without a schema. */
export type SchemaOutput<S extends MaybeSchema> = S extends AnySchema
  ? NonNullable<S["~standard"]["types"]>["output"]
  : undefined;

/** The input of a schema, which a producer sends; `unknown` without a schema. */
export type SchemaInput<S extends MaybeSchema> = S extends AnySchema
  ? NonNullable<S["~standard"]["types"]>["input"]
  : unknown;

/** The headers that a handler receives: the schema's output, or all headers as text without a schema. */
export type HeadersOutput<H extends MaybeSchema> = H extends AnySchema ? SchemaOutput<H> : MessageHeaders;

/**
 * A schema that gives a payload a type and does not validate it, for producers that you trust.
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
 * Refuses a value that is not a schema, such as a definition that was not passed to a library.
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
