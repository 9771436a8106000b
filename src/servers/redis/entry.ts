/**
 * What a message looks like in a stream: the wire format of Python's Repid, to the byte.
 * @module
 */
import { Buffer } from "node:buffer";
import type { BaseMessage, MessageData, MessageHeaders } from "../../contract/server.ts";

/** How many times an entry was rejected. Only this library uses it; others ignore unknown fields. */
export const COUNT_FIELD = "delivery_count";

/** The fields of an entry, as `XADD` takes them. */
export function toFields(message: MessageData): (string | Buffer)[] {
  const { payload, headers, contentType, replyTo } = message;
  const fields: (string | Buffer)[] = [
    "payload",
    Buffer.from(payload.buffer, payload.byteOffset, payload.byteLength),
  ];
  // Those that are undefined are left out.
  const text = JSON.stringify(headers);
  if (text !== "{}") fields.push("headers", text);
  if (contentType) fields.push("content_type", contentType);
  if (replyTo) fields.push("reply_to", replyTo);
  return fields;
}

/** An entry as it was read. */
export interface Entry extends BaseMessage {
  readonly id: string;
  /** How many times it was delivered before. */
  readonly deliveries: number;
}

/**
 * An entry as Redis answers it: its id and its fields, in turn names and values; no fields where it was deleted. A read that
 * also claims says how long it was silent, and how often it was delivered before.
 */
export type RawEntry = readonly [
  id: Buffer,
  fields: readonly Buffer[] | null,
  idle?: unknown,
  deliveries?: unknown,
];

const [PAYLOAD, HEADERS, CONTENT_TYPE, REPLY_TO, COUNT] = [
  "payload",
  "headers",
  "content_type",
  "reply_to",
  COUNT_FIELD,
].map((name) => Buffer.from(name)) as [Buffer, Buffer, Buffer, Buffer, Buffer];
const JSON_TYPE = "application/json";
const JSON_TYPE_BYTES = Buffer.from(JSON_TYPE);
const NO_PAYLOAD = new Uint8Array();
const NO_FIELDS: readonly Buffer[] = [];

/** Reads an entry. Missing fields are absent, unknown fields are ignored. */
export function fromRaw(raw: RawEntry): Entry {
  const flat = raw[1] ?? NO_FIELDS;
  let payload: Buffer | undefined;
  let headers: Buffer | undefined;
  let contentType: Buffer | undefined;
  let replyTo: Buffer | undefined;
  // As another entry, and as this one.
  let deliveries = Number(raw[3] ?? 0);
  for (let i = 0; i + 1 < flat.length; i += 2) {
    const name = flat[i] as Buffer;
    const value = flat[i + 1];
    if (areSame(name, PAYLOAD)) payload = value;
    else if (areSame(name, HEADERS)) headers = value;
    else if (areSame(name, CONTENT_TYPE)) contentType = value;
    else if (areSame(name, REPLY_TO)) replyTo = value;
    else if (areSame(name, COUNT)) deliveries += Number(value) || 0;
  }
  return {
    id: raw[0].toString("latin1"),
    payload: payload ? new Uint8Array(payload.buffer, payload.byteOffset, payload.byteLength) : NO_PAYLOAD,
    headers: toHeaders(headers),
    contentType: toContentType(contentType),
    replyTo: replyTo?.toString() || undefined,
    deliveries,
  };
}

/** Short ones are compared sooner than they are decoded. */
function areSame(bytes: Buffer, others: Buffer): boolean {
  if (bytes.length !== others.length) return false;
  for (let i = 0; i < bytes.length; i++) if (bytes[i] !== others[i]) return false;
  return true;
}

function toContentType(bytes: Buffer | undefined): string | undefined {
  if (!bytes) return undefined;
  return areSame(bytes, JSON_TYPE_BYTES) ? JSON_TYPE : bytes.toString() || undefined;
}

/** The headers that were read last, and as what. */
let known: readonly [text: Buffer, headers: MessageHeaders] = [Buffer.alloc(0), {}];
/** Longer ones say more than which actor is meant, and differ. */
const MOST_KNOWN = 64;

/** Mostly they say the same as those of the message before: to parse these each time was a tenth of what a message costs on Bun. */
function toHeaders(text: Buffer | undefined): MessageHeaders {
  if (!text) return {};
  if (text.length > MOST_KNOWN) return parseHeaders(text);
  // Copied: what it is read from has the size of a read.
  if (!areSame(text, known[0])) known = [Buffer.from(text), parseHeaders(text)];
  // Each message has its own.
  return { ...known[1] };
}

/** Headers that are not a JSON object are none: the message goes to no actor, and in time to the dead letters. */
function parseHeaders(text: Buffer): MessageHeaders {
  try {
    const headers: unknown = JSON.parse(text.toString());
    if (typeof headers !== "object" || headers === null || Array.isArray(headers)) return {};
    if (areTexts(headers)) return headers;
    return Object.fromEntries(
      Object.entries(headers).filter(([, value]) => value !== null).map((
        [name, value],
      ) => [name, asText(value)]),
    );
  } catch {
    return {};
  }
}

function areTexts(headers: object): headers is MessageHeaders {
  for (const name in headers) {
    if (typeof (headers as Record<string, unknown>)[name] !== "string") return false;
  }
  return true;
}

function asText(value: unknown): string {
  return typeof value === "string" ? value : JSON.stringify(value);
}

/** Which of two ids is older: `ms-seq`, both of up to 64 bits. */
export function compareIds(one: string, other: string): number {
  if (one === other) return 0;
  // Mostly they are of one length.
  if (one.length === other.length && one.indexOf("-") === other.indexOf("-")) return one < other ? -1 : 1;
  const [ms = "0", seq = "0"] = one.split("-");
  const [otherMs = "0", otherSeq = "0"] = other.split("-");
  return compareNumbers(ms, otherMs) || compareNumbers(seq, otherSeq);
}

/** Compares whole numbers written without leading zeros. */
function compareNumbers(one: string, other: string): number {
  return one.length - other.length || (one < other ? -1 : one > other ? 1 : 0);
}
