/**
 * Turning values into bytes.
 * @module
 */

/** Turns a value into the bytes of a payload. Throws on what it cannot turn. */
export interface Serializer {
  /** The bytes of a value, which is never changed. */
  (value: unknown): Uint8Array;
  /** The MIME type of what it writes. Defaults to `application/json`. */
  readonly contentType?: string | undefined;
}

const encoder = new TextEncoder();

/**
 * Compact JSON as UTF-8, as `JSON.stringify` writes it: dates become ISO text, `undefined` members are left out, `NaN`
 * and the infinities become `null`.
 *
 * @throws {TypeError} If the value has no JSON form: a function, a symbol, `undefined`, a bigint, a circular structure.
 */
export function defaultSerializer(value: unknown): Uint8Array {
  return encoder.encode(stringify(value));
}

function stringify(value: unknown): string {
  let text: string | undefined;
  try {
    text = JSON.stringify(value);
  } catch (cause) {
    throw new TypeError(`Cannot serialize the payload as JSON: ${(cause as Error).message}`, { cause });
  }
  if (text === undefined) throw new TypeError(`Cannot serialize the payload as JSON: it is ${typeof value}`);
  return text;
}
