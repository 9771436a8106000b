/**
 * Copies of bytes that are cheap to make.
 *
 * V8 takes 0.8 µs for a small buffer of its own, and 0.07 µs for a view of a larger one: small copies share blocks there.
 * JavaScriptCore takes 0.04 µs for the buffer and 0.15 µs for the view.
 * @module
 */

/** Small enough to share a block, in bytes. */
const SMALL = 1_024;
/** A copy that is kept keeps its whole block. */
const BLOCK = 8_192;
const SHARES_BLOCKS = !("Bun" in globalThis);

let block = new ArrayBuffer(0);
let used = 0;

/** A copy that shares no byte with anything else. */
export function copiedBytes(bytes: Uint8Array): Uint8Array {
  const { length } = bytes;
  if (!SHARES_BLOCKS || length > SMALL) return new Uint8Array(bytes);
  if (used + length > block.byteLength) {
    block = new ArrayBuffer(BLOCK);
    used = 0;
  }
  const copy = new Uint8Array(block, used, length);
  used += length;
  copy.set(bytes);
  return copy;
}
