import assert from "node:assert/strict";
import fc from "fast-check";
import { defaultSerializer, InMemoryServer, Repid, Router } from "../../mod.ts";
import { TestClient } from "../../src/testing/mod.ts";
import { test } from "../harness.ts";

const decoder = new TextDecoder();
const write = (value: unknown): string => decoder.decode(defaultSerializer(value));

class Point {
  readonly x = 1;
  readonly #secret = 2;
  readonly double = (): number => this.x * this.#secret;
}

class Money {
  readonly parts = new Map([["EUR", 1]]);
  toJSON(): unknown {
    return { EUR: this.parts.get("EUR") };
  }
}

function* numbers(): Generator<number> {
  yield 1;
}

/** What JSON would write as `{}`, as an object with numbered keys, as `null`, or not at all. */
const LOST: readonly (readonly [kind: string, value: unknown])[] = [
  ["a Map", new Map([[1, 2]])],
  ["a Map", new (class extends Map {})()],
  ["a Set", new Set([1])],
  ["a WeakMap", new WeakMap()],
  ["a WeakSet", new WeakSet()],
  ["a WeakRef", new WeakRef({})],
  ["a Promise", Promise.resolve(1)],
  ["an ArrayBuffer", new ArrayBuffer(1)],
  ["a SharedArrayBuffer", new SharedArrayBuffer(1)],
  ["a DataView", new DataView(new ArrayBuffer(1))],
  ["a Uint8Array", new Uint8Array([1, 2])],
  ["a Float64Array", new Float64Array(1)],
  ["a BigInt64Array", new BigInt64Array(1)],
  ["a RegExp", /a/],
  ["an Error", new RangeError("lost")],
  ["a Generator", numbers()],
  ["a Headers", new Headers()],
  ["a URLSearchParams", new URLSearchParams("a=b")],
  ["a Blob", new Blob()],
  ["a function", () => {}],
  ["a function", class {}],
  ["a symbol", Symbol("s")],
  ["a Symbol", Object(Symbol("s"))],
  ["a bigint", 1n],
];

test("defaultSerializer() refuses what JSON would lose, and says where it is and what", () => {
  for (const [kind, value] of LOST) {
    // Bun gives some a JSON form.
    if (typeof value === "object" && value !== null && "toJSON" in value) continue;
    const places: readonly (readonly [path: string, value: unknown])[] = [
      ["$", value],
      ["$.user.tags", { user: { name: "Ada", tags: value } }],
      ["$[1]", [1, value]],
      ['$.list[0]["odd key"]', { list: [{ "odd key": value }] }],
      ["$.point.x", { point: Object.assign(new Point(), { x: value }) }],
      ["$.a", Object.assign(Object.create(null), { a: value })],
    ];
    for (const [path, payload] of places) {
      if (path === "$.point.x" && typeof value === "function") continue;
      const message = `Cannot serialize the payload as JSON cannot represent ${kind}: ${path}`;
      assert.throws(() => write(payload), { name: "TypeError", message });
    }
  }
});

test("defaultSerializer() refuses undefined, and what refers to itself", () => {
  assert.throws(() => write(undefined), {
    name: "TypeError",
    message: "Cannot serialize the payload as JSON cannot represent undefined: $",
  });
  const circular: Record<string, unknown> = {};
  circular.self = circular;
  assert.throws(() => write(circular), { name: "TypeError", message: /^Cannot serialize the payload as / });
});

test("defaultSerializer() writes everything else as JSON.stringify() does", () => {
  const shared = { a: 1 };
  const values: unknown[] = [
    null,
    "text",
    1,
    true,
    [NaN, Infinity, undefined, , -0],
    { left: undefined, out: { of: undefined } },
    new Date(0),
    { at: new Date(0), url: new URL("https://example.com/") },
    [new Money(), { money: new Money() }],
    new Point(),
    { numbers: Object(1), text: Object("a") },
    Object.assign(new Error("with fields"), { code: 1 }),
    Object.assign(() => {}, { toJSON: () => "a function that has a JSON form" }),
    { [Symbol("key")]: 1, a: 1 },
    Object.create({ inherited: new Map() }),
    [shared, shared],
  ];
  for (const value of values) assert.equal(write(value), JSON.stringify(value));
  fc.assert(fc.property(fc.jsonValue({ maxDepth: 5 }), (value) => {
    assert.equal(write(value), JSON.stringify(value));
  }));
});

test("defaultSerializer() writes what is nested deeply as far as the runtime does", () => {
  let nested: unknown[] = [];
  for (let depth = 0; depth < 2_000; depth++) nested = [nested];
  assert.equal(write(nested), JSON.stringify(nested));
});

test("Repid.sendMessageJson() sends nothing of a value that JSON would lose", async () => {
  const app = new Repid();
  const server = app.servers.register("memory", new InMemoryServer());
  await using _connection = await server.connect();
  await assert.rejects(
    app.sendMessageJson({ channel: "c", payload: new Map([[1, 2]]) }),
    /^TypeError: Cannot serialize the payload as JSON cannot represent a Map: \$$/,
  );
  const router = new Router({ channel: "c" });
  const actor = router.actor({ name: "a" }, () => {});
  app.includeRouter(router);
  await assert.rejects(app.send(actor, { tags: new Set() } as never), /represent a Set: \$\.tags$/);
  assert.equal(server.size("c"), 0);
});

test("Message.replyJson() and sendMessageJson() send nothing of a value that JSON would lose", async () => {
  const router = new Router({ channel: "c" });
  const errors: string[] = [];
  const note = (error: unknown): void => void errors.push(String(error));
  const actor = router.actor({ name: "a" }, async (_, { message }) => {
    await message.replyJson({ channel: "r", payload: [new Map()] }).catch(note);
    await message.sendMessageJson({ channel: "r", payload: { bytes: new Uint8Array(1) } }).catch(note);
  });
  await using client = new TestClient(new Repid().includeRouter(router));
  const message = await client.send(actor);
  assert.deepEqual(errors.map((error) => error.split("represent ")[1]), [
    "a Map: $[0]",
    "a Uint8Array: $.bytes",
  ]);
  assert.equal(message.action, "acked");
  assert.deepEqual(client.getSentMessages({ channel: "r" }), []);
});
