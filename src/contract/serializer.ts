/**
 * Turning values into bytes.
 * @module
 */
import { findLoss, mayLose } from "../_internal/json_loss.ts";

/** Turns a value into the bytes of a payload. Throws if it cannot. */
export interface Serializer {
  /** The bytes of a value. Must not change the value. */
  (value: unknown): Uint8Array;
  /** The MIME type of what it writes. Defaults to `application/json`. */
  readonly contentType?: string | undefined;
}

const encoder = new TextEncoder();

/**
 * Compact JSON as UTF-8, as `JSON.stringify` writes it: dates become ISO text, class instances and objects with `toJSON`
 * are written as JSON has them, `undefined` members are left out. `NaN`, the infinities and `undefined` in arrays become
 * `null`, as JSON has none of them.
 *
 * @throws {TypeError} If JSON would lose something: `undefined` itself, a function, a symbol, a bigint, a circular structure,
 * a `Map`, a `Set`, a typed array, an error without fields of its own, and other objects whose content JSON does not write.
 * The error names the path and the kind: `$.user.tags` is a `Map`.
 */
export function defaultSerializer(value: unknown): Uint8Array {
  return encoder.encode(stringify(value));
}

function stringify(value: unknown): string {
  let text: string | undefined;
  try {
    text = JSON.stringify(value);
  } catch (cause) {
    refuseLoss(value, cause);
    throw new TypeError(
      `Cannot serialize the payload as JSON.stringify() failed: ${(cause as Error).message}`,
      {
        cause,
      },
    );
  }
  if (text === undefined || mayLose(value)) refuseLoss(value);
  if (text === undefined) {
    throw new TypeError(`Cannot serialize the payload as JSON cannot represent ${typeof value}: $`);
  }
  return text;
}

function refuseLoss(value: unknown, cause?: unknown): void {
  const loss = findLoss(value);
  if (loss === undefined) return;
  throw new TypeError(
    `Cannot serialize the payload as JSON cannot represent ${loss.kind}: ${loss.path}`,
    cause === undefined ? {} : { cause },
  );
}
