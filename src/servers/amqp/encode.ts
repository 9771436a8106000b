/**
 * Messages as bytes. rhea's own encoder takes the long form of every list and map, which costs bytes and time; this one
 * writes what Python's Repid writes.
 * @module
 */
import { Buffer } from "node:buffer";
import type { MessageData, MessageHeaders } from "../../server.ts";
import type { AmqpMessageHeader, AmqpMessageProperties, AmqpParameters } from "./parameters.ts";
import { rhea } from "./rhea.ts";

const text = new TextEncoder();
const NULL = Uint8Array.of(0x40);

/** The sections of a message, in the order of the specification (3.2). */
export function encodeMessage(message: MessageData, parameters: AmqpParameters): Uint8Array {
  const { header = {}, properties = {}, deliveryAnnotations, messageAnnotations, footers } = parameters;
  return concat([
    ...encodeHeader(header),
    ...encodeAnnotations("delivery_annotations", deliveryAnnotations),
    ...encodeAnnotations("message_annotations", messageAnnotations),
    ...encodeProperties(message, properties),
    ...encodeHeaders(message.headers),
    ...section(0x75, binary(message.payload)),
    ...encodeAnnotations("footer", footers),
  ]);
}

function encodeHeader(header: AmqpMessageHeader): Uint8Array[] {
  const { durable = true, priority, ttl, firstAcquirer, deliveryCount } = header;
  return section(
    0x70,
    list([
      boolean(durable),
      priority === undefined ? NULL : Uint8Array.of(0x50, whole(priority, 0xff, "priority")),
      uint(ttl, "ttl"),
      firstAcquirer === undefined ? NULL : boolean(firstAcquirer),
      uint(deliveryCount, "deliveryCount"),
    ]),
  );
}

function encodeProperties(message: MessageData, properties: AmqpMessageProperties): Uint8Array[] {
  const { messageId = crypto.randomUUID(), userId, replyTo = message.replyTo } = properties;
  const { contentType = message.contentType } = properties;
  return section(
    0x73,
    list([
      string(messageId),
      userId === undefined ? NULL : concat(binary(userId)),
      string(properties.to),
      string(properties.subject),
      string(replyTo),
      string(properties.correlationId),
      symbol(contentType),
      symbol(properties.contentEncoding),
      timestamp(properties.absoluteExpiryTime),
      timestamp(properties.creationTime),
      string(properties.groupId),
      uint(properties.groupSequence, "groupSequence"),
      string(properties.replyToGroupId),
    ]),
  );
}

function encodeHeaders(headers: MessageHeaders): Uint8Array[] {
  const items: Uint8Array[] = [];
  for (const [name, value] of Object.entries(headers)) {
    if (value !== undefined) items.push(string(name), string(value));
  }
  return items.length === 0 ? [] : section(0x74, compound(0xc1, items));
}

/** Values of any type are left to rhea, which knows them all. */
function encodeAnnotations(
  name: "delivery_annotations" | "message_annotations" | "footer",
  map: Readonly<Record<string, unknown>> | undefined,
): Uint8Array[] {
  if (!map || Object.keys(map).length === 0) return [];
  const encoded = rhea.message.encode({ [name]: map, body: { collect_sections() {} } });
  // Before and after it rhea writes an empty header and empty properties, each of 4 bytes.
  return name === "footer" ? [encoded.subarray(8)] : [encoded.subarray(4, encoded.length - 4)];
}

function section(code: number, parts: readonly Uint8Array[]): Uint8Array[] {
  return [Uint8Array.of(0x00, 0x53, code), ...parts];
}

/** Trailing nulls are left out, as the specification allows. */
function list(items: readonly Uint8Array[]): Uint8Array[] {
  return compound(0xc0, items.slice(0, items.findLastIndex((item) => item !== NULL) + 1));
}

/** A list or map: with one byte each for size and count where they suffice. */
function compound(code: 0xc0 | 0xc1, items: readonly Uint8Array[]): Uint8Array[] {
  const size = items.reduce((sum, item) => sum + item.length, 0);
  if (size + 1 <= 0xff && items.length <= 0xff) {
    return [Uint8Array.of(code, size + 1, items.length), ...items];
  }
  return [Uint8Array.of(code + 0x10, ...bytes(size + 4), ...bytes(items.length)), ...items];
}

function binary(value: Uint8Array): Uint8Array[] {
  return [prefix(0xa0, value.length), value];
}

function string(value: string | undefined): Uint8Array {
  return variable(0xa1, value);
}

function symbol(value: string | undefined): Uint8Array {
  return variable(0xa3, value);
}

function variable(code: number, value: string | undefined): Uint8Array {
  if (value === undefined) return NULL;
  if (typeof value !== "string") {
    throw new TypeError(`Cannot publish as a property is not a string: ${String(value)}`);
  }
  const content = text.encode(value);
  return concat([prefix(code, content.length), content]);
}

function prefix(code: number, length: number): Uint8Array {
  return length <= 0xff ? Uint8Array.of(code, length) : Uint8Array.of(code + 0x10, ...bytes(length));
}

function boolean(value: boolean): Uint8Array {
  return Uint8Array.of(0x56, value ? 1 : 0);
}

function uint(value: number | undefined, name: string): Uint8Array {
  if (value === undefined) return NULL;
  const checked = whole(value, 0xffff_ffff, name);
  if (checked === 0) return Uint8Array.of(0x43);
  return checked <= 0xff ? Uint8Array.of(0x52, checked) : Uint8Array.of(0x70, ...bytes(checked));
}

function timestamp(value: number | Date | undefined): Uint8Array {
  if (value === undefined) return NULL;
  const encoded = new DataView(new ArrayBuffer(9));
  encoded.setUint8(0, 0x83);
  encoded.setBigInt64(1, BigInt(value.valueOf()));
  return new Uint8Array(encoded.buffer);
}

function whole(value: number, most: number, name: string): number {
  if (Number.isInteger(value) && value >= 0 && value <= most) return value;
  throw new TypeError(`Cannot publish as ${name} is not a whole number from 0 to ${most}: ${value}`);
}

function bytes(value: number): number[] {
  return [value >>> 24, value >>> 16 & 0xff, value >>> 8 & 0xff, value & 0xff];
}

function concat(parts: readonly Uint8Array[]): Uint8Array {
  // A Buffer, as rhea asks for one.
  return Buffer.concat(parts);
}
