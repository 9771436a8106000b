/**
 * Validation: one message against everything that an actor and its dependencies declare, all issues at once.
 * @module
 */
import { hiddenKeys, without } from "./closed_schemas.ts";
import { type Dependencies, type Dependency, overrideEpoch } from "./dependency.ts";
import { type MessageIssue, MessageValidationError } from "./errors.ts";
import type { JsonSchemaConverters } from "./json_schema.ts";
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

/** How a declaration is validated. */
export interface ValidationOptions {
  readonly overrides?: Overrides | undefined;
  readonly jsonSchemaConverters?: JsonSchemaConverters | undefined;
  /** Headers that routing sets: closed schemas do not forbid them. */
  readonly routingHeaders?: readonly string[] | undefined;
}

/** The validator of one declaration, made anew when an override has come or gone. */
export class DeclarationValidator {
  readonly #declaration: Declaration;
  readonly #options: ValidationOptions;
  #made: { readonly epoch: number; readonly validator: InputValidator } | undefined;

  constructor(declaration: Declaration, options: ValidationOptions) {
    this.#declaration = declaration;
    this.#options = options;
  }

  /** The validator for what is declared now. */
  get current(): InputValidator {
    const epoch = overrideEpoch();
    if (this.#made?.epoch === epoch) return this.#made.validator;
    const inputs = collectInputs(this.#declaration, this.#options.overrides);
    const validator = new InputValidator(inputs, this.#options);
    this.#made = { epoch, validator };
    return validator;
  }
}

/** Validates messages against a fixed set of schemas. */
export class InputValidator {
  readonly #payload: readonly View[];
  readonly #headers: readonly View[];

  /** Prepares what the schemas need to see; done once, not for each message. */
  constructor(inputs: DeclaredInputs, options: ValidationOptions = {}) {
    const { jsonSchemaConverters: converters = {}, routingHeaders = [] } = options;
    this.#payload = viewsOf(inputs.payload, hiddenKeys(inputs.payload, [], converters));
    this.#headers = viewsOf(inputs.headers, hiddenKeys(inputs.headers, routingHeaders, converters));
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
  // Not `.map`: arktype's paths are arrays of a class of their own.
  return Array.from(issue.path ?? [], (step) => typeof step === "object" ? step.key : step);
}

/** One schema, and the keys it must not see. */
interface View {
  readonly schema: AnySchema;
  readonly validate: (value: unknown) => MaybePromise<StandardSchemaResult<unknown>>;
}

function viewsOf(schemas: readonly AnySchema[], hidden: ReadonlyMap<AnySchema, ReadonlySet<string>>): View[] {
  return schemas.map((schema) => {
    const keys = hidden.get(schema);
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
