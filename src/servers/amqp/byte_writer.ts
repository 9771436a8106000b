/**
 * AMQP's types, written one after the other.
 * @module
 */
import { Buffer } from "node:buffer";

const SMALL = 0xff;
/** How much room a new writer has, in bytes. */
const ROOM = 1_024;

/** Writes into one piece of memory that grows, and is used again. */
export class ByteWriter {
  #bytes: Buffer = Buffer.allocUnsafe(ROOM);
  #at = 0;

  /** What was written since the last call; begins anew. */
  take(): Buffer {
    const written = Buffer.allocUnsafe(this.#at);
    this.#bytes.copy(written, 0, 0, this.#at);
    this.#at = 0;
    if (this.#bytes.length > 64 * ROOM) this.#bytes = Buffer.allocUnsafe(ROOM);
    return written;
  }

  /** Forgets what was written since the last {@linkcode take}. */
  reset(): void {
    this.#at = 0;
  }

  /** Bytes as they are. */
  raw(bytes: Uint8Array): void {
    this.#reserve(bytes.length);
    this.#bytes.set(bytes, this.#at);
    this.#at += bytes.length;
  }

  /** The beginning of a section. */
  section(code: number): void {
    this.#reserve(3);
    this.#bytes[this.#at++] = 0x00;
    this.#bytes[this.#at++] = 0x53;
    this.#bytes[this.#at++] = code;
  }

  /** Nothing. */
  nothing(): void {
    this.#byte(0x40);
  }

  /** Binary data. */
  binary(value: Uint8Array): void {
    this.#prefix(0xa0, value.length);
    this.raw(value);
  }

  /** A string (0xa1) or a symbol (0xa3). */
  text(code: 0xa1 | 0xa3, value: string): void {
    // At most three bytes for each unit of UTF-16.
    if (value.length * 3 > SMALL) {
      const length = Buffer.byteLength(value);
      this.#prefix(code, length);
      this.#reserve(length);
      this.#at += this.#bytes.write(value, this.#at);
      return;
    }
    this.#reserve(2 + SMALL);
    const length = this.#bytes.write(value, this.#at + 2);
    this.#bytes[this.#at] = code;
    this.#bytes[this.#at + 1] = length;
    this.#at += 2 + length;
  }

  /** A boolean, in two bytes as Python's Repid writes it. */
  boolean(value: boolean): void {
    this.#byte(0x56);
    this.#byte(value ? 1 : 0);
  }

  /** A number of one byte. */
  ubyte(value: number): void {
    this.#byte(0x50);
    this.#byte(value);
  }

  /** A number of up to four bytes. */
  uint(value: number): void {
    if (value === 0) return this.#byte(0x43);
    if (value <= SMALL) {
      this.#byte(0x52);
      return this.#byte(value);
    }
    this.#byte(0x70);
    this.#uint32(value);
  }

  /** Milliseconds since 1970. */
  timestamp(value: number): void {
    this.#reserve(9);
    this.#bytes[this.#at] = 0x83;
    this.#bytes.writeBigInt64BE(BigInt(value), this.#at + 1);
    this.#at += 9;
  }

  /** A list (0xc0) or a map (0xc1) of what `write` writes; it answers how many items that is. With one byte each for size and count where they suffice. */
  compound(code: 0xc0 | 0xc1, write: () => number): void {
    const start = this.#at;
    this.#reserve(3);
    this.#at += 3;
    const count = write();
    const size = this.#at - start - 3;
    if (size + 1 <= SMALL && count <= SMALL) {
      this.#bytes[start] = code;
      this.#bytes[start + 1] = size + 1;
      this.#bytes[start + 2] = count;
      return;
    }
    this.#reserve(6);
    this.#bytes.copyWithin(start + 9, start + 3, this.#at);
    this.#bytes[start] = code + 0x10;
    this.#bytes.writeUInt32BE(size + 4, start + 1);
    this.#bytes.writeUInt32BE(count, start + 5);
    this.#at += 6;
  }

  /** Where it is; to go back there by {@linkcode rewind}. */
  get position(): number {
    return this.#at;
  }

  /** Forgets what was written since. */
  rewind(position: number): void {
    this.#at = position;
  }

  #prefix(code: number, length: number): void {
    if (length > SMALL) {
      this.#byte(code + 0x10);
      this.#uint32(length);
      return;
    }
    this.#byte(code);
    this.#byte(length);
  }

  #byte(value: number): void {
    this.#reserve(1);
    this.#bytes[this.#at++] = value;
  }

  #uint32(value: number): void {
    this.#reserve(4);
    this.#at = this.#bytes.writeUInt32BE(value, this.#at);
  }

  #reserve(length: number): void {
    const needed = this.#at + length;
    if (needed <= this.#bytes.length) return;
    const bigger = Buffer.allocUnsafe(Math.max(needed, this.#bytes.length * 2));
    this.#bytes.copy(bigger, 0, 0, this.#at);
    this.#bytes = bigger;
  }
}
