/**
 * The sections of a message as they came. rhea decodes each field of each; of most messages only a few are ever asked for. What
 * is not plain here is left to rhea.
 * @module
 */
import type { Buffer } from "node:buffer";
import type { MessageHeaders } from "../../contract/server.ts";
import { toHeaders, toOptionalText, toPayload } from "./decode.ts";
import { DeliveredBytes } from "./delivered_bytes.ts";
import { rhea, type RheaMessage } from "./rhea.ts";

/** How many bytes follow a constructor, by its first four bits (AMQP 1.0, 1.2.1); with a size of one or four bytes from 0xa on. */
const WIDTHS: readonly number[] = [0, 0, 0, 0, 0, 1, 2, 4, 8, 16];
const NULL = 0x40;

/** Thrown away where something is not plain. */
class NotPlainError extends Error {}
const NOT_PLAIN = new NotPlainError("Cannot read the message without rhea");

/** A message that came. */
export class Sections {
  /** The body. */
  readonly payload: DeliveredBytes;
  readonly messageId: string | undefined;
  readonly contentType: string | undefined;
  readonly replyTo: string | undefined;
  /** How often the broker says that it was delivered before. */
  readonly deliveryCount: number;
  /** Whether the broker says that no consumer has received it before; `undefined` if it says nothing. */
  readonly isFirst: boolean | undefined;
  readonly #bytes: Buffer;
  readonly #headersAt: number;
  #decoded: RheaMessage | undefined;

  /** Throws what comes of it where the message cannot be read. */
  constructor(bytes: Buffer) {
    this.#bytes = bytes;
    const found = find(bytes);
    this.#headersAt = found?.headersAt ?? -1;
    if (found) {
      this.payload = new DeliveredBytes(
        bytes.buffer,
        bytes.byteOffset + found.start,
        found.end - found.start,
      );
      this.messageId = found.messageId;
      this.contentType = found.contentType;
      this.replyTo = found.replyTo;
      this.deliveryCount = found.deliveryCount;
      this.isFirst = found.isFirst;
      return;
    }
    const message = this.#message();
    const { buffer, byteOffset, length } = toPayload(message.body);
    this.payload = new DeliveredBytes(buffer, byteOffset, length);
    this.messageId = toOptionalText(message.message_id);
    this.contentType = toOptionalText(message.content_type);
    this.replyTo = toOptionalText(message.reply_to);
    this.deliveryCount = message.delivery_count ?? 0;
    // rhea reads a boolean of two bytes as a number.
    this.isFirst = message.first_acquirer === undefined ? undefined : Boolean(message.first_acquirer);
  }

  /** The application properties, as text; none where they cannot be read. */
  headers(): MessageHeaders {
    try {
      const plain = this.#headersAt < 0 ? undefined : readHeaders(this.#bytes, this.#headersAt);
      return plain ?? toHeaders(this.#message());
    } catch {
      return {};
    }
  }

  /** What brokers on the way said of it. */
  annotations(): Readonly<Record<string, unknown>> {
    return this.#message().message_annotations ?? {};
  }

  #message(): RheaMessage {
    return this.#decoded ??= rhea.message.decode(this.#bytes);
  }
}

interface Found {
  /** Where the body begins and ends. */
  start: number;
  end: number;
  messageId: string | undefined;
  contentType: string | undefined;
  replyTo: string | undefined;
  deliveryCount: number;
  isFirst: boolean | undefined;
  /** Where the map of application properties begins; -1 where there is none, or it is for rhea. */
  headersAt: number;
}

/** Every section begins with a described type: 0x00, the descriptor as a small number, the value. */
function find(bytes: Buffer): Found | undefined {
  const found: Found = {
    start: 0,
    end: 0,
    messageId: undefined,
    contentType: undefined,
    replyTo: undefined,
    deliveryCount: 0,
    isFirst: undefined,
    headersAt: -1,
  };
  let bodies = 0;
  try {
    for (let at = 0; at < bytes.length;) {
      if (bytes[at] !== 0 || bytes[at + 1] !== 0x53) return undefined;
      const section = bytes[at + 2];
      const value = at + 3;
      at = after(bytes, value);
      // What follows in memory is another message.
      if (at > bytes.length) throw new RangeError("Cannot read a message that ends within a section");
      if (section === 0x70) readHeader(bytes, value, found);
      else if (section === 0x73) readProperties(bytes, value, found);
      else if (section === 0x74) found.headersAt = value;
      else if (section === 0x75 && bodies++ === 0) {
        found.start = startOfBinary(bytes, value);
        found.end = at;
      } else if (section !== 0x71 && section !== 0x72 && section !== 0x78) return undefined;
    }
  } catch (error) {
    if (error === NOT_PLAIN) return undefined;
    throw error;
  }
  return found;
}

function readHeader(bytes: Buffer, at: number, found: Found): void {
  const list = open(bytes, at);
  let field = list.at;
  for (let index = 0; index < list.count; index++) {
    if (index === 3) found.isFirst = boolean(bytes, field);
    else if (index === 4) found.deliveryCount = uint(bytes, field);
    field = after(bytes, field);
  }
}

function readProperties(bytes: Buffer, at: number, found: Found): void {
  const list = open(bytes, at);
  let field = list.at;
  // Nothing after the content type is needed.
  const count = Math.min(list.count, 7);
  for (let index = 0; index < count; index++) {
    if (index === 0) found.messageId = text(bytes, field);
    else if (index === 4) found.replyTo = text(bytes, field);
    else if (index === 6) found.contentType = text(bytes, field);
    field = after(bytes, field);
  }
}

/** `undefined` where a value is no text. */
function readHeaders(bytes: Buffer, at: number): MessageHeaders | undefined {
  try {
    const map = open(bytes, at);
    const headers: Record<string, string | undefined> = {};
    let field = map.at;
    for (let index = 0; index < map.count; index += 2) {
      const value = after(bytes, field);
      const [name, content] = [text(bytes, field), text(bytes, value)];
      // What is absent is not there, and a name that objects have of their own is for rhea.
      if (name === undefined || name === "__proto__") return undefined;
      if (content !== undefined) headers[name] = content;
      field = after(bytes, value);
    }
    return headers;
  } catch (error) {
    if (error === NOT_PLAIN) return undefined;
    throw error;
  }
}

/** Where the value that begins there ends. */
function after(bytes: Buffer, at: number): number {
  const code = bytes[at] ?? 0;
  const kind = code >> 4;
  if (kind >= 0xa) {
    const size = kind % 2 === 0 ? bytes[at + 1] ?? 0 : bytes.readUInt32BE(at + 1);
    return at + size + (kind % 2 === 0 ? 2 : 5);
  }
  if (kind < 4) throw NOT_PLAIN;
  return at + 1 + (WIDTHS[kind] ?? 0);
}

/** Where the first item of a list or map is, and how many there are. */
function open(bytes: Buffer, at: number): { readonly at: number; readonly count: number } {
  const code = bytes[at];
  if (code === 0x45) return { at: at + 1, count: 0 };
  if (code === 0xc0 || code === 0xc1) return { at: at + 3, count: bytes[at + 2] ?? 0 };
  if (code === 0xd0 || code === 0xd1) return { at: at + 9, count: bytes.readUInt32BE(at + 5) };
  throw NOT_PLAIN;
}

/** A string or symbol. */
function text(bytes: Buffer, at: number): string | undefined {
  const code = bytes[at];
  if (code === NULL) return undefined;
  if (code === 0xa1 || code === 0xa3) return bytes.toString("utf8", at + 2, at + 2 + (bytes[at + 1] ?? 0));
  if (code === 0xb1 || code === 0xb3) return bytes.toString("utf8", at + 5, after(bytes, at));
  throw NOT_PLAIN;
}

function startOfBinary(bytes: Buffer, at: number): number {
  const code = bytes[at];
  if (code === 0xa0) return at + 2;
  if (code === 0xb0) return at + 5;
  throw NOT_PLAIN;
}

function boolean(bytes: Buffer, at: number): boolean | undefined {
  const code = bytes[at];
  if (code === NULL) return undefined;
  if (code === 0x41 || code === 0x42) return code === 0x41;
  if (code === 0x56) return bytes[at + 1] === 1;
  throw NOT_PLAIN;
}

function uint(bytes: Buffer, at: number): number {
  const code = bytes[at];
  if (code === NULL || code === 0x43) return 0;
  if (code === 0x52) return bytes[at + 1] ?? 0;
  if (code === 0x70) return bytes.readUInt32BE(at + 1);
  throw NOT_PLAIN;
}
