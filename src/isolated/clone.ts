/**
 * Values to bytes and back, as by structured clone: `Date`, `Map`, `Set`, `bigint`, typed arrays with their buffers, errors,
 * cycles and `undefined` are kept.
 *
 * The IPC channel (`serialization: "advanced"`) only gets the bytes, for three reasons: Deno's channel ends the program if it
 * cannot clone a value, and nothing can catch that; Node's channel returns typed arrays that share the buffer of the whole
 * message; and all channels turn a `URL` into `{}`.
 *
 * @module
 */
import process from "node:process";
import { deserialize, Deserializer, serialize, Serializer } from "node:v8";

/**
 * The bytes of a value, which both ends of a channel understand as long as they are the same runtime.
 *
 * @param label The name of the value in the error: `payload` gives `payload.rows[3] is a function`.
 * @throws {TypeError} If the value cannot be cloned.
 */
export function encode(value: unknown, label: string): Uint8Array {
  const culprit = findUncloneable(value, label);
  if (culprit) throw new TypeError(`Cannot clone the ${label} as a part of it is not cloneable: ${culprit}`);
  try {
    return write(value);
  } catch (error) {
    const reason = error instanceof Error ? error.message : String(error);
    throw new TypeError(`Cannot clone the ${label} as the runtime refuses it: ${reason}`, { cause: error });
  }
}

/** The value of bytes that `encode()` made. */
export function decode(bytes: Uint8Array): unknown {
  if (isBun) return deserialize(bytes);
  const deserializer = new Deserializer(bytes);
  deserializer.readHeader();
  return deserializer.readValue();
}

const isBun = "bun" in process.versions;

function write(value: unknown): Uint8Array {
  if (isBun) return serialize(value); // has no Serializer; its serialize() is structured clone
  const serializer = new Serializer(); // unlike serialize(), keeps typed arrays and their buffers apart from the message
  serializer.writeHeader();
  serializer.writeValue(value);
  return serializer.releaseBuffer();
}

/** A value within a value; the path to it is only written out for an error. */
interface Place {
  readonly value: object;
  readonly key: string;
  readonly parent: Place | undefined;
}

/**
 * Runtimes differ in what they refuse (a `URL` is an error, or silently `{}`), and do not say where it is. This takes about a
 * tenth of the time of the serialization.
 */
function findUncloneable(value: unknown, label: string): string | undefined {
  const what = describeUncloneable(value);
  if (what) return `${label} is ${what}`;
  if (typeof value !== "object" || value === null) return undefined;
  const seen = new Set<object>([value]);
  const pending: Place[] = [{ value, key: label, parent: undefined }];
  for (let place = pending.pop(); place; place = pending.pop()) {
    for (const [key, part] of partsOf(place.value)) {
      const what = describeUncloneable(part);
      if (what) return `${pathOf(place)}${key} is ${what}`;
      if (typeof part !== "object" || part === null || seen.has(part)) continue;
      seen.add(part);
      pending.push({ value: part, key, parent: place });
    }
  }
  return undefined;
}

function describeUncloneable(value: unknown): string | undefined {
  if (typeof value === "function") return "a function";
  if (typeof value === "symbol") return "a symbol";
  if (typeof value !== "object" || value === null) return undefined;
  if (ArrayBuffer.isView(value)) {
    return value.buffer instanceof ArrayBuffer ? undefined : "a view of shared memory";
  }
  // platform objects (URL, Headers, Promise, AbortSignal, Blob) have a tag; instances of other classes are cloned as their fields
  const tag: unknown = (value as { [Symbol.toStringTag]?: unknown })[Symbol.toStringTag];
  return typeof tag !== "string" || cloneableTags.has(tag) ? undefined : `of type ${tag}`;
}

const cloneableTags: ReadonlySet<string> = new Set(["Map", "Set", "ArrayBuffer", "BigInt"]);

function* partsOf(value: object): Generator<readonly [key: string, part: unknown]> {
  if (value instanceof Map) {
    for (const [key, part] of value) yield* [[".keys()", key], [".values()", part]] as const;
  } else if (value instanceof Set) {
    for (const part of value) yield [".values()", part];
  } else if (!ArrayBuffer.isView(value) && !(value instanceof Error)) {
    const isArray = Array.isArray(value);
    for (const [key, part] of Object.entries(value)) yield [isArray ? `[${key}]` : `.${key}`, part];
  }
}

function pathOf(place: Place): string {
  let path = "";
  for (let at: Place | undefined = place; at; at = at.parent) path = at.key + path;
  return path;
}
