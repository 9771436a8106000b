/**
 * Messages as they come: bodies of every form that AMQP has become bytes, properties become text.
 * @module
 */
import type { MessageHeaders } from "../../contract/server.ts";
import type { RheaMessage } from "./rhea.ts";

/** A section that is not a plain value. */
interface Section {
  readonly typecode: number;
  readonly content: unknown;
  readonly multiple?: boolean;
}

const text = new TextEncoder();
const DATA = 0x75;

/** The body: data as it is, text as UTF-8, anything else as JSON. */
export function toPayload(body: unknown): Uint8Array {
  if (body === undefined || body === null) return new Uint8Array();
  if (body instanceof Uint8Array) return body;
  if (typeof body === "string") return text.encode(body);
  if (!isSection(body)) return text.encode(toJson(body));
  const { typecode, content, multiple } = body;
  if (typecode !== DATA) return text.encode(toJson(content));
  if (!multiple) return content as Uint8Array;
  return concat(content as Uint8Array[]);
}

/** The application properties, as text. */
export function toHeaders({ application_properties: properties }: RheaMessage): MessageHeaders {
  if (!properties) return {};
  const entries = Object.entries(properties).filter(([, value]) => value !== null && value !== undefined);
  return Object.fromEntries(entries.map(([name, value]) => [name, toText(value)]));
}

/** A property, as text; `undefined` where there is none. */
export function toText(value: unknown): string {
  if (value instanceof Uint8Array) {
    return [...value].map((byte) => byte.toString(16).padStart(2, "0")).join("");
  }
  return String(value);
}

/** A property that may be absent, as text. */
export function toOptionalText(value: unknown): string | undefined {
  return value === undefined || value === null ? undefined : toText(value);
}

function isSection(body: unknown): body is Section {
  return typeof body === "object" && body !== null && "typecode" in body && "content" in body;
}

function toJson(value: unknown): string {
  return JSON.stringify(value, (_, item) => typeof item === "bigint" ? String(item) : item) ?? "";
}

function concat(parts: readonly Uint8Array[]): Uint8Array {
  const joined = new Uint8Array(parts.reduce((sum, { length }) => sum + length, 0));
  let offset = 0;
  for (const part of parts) {
    joined.set(part, offset);
    offset += part.length;
  }
  return joined;
}
