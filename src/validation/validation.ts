/**
 * Validation: one message against the schemas of an actor and its dependencies. All issues are reported at once.
 * @module
 */
import { hiddenKeys, without } from "./closed_schemas.ts";
import { Compiled } from "../declaration/compiled.ts";
import {
  collectInputs,
  type Declaration,
  type DeclaredInputs,
  type Overrides,
} from "../declaration/declared_inputs.ts";
import { type MessageIssue, MessageValidationError } from "../contract/errors.ts";
import type { JsonSchemaConverters } from "../declaration/json_schema.ts";
import { type MaybePromise, settled } from "../_internal/maybe_promise.ts";
import type { AnySchema } from "../declaration/schema.ts";
import { pathOf, type StandardSchemaResult } from "../contract/standard_schema.ts";

type Part = MessageIssue["in"];

/** How a declaration is validated. */
export interface ValidationOptions {
  readonly overrides?: Overrides | undefined;
  readonly jsonSchemaConverters?: JsonSchemaConverters | undefined;
  /** Headers that routing sets: schemas that forbid undeclared keys do not forbid them. */
  readonly routingHeaders?: readonly string[] | undefined;
}

/** The validator of one declaration. */
export function validatorOf(declaration: Declaration, options: ValidationOptions): Compiled<InputValidator> {
  return new Compiled(() => new InputValidator(collectInputs(declaration, options.overrides), options));
}

/** The output of every schema for a message. */
export class Validated {
  readonly #views: readonly View[];
  readonly #results: readonly SchemaResult[];

  /** Views and results are in the same order, which saves a map for each message. */
  constructor(views: readonly View[], results: readonly SchemaResult[]) {
    this.#views = views;
    this.#results = results;
  }

  /** The output of a schema for its part of the message; `undefined` for a schema that is not among the views. */
  get(part: Part, schema: AnySchema): unknown {
    const result =
      this.#results[this.#views.findIndex((view) => view.schema === schema && view.part === part)];
    return result && !result.issues ? result.value : undefined;
  }
}

/** Validates messages against a fixed set of schemas. */
export class InputValidator {
  /** Whether any schema needs the payload. If none does, the body is not decoded. */
  readonly readsPayload: boolean;
  readonly #views: readonly View[];

  /** Prepares the views of the schemas: once, not for each message. */
  constructor(inputs: DeclaredInputs, options: ValidationOptions = {}) {
    const { jsonSchemaConverters: converters = {}, routingHeaders = [] } = options;
    this.readsPayload = inputs.payload.length > 0;
    this.#views = [
      ...viewsOf("payload", inputs.payload, hiddenKeys(inputs.payload, [], converters)),
      ...viewsOf("headers", inputs.headers, hiddenKeys(inputs.headers, routingHeaders, converters)),
    ];
  }

  /** Whether any schema is declared. */
  get readsAnything(): boolean {
    return this.#views.length > 0;
  }

  /**
   * Validates a decoded payload and headers against every schema. Synchronous if every schema is.
   *
   * @throws {MessageValidationError} With all issues of all schemas. A schema that throws counts as an issue.
   */
  validate(payload: unknown, headers: object): MaybePromise<Validated> {
    let waits = false;
    // Not by `push`: an array that grows reserves room for 17 items.
    const results = this.#views.map(({ part, validate }) => {
      const result = validate(part === "payload" ? payload : headers);
      if (result instanceof Promise) waits = true;
      return result;
    });
    return waits
      ? Promise.all(results).then((all) => collect(this.#views, all))
      : collect(this.#views, results as SchemaResult[]);
  }
}

type SchemaResult = StandardSchemaResult<unknown>;

function collect(views: readonly View[], results: readonly SchemaResult[]): Validated {
  for (const { issues } of results) {
    if (issues) throw new MessageValidationError(issuesOf(views, results));
  }
  return new Validated(views, results);
}

/** Every issue once: two schemas that require the same field find the same problem. */
function issuesOf(views: readonly View[], results: readonly SchemaResult[]): MessageIssue[] {
  const issues = new Map<string, MessageIssue>();
  for (const [index, { part }] of views.entries()) {
    for (const issue of results[index]?.issues ?? []) {
      const found = { in: part, path: pathOf(issue), message: issue.message };
      issues.set(JSON.stringify([part, found.path.map(String), found.message]), found);
    }
  }
  return [...issues.values()];
}

/** One schema, and the part of a message that it validates, without the keys that it must not see. */
interface View {
  readonly part: Part;
  readonly schema: AnySchema;
  readonly validate: (value: unknown) => MaybePromise<SchemaResult>;
}

function viewsOf(
  part: Part,
  schemas: readonly AnySchema[],
  hidden: ReadonlyMap<AnySchema, ReadonlySet<string>>,
): View[] {
  return schemas.map((schema) => {
    const keys = hidden.get(schema);
    const { validate } = schema["~standard"];
    const view = keys
      ? (value: unknown) => validate(without(value, keys))
      : (value: unknown) => validate(value);
    return { part, schema, validate: (value) => answering(view, value) };
  });
}

/** A library that throws has found an issue too. */
function answering(
  validate: (value: unknown) => MaybePromise<SchemaResult>,
  value: unknown,
): MaybePromise<SchemaResult> {
  try {
    const result = settled(validate(value));
    return result instanceof Promise ? result.catch(thrown) : result;
  } catch (error) {
    return thrown(error);
  }
}

function thrown(error: unknown): SchemaResult {
  return {
    issues: [{ message: `the schema threw: ${error instanceof Error ? error.message : String(error)}` }],
  };
}
