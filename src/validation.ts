/**
 * Validation: one message against everything that an actor and its dependencies declare, all issues at once.
 * @module
 */
import type { Dependencies, Dependency } from "./dependency.ts";
import { type MessageIssue, MessageValidationError } from "./errors.ts";
import { type JsonSchemaConverters, toJsonSchema } from "./json_schema.ts";
import type { AnySchema, MaybeSchema } from "./schema.ts";
import type { StandardSchemaIssue, StandardSchemaResult } from "./standard_schema.ts";

/** What replaces dependencies for one test client. */
export type Overrides = ReadonlyMap<Dependency<unknown>, () => unknown>;

/** Something that declares schemas and dependencies: an actor, a contract, a dependency. */
export interface Declaration {
  readonly payload?: MaybeSchema;
  readonly headers?: MaybeSchema;
  readonly deps?: Dependencies;
}

/** Every schema that a declaration and its dependencies need, each once. */
export interface DeclaredInputs {
  readonly payload: readonly AnySchema[];
  readonly headers: readonly AnySchema[];
}

/** What every schema made of a message, by schema. */
export type Validated = ReadonlyMap<AnySchema, unknown>;

type Part = MessageIssue["in"];

/** Collects the schemas of a declaration and of all it depends on. What is overridden asks for nothing. */
export function collectInputs(declaration: Declaration, overrides?: Overrides): DeclaredInputs {
  const payload = new Set<AnySchema>();
  const headers = new Set<AnySchema>();
  const seen = new Set<Declaration>();
  const visit = (node: Declaration): void => {
    if (seen.has(node)) return;
    seen.add(node);
    if (overrides?.has(node as Dependency<unknown>)) return;
    if (node.payload) payload.add(node.payload);
    if (node.headers) headers.add(node.headers);
    for (const needed of Object.values(node.deps ?? {})) visit(needed);
  };
  visit(declaration);
  return { payload: [...payload], headers: [...headers] };
}

/** Validates messages against a fixed set of schemas. */
export class InputValidator {
  readonly #payload: readonly View[];
  readonly #headers: readonly View[];

  /** Prepares what the schemas need to see; done once, not for each message. */
  constructor(inputs: DeclaredInputs, converters: JsonSchemaConverters = {}) {
    this.#payload = viewsOf(inputs.payload, converters);
    this.#headers = viewsOf(inputs.headers, converters);
  }

  /** Whether the payload matters at all: where nothing declares one, the body is not even decoded. */
  get readsPayload(): boolean {
    return this.#payload.length > 0;
  }

  /** Whether any schema is declared. */
  get readsAnything(): boolean {
    return this.#payload.length > 0 || this.#headers.length > 0;
  }

  /**
   * What every schema makes of a decoded payload and of headers. Synchronous where every schema is.
   *
   * @throws {MessageValidationError} With every issue of every schema, also where a schema throws instead of answering.
   */
  validate(payload: unknown, headers: object): Validated | Promise<Validated> {
    const results: [Part, View, MaybePromise<StandardSchemaResult<unknown>>][] = [];
    for (const view of this.#payload) results.push(["payload", view, view.validate(payload)]);
    for (const view of this.#headers) results.push(["headers", view, view.validate(headers)]);
    return results.some(([, , result]) => result instanceof Promise)
      ? Promise.all(
        results.map(async ([part, view, result]) => [part, view, await result] satisfies SettledResult),
      ).then(collect)
      : collect(results as SettledResult[]);
  }
}

type MaybePromise<T> = T | Promise<T>;
type SettledResult = [Part, View, StandardSchemaResult<unknown>];

function collect(results: readonly SettledResult[]): Validated {
  const values = new Map<AnySchema, unknown>();
  const issues = new Map<string, MessageIssue>();
  for (const [part, { schema }, result] of results) {
    if (!result.issues) values.set(schema, result.value);
    for (const issue of result.issues ?? []) {
      const found = { in: part, path: pathOf(issue), message: issue.message };
      // Two schemas that want the same field find the same fault.
      issues.set(JSON.stringify([part, found.path.map(String), found.message]), found);
    }
  }
  if (issues.size > 0) throw new MessageValidationError([...issues.values()]);
  return values;
}

function pathOf(issue: StandardSchemaIssue): PropertyKey[] {
  return (issue.path ?? []).map((step) => typeof step === "object" ? step.key : step);
}

/** One schema, and the keys it must not see. */
interface View {
  readonly schema: AnySchema;
  readonly validate: (value: unknown) => MaybePromise<StandardSchemaResult<unknown>>;
}

function viewsOf(schemas: readonly AnySchema[], converters: JsonSchemaConverters): View[] {
  const hidden = schemas.length > 1 ? hiddenKeys(schemas, converters) : undefined;
  return schemas.map((schema) => {
    const keys = hidden?.get(schema);
    const { validate } = schema["~standard"];
    const view = keys
      ? (value: unknown) => validate(without(value, keys))
      : (value: unknown) => validate(value);
    return { schema, validate: (value) => answering(view, value) };
  });
}

/** A library that throws instead of answering has found a fault too. */
function answering(
  validate: (value: unknown) => MaybePromise<StandardSchemaResult<unknown>>,
  value: unknown,
): MaybePromise<StandardSchemaResult<unknown>> {
  try {
    const result = validate(value);
    return result instanceof Promise ? result.catch(thrown) : result;
  } catch (error) {
    return thrown(error);
  }
}

function thrown(error: unknown): StandardSchemaResult<unknown> {
  return {
    issues: [{ message: `the schema threw: ${error instanceof Error ? error.message : String(error)}` }],
  };
}

/** A schema that forbids undeclared keys must not forbid those that only its neighbours declare. */
function hiddenKeys(
  schemas: readonly AnySchema[],
  converters: JsonSchemaConverters,
): Map<AnySchema, ReadonlySet<string>> {
  const known = new Map(schemas.map((schema) => [schema, describe(schema, converters)]));
  const hidden = new Map<AnySchema, ReadonlySet<string>>();
  for (const [schema, own] of known) {
    if (!own?.closed) continue;
    const theirs = schemas.filter((other) => other !== schema).flatMap((other) =>
      known.get(other)?.keys ?? []
    );
    hidden.set(schema, new Set(theirs.filter((key) => !own.keys.includes(key))));
  }
  return hidden;
}

/** What is known of a schema's keys. */
interface Keys {
  readonly keys: readonly string[];
  /** Whether other keys are refused. */
  readonly closed: boolean;
}

function describe(schema: AnySchema, converters: JsonSchemaConverters): Keys | undefined {
  try {
    const json = toJsonSchema(schema, converters);
    if (!json) return describeValibot(schema);
    return { closed: json.additionalProperties === false, keys: Object.keys(json.properties ?? {}) };
  } catch {
    // No JSON Schema form: nothing is known of its keys, so nothing is hidden from it.
    return undefined;
  }
}

/** valibot's own schemas have no JSON Schema form, but say what they hold. */
function describeValibot(schema: AnySchema): Keys | undefined {
  const { type, entries } = schema as { type?: unknown; entries?: unknown };
  if (typeof entries !== "object" || entries === null) return undefined;
  return { closed: type === "strict_object", keys: Object.keys(entries) };
}

function without(value: unknown, keys: ReadonlySet<string>): unknown {
  if (typeof value !== "object" || value === null || Array.isArray(value)) return value;
  return Object.fromEntries(Object.entries(value).filter(([key]) => !keys.has(key)));
}
