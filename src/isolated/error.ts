/**
 * Errors that are sent from one process to another.
 *
 * @module
 */
import { decode, encode } from "./clone.ts";

/** Options of {@linkcode IsolatedError}. */
export interface IsolatedErrorOptions {
  /** The name. Defaults to `"IsolatedError"`. */
  readonly name?: string | undefined;
  /** The stack of the original error. Defaults to where this error is created. */
  readonly stack?: string | undefined;
  /** The cause. */
  readonly cause?: unknown;
}

/**
 * An isolated function threw, or its process could not run it.
 *
 * If the function threw an error, this has the original's `name`, `message`, `stack` (of the child) and `cause`; causes that are
 * errors are `IsolatedError`s too. Otherwise the `name` is `"IsolatedError"`: the process ended during the call, the module
 * cannot be loaded or exports no such function, the result is not cloneable, or the pool is closed.
 *
 * @example
 * ```ts
 * import { IsolatedError, ProcessPool } from "@repid/core/isolated";
 * import assert from "node:assert/strict";
 *
 * await using pool = new ProcessPool({ size: 1 });
 * const url = new URL("data:text/javascript,export function fail() { throw new RangeError('too far'); }");
 * const { fail } = pool.module<{ fail(): never }>(url);
 * await assert.rejects(fail(), (error) => error instanceof IsolatedError && error.name === "RangeError");
 * ```
 */
export class IsolatedError extends Error {
  /** Creates an error. */
  constructor(message: string, options: IsolatedErrorOptions = {}) {
    super(message, "cause" in options ? { cause: options.cause } : undefined);
    this.name = options.name ?? "IsolatedError";
    if (options.stack !== undefined) this.stack = options.stack;
  }
}

/** The parts of an error that are sent to the other process. */
export interface ErrorRecord {
  readonly name: string;
  readonly message: string;
  readonly stack?: string | undefined;
  readonly cause?: CauseRecord | undefined;
}

/** A cause: an error itself, or any other value as bytes. */
export type CauseRecord =
  | { readonly kind: "error"; readonly error: ErrorRecord }
  | { readonly kind: "value"; readonly bytes: Uint8Array };

/** Records what was thrown, which may be any value. */
export function recordError(thrown: unknown): ErrorRecord {
  if (thrown instanceof Error) return recordChain(thrown, new Set());
  const message = `Cannot finish the call as the function threw a value that is not an Error: ${
    labelOf(thrown)
  }`;
  return { name: "IsolatedError", message, cause: recordValue(thrown) };
}

/** Creates an error from a record. */
export function restoreError({ message, cause, ...rest }: ErrorRecord): IsolatedError {
  return new IsolatedError(message, cause ? { ...rest, cause: restoreCause(cause) } : rest);
}

function recordChain(error: Error, seen: Set<Error>): ErrorRecord {
  seen.add(error);
  const record = {
    name: String(error.name),
    message: String(error.message),
    ...(typeof error.stack === "string" ? { stack: error.stack } : {}),
  };
  const { cause } = error;
  if (cause === undefined) return record;
  if (!(cause instanceof Error)) return { ...record, cause: recordValue(cause) };
  if (seen.has(cause)) return record; // causes may form a cycle
  return { ...record, cause: { kind: "error", error: recordChain(cause, seen) } };
}

function recordValue(value: unknown): CauseRecord {
  try {
    return { kind: "value", bytes: encode(value, "cause") };
  } catch {
    return { kind: "value", bytes: encode(labelOf(value), "cause") }; // at least its type
  }
}

function restoreCause(cause: CauseRecord): unknown {
  return cause.kind === "error" ? restoreError(cause.error) : decode(cause.bytes);
}

function labelOf(value: unknown): string {
  const isObject = (typeof value === "object" && value !== null) || typeof value === "function";
  return isObject ? Object.prototype.toString.call(value) : String(value); // an object may have no toString()
}
