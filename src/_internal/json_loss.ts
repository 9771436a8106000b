/**
 * What JSON would lose without an error: it writes a `Map` as `{}`, a `Uint8Array` as an object with numbered keys, and
 * leaves functions and symbols out.
 *
 * Every payload is checked, so there are two functions: `mayLose` is fast and may suspect too much, `findLoss` decides and
 * finds the path. `mayLose` takes 0.07 to 0.12 µs for a small payload, where a replacer adds about 1 µs to `JSON.stringify`.
 * @module
 */

/** The `toString` tags of objects whose content JSON does not write. */
const LOST_TAGS: ReadonlySet<string> = new Set([
  ...["Map", "Set", "WeakMap", "WeakSet", "WeakRef", "Promise", "RegExp", "Symbol"],
  ...["ArrayBuffer", "SharedArrayBuffer", "DataView"],
  ...[
    "Int8Array",
    "Uint8Array",
    "Uint8ClampedArray",
    "Int16Array",
    "Uint16Array",
    "Int32Array",
    "Uint32Array",
  ],
  ...["Float16Array", "Float32Array", "Float64Array", "BigInt64Array", "BigUint64Array"],
  ...["Generator", "AsyncGenerator", "Array Iterator", "Map Iterator", "Set Iterator", "Iterator Helper"],
  ...["Blob", "File", "FormData", "Headers", "Request", "Response", "URLSearchParams", "ReadableStream"],
]);

/** Those that JSON writes if they have fields of their own: `Object.assign(new Error("…"), { code: 1 })`. */
const LOST_WITHOUT_FIELDS: ReadonlySet<string> = new Set(["Error", "DOMException"]);

/** Something that JSON cannot represent. */
export interface Loss {
  /** Where it is: `$.user.tags`. */
  readonly path: string;
  /** What it is: `a Map`. */
  readonly kind: string;
}

/** Whether JSON may lose something of a value that `JSON.stringify` has written, so that it has no cycle. */
export function mayLose(root: unknown): boolean {
  if (typeof root !== "object" || root === null) return false;
  const waiting: object[] = [root];
  for (let next = waiting.pop(); next !== undefined; next = waiting.pop()) {
    if (Array.isArray(next)) {
      for (const item of next) {
        if (typeof item === "object" && item !== null) waiting.push(item);
        else if (typeof item === "function" || typeof item === "symbol") return true;
      }
    } else if (isPlain(next)) {
      for (const key in next) {
        const member = next[key];
        if (typeof member === "object" && member !== null) waiting.push(member);
        else if (typeof member === "function" || typeof member === "symbol") return true;
      }
    } else if (!hasJsonForm(next)) {
      if (lostTag(next) !== undefined) return true;
      for (const member of Object.values(next)) {
        if (typeof member === "object" && member !== null) waiting.push(member);
        else if (typeof member === "symbol") return true;
      }
    }
  }
  return false;
}

/** What JSON would lose of a value, the least nested first; `undefined` if it loses nothing. */
export function findLoss(root: unknown): Loss | undefined {
  const waiting = [{ path: "$", value: root }];
  const seen = new Set<object>();
  // Grows while it is walked.
  for (const { path, value } of waiting) {
    const kind = lostKind(value);
    if (kind !== undefined) return { path, kind };
    if (typeof value !== "object" || value === null || hasJsonForm(value) || seen.has(value)) continue;
    seen.add(value);
    const isList = Array.isArray(value);
    for (const [key, member] of Object.entries(value)) {
      // Instances of classes may have functions as fields: JSON writes the rest.
      if (typeof member === "function" && !isList && !isPlain(value)) continue;
      waiting.push({ path: path + (isList ? `[${key}]` : toStep(key)), value: member });
    }
  }
  return undefined;
}

function lostKind(value: unknown): string | undefined {
  switch (typeof value) {
    case "symbol":
      return "a symbol";
    case "function":
    case "bigint":
      return hasJsonForm(value) ? undefined : `a ${typeof value}`;
    case "object": {
      const tag = value === null || hasJsonForm(value) ? undefined : lostTag(value);
      return tag === undefined ? undefined : `${/^[AEIO]/.test(tag) ? "an" : "a"} ${tag}`;
    }
    default:
      return undefined;
  }
}

function lostTag(value: object): string | undefined {
  const tag = Object.prototype.toString.call(value).slice("[object ".length, -1);
  const isLost = LOST_TAGS.has(tag) || (LOST_WITHOUT_FIELDS.has(tag) && Object.keys(value).length === 0);
  return isLost ? tag : undefined;
}

/** Dates and whatever else says itself how it is written. */
function hasJsonForm(value: object | bigint): boolean {
  return typeof (value as { readonly toJSON?: unknown }).toJSON === "function";
}

function isPlain(value: object): value is Readonly<Record<string, unknown>> {
  const prototype = Object.getPrototypeOf(value);
  return prototype === Object.prototype || prototype === null;
}

function toStep(key: string): string {
  return /^[A-Za-z_$][\w$]*$/.test(key) ? `.${key}` : `[${JSON.stringify(key)}]`;
}
