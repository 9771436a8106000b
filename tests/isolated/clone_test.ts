import assert from "node:assert/strict";
import { decode, encode } from "../../src/isolated/clone.ts";
import { test } from "../harness.ts";

const symbol = Symbol("s");

const refused: readonly (readonly [value: unknown, where: string])[] = [
  [() => 1, "payload is a function"],
  [symbol, "payload is a symbol"],
  [{ rows: [1, { format() {} }] }, "payload.rows[1].format is a function"],
  [new Map([["a", { b: symbol }]]), "payload.values().b is a symbol"],
  [new Map([[symbol, 1]]), "payload.keys() is a symbol"],
  [new Set([[() => 1]]), "payload.values()[0] is a function"],
  [new URL("http://localhost/"), "payload is of type URL"],
  [{ signal: new AbortController().signal }, "payload.signal is of type AbortSignal"],
  [{ answer: Promise.resolve(1) }, "payload.answer is of type Promise"],
  [new Headers(), "payload is of type Headers"],
  [new Blob(["x"]), "payload is of type Blob"],
  [new WeakMap(), "payload is of type WeakMap"],
  [new DOMException("m", "n"), "payload is of type DOMException"],
  [new SharedArrayBuffer(1), "payload is of type SharedArrayBuffer"],
  [{ view: new Uint8Array(new SharedArrayBuffer(1)) }, "payload.view is a view of shared memory"],
];

for (const [value, where] of refused) {
  test(`encode() refuses a value because ${where}`, () => {
    const message = `Cannot clone the payload as a part of it is not cloneable: ${where}`;
    assert.throws(() => encode(value, "payload"), { name: "TypeError", message });
  });
}

test("encode() reports what the runtime refuses, with its error as the cause", () => {
  const proxy = new Proxy({ a: 1 }, {});
  assert.throws(() => encode({ proxy }, "payload"), (error) => {
    assert(error instanceof TypeError);
    assert.match(error.message, /^Cannot clone the payload as the runtime refuses it: ./);
    assert(error.cause instanceof Error);
    return true;
  });
});

test("encode() takes deep and circular values", () => {
  let deep: { next?: unknown } = {};
  const last = deep;
  for (let depth = 0; depth < 500; depth++) deep = { next: deep };
  last.next = deep;
  let at = decode(encode(deep, "payload")) as { next: typeof deep };
  const first = at;
  for (let depth = 0; depth <= 500; depth++) at = at.next as typeof at;
  assert.equal(at, first);
});

test("encode() and decode() leave typed arrays their buffers", () => {
  const buffer = new Float64Array([1.5, 2.5]).buffer;
  const [floats, bytes] = decode(
    encode([new Float64Array(buffer), new Uint8Array(buffer, 8, 8)], "payload"),
  ) as [
    Float64Array,
    Uint8Array,
  ];
  assert.deepEqual([...floats], [1.5, 2.5]);
  assert.equal(floats.buffer.byteLength, 16);
  assert.equal(bytes.buffer, floats.buffer);
  assert.equal(bytes.byteOffset, 8);
});

test("encode() copies an instance of a class as its fields", () => {
  class Point {
    x = 1;
    get y() {
      return 2;
    }
  }
  const copy = decode(encode(new Point(), "payload"));
  assert.deepEqual(copy, { x: 1 });
});
