/**
 * The messages of cases.
 * @module
 */
import type { MessageData } from "../contract/server.ts";

const encoder = new TextEncoder();
const decoder = new TextDecoder();

/** A message with the given parts. */
export function toMessage(parts: Partial<MessageData>): MessageData {
  const { payload = new Uint8Array(), headers = {}, contentType, replyTo } = parts;
  return { payload, headers, contentType, replyTo };
}

/** Bytes as they are, text as UTF-8. */
export function toBytes(body: string | Uint8Array): Uint8Array {
  return typeof body === "string" ? encoder.encode(body) : body;
}

/** A message's body as text. */
export function textOf({ payload }: { readonly payload: Uint8Array }): string {
  return decoder.decode(payload);
}

/** Distinct bodies: `name-0`, `name-1`, … */
export function numbered(count: number, name = "message"): string[] {
  return Array.from({ length: count }, (_, index) => `${name}-${index}`);
}
