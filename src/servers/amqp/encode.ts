/**
 * Messages as bytes. rhea's own encoder takes the long form of every list and map, which costs bytes and time; this one
 * writes what Python's Repid writes.
 * @module
 */
import type { MessageData, MessageHeaders } from "../../contract/server.ts";
import { ByteWriter } from "./byte_writer.ts";
import type { AmqpMessageHeader, AmqpMessageProperties, AmqpParameters } from "./parameters.ts";
import { rhea } from "./rhea.ts";

const NONE = {};
/** The header of nearly every message. */
const DURABLE = Uint8Array.of(0x00, 0x53, 0x70, 0xc0, 0x03, 0x01, 0x56, 0x01);
/** One for all, as nothing waits in between. */
const writer = new ByteWriter();

/** The sections of a message, in the order of the specification (3.2). */
export function encodeMessage(message: MessageData, parameters: AmqpParameters): Uint8Array {
  const { header = NONE, properties = NONE, deliveryAnnotations, messageAnnotations, footers } = parameters;
  try {
    writeHeader(header);
    writeAnnotations("delivery_annotations", deliveryAnnotations);
    writeAnnotations("message_annotations", messageAnnotations);
    writeProperties(message, properties);
    writeHeaders(message.headers);
    writer.section(0x75);
    writer.binary(message.payload);
    writeAnnotations("footer", footers);
    return writer.take();
  } finally {
    writer.reset();
  }
}

function writeHeader(header: AmqpMessageHeader): void {
  if (header === NONE) return writer.raw(DURABLE);
  const { durable = true, priority, ttl, firstAcquirer, deliveryCount } = header;
  writer.section(0x70);
  writeList([
    () => writer.boolean(durable),
    priority === undefined ? undefined : () => writer.ubyte(whole(priority, 0xff, "priority")),
    uint(ttl, "ttl"),
    firstAcquirer === undefined ? undefined : () => writer.boolean(firstAcquirer),
    uint(deliveryCount, "deliveryCount"),
  ]);
}

function writeProperties(message: MessageData, properties: AmqpMessageProperties): void {
  const { messageId = crypto.randomUUID(), replyTo = message.replyTo } = properties;
  const { contentType = message.contentType } = properties;
  writer.section(0x73);
  if (properties === NONE) {
    // Nearly every message, without a list of what to write.
    writer.compound(0xc0, () => {
      text(0xa1, messageId);
      if (replyTo === undefined && contentType === undefined) return 1;
      for (let field = 1; field < 4; field++) writer.nothing();
      text(0xa1, replyTo);
      if (contentType === undefined) return 5;
      writer.nothing();
      text(0xa3, contentType);
      return 7;
    });
    return;
  }
  const { userId, absoluteExpiryTime, creationTime } = properties;
  writeList([
    string(messageId),
    userId === undefined ? undefined : () => writer.binary(userId),
    string(properties.to),
    string(properties.subject),
    string(replyTo),
    string(properties.correlationId),
    symbol(contentType),
    symbol(properties.contentEncoding),
    timestamp(absoluteExpiryTime),
    timestamp(creationTime),
    string(properties.groupId),
    uint(properties.groupSequence, "groupSequence"),
    string(properties.replyToGroupId),
  ]);
}

function writeHeaders(headers: MessageHeaders): void {
  const start = writer.position;
  writer.section(0x74);
  let count = 0;
  writer.compound(0xc1, () => {
    for (const name of Object.keys(headers)) {
      const value = headers[name];
      if (value === undefined) continue;
      text(0xa1, name);
      text(0xa1, value);
      count += 2;
    }
    return count;
  });
  if (count === 0) writer.rewind(start);
}

/** Values of any type are left to rhea, which knows them all. */
function writeAnnotations(
  name: "delivery_annotations" | "message_annotations" | "footer",
  map: Readonly<Record<string, unknown>> | undefined,
): void {
  if (!map || Object.keys(map).length === 0) return;
  const encoded = rhea.message.encode({ [name]: map, body: { collect_sections() {} } });
  // Before and after it rhea writes an empty header and empty properties, each of 4 bytes.
  writer.raw(name === "footer" ? encoded.subarray(8) : encoded.subarray(4, encoded.length - 4));
}

/** Trailing nulls are left out, as the specification allows. */
function writeList(items: readonly ((() => void) | undefined)[]): void {
  const count = items.findLastIndex((item) => item !== undefined) + 1;
  writer.compound(0xc0, () => {
    for (const item of items.slice(0, count)) {
      if (item) item();
      else writer.nothing();
    }
    return count;
  });
}

function string(value: string | undefined): (() => void) | undefined {
  return value === undefined ? undefined : () => text(0xa1, value);
}

function symbol(value: string | undefined): (() => void) | undefined {
  return value === undefined ? undefined : () => text(0xa3, value);
}

function uint(value: number | undefined, name: string): (() => void) | undefined {
  return value === undefined ? undefined : () => writer.uint(whole(value, 0xffff_ffff, name));
}

function timestamp(value: number | Date | undefined): (() => void) | undefined {
  return value === undefined ? undefined : () => writer.timestamp(value.valueOf());
}

function text(code: 0xa1 | 0xa3, value: string | undefined): void {
  if (value === undefined) return writer.nothing();
  if (typeof value !== "string") {
    throw new TypeError(`Cannot publish as a property is not a string: ${String(value)}`);
  }
  writer.text(code, value);
}

function whole(value: number, most: number, name: string): number {
  if (Number.isInteger(value) && value >= 0 && value <= most) return value;
  throw new TypeError(`Cannot publish as ${name} is not a whole number from 0 to ${most}: ${value}`);
}
