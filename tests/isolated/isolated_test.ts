import assert from "node:assert/strict";
import process from "node:process";
import {
  closeIsolated,
  isolated,
  type IsolatedContext,
  type IsolatedModule,
  ProcessPool,
} from "../../src/isolated/mod.ts";
import { test } from "../harness.ts";
import { exists, fixture, functionsUrl, listen } from "./fixtures/fixtures.ts";
import type * as Functions from "./fixtures/functions.ts";

test("isolated() runs functions in another process, which closeIsolated() ends", async () => {
  const functions = isolated<typeof Functions>(functionsUrl);
  const first = await functions.pid();
  assert.notEqual(first, process.pid);
  assert.equal(await functions.pid(), first);
  await closeIsolated();
  assert.equal(exists(first), false);

  const second = await functions.pid();
  assert.notEqual(second, first);
  await closeIsolated();
  await closeIsolated();
});

test("isolated() shares its processes between modules", async () => {
  const one = isolated<typeof Functions>(functionsUrl);
  const other = isolated<typeof Functions>(new URL("?other", functionsUrl));
  assert.equal(await one.pid(), await other.pid());
  await closeIsolated();
});

test("isolated() gives the same function each time it is asked for", async () => {
  const functions = isolated<typeof Functions>(functionsUrl);
  assert.equal(functions.pid, functions.pid);
  assert.notEqual(functions.pid, functions.spin);
  assert.equal(await Promise.resolve(functions), functions, "a module must not look like a promise");
});

test("isolated() throws a TypeError if the module is no URL", () => {
  // @ts-expect-error: a path is no URL
  assert.throws(() => isolated("./functions.ts"), {
    name: "TypeError",
    message: "Cannot isolate a module as it is not given as a URL: ./functions.ts",
  });
});

/** What a runtime's own test for equality can compare. */
const values: Readonly<Record<string, unknown>> = {
  undefined: undefined,
  null: null,
  "not a number": NaN,
  "negative zero": -0,
  bigint: 2n ** 100n,
  "negative bigint": -1n,
  text: "naïve 😀 \u0000 \n",
  date: new Date(Date.UTC(2026, 0, 1)),
  "regular expression": /a+/giu,
  "nested maps and sets": new Map<unknown, unknown>([[1n, new Set([new Date(0), "x"])], [
    { key: true },
    undefined,
  ]]),
  "fields without value": { missing: undefined, nothing: null },
  "array with holes": [1, , 3],
  bytes: new Uint8Array([0, 127, 255]),
  floats: new Float64Array([Math.PI, -Infinity]),
  "big integers": new BigInt64Array([-1n, 2n ** 62n]),
  "part of a buffer": new Uint16Array(new ArrayBuffer(64), 8, 3),
  buffer: new Uint8Array([1, 2, 3]).buffer,
  view: new DataView(new ArrayBuffer(4), 1, 2),
  "no bytes": new Uint8Array(),
  "five million bytes": new Uint8Array(5_000_000).fill(7),
  "many objects": Array.from({ length: 10_000 }, (_, id) => ({ id, name: `row ${id}` })),
};

test("isolated() carries values there and back as structured clone does", async () => {
  await using pool = new ProcessPool({ size: 1 });
  const { echo } = pool.module<typeof Functions>(functionsUrl);
  for (const [what, value] of Object.entries(values)) {
    const copy = await echo(value);
    assert.deepStrictEqual(copy, value, what);
    if (typeof value === "object" && value) assert.notEqual(copy, value, what);
  }
  const circle: { self?: unknown } = {};
  circle.self = circle;
  const copy = await echo(circle) as typeof circle;
  assert.equal(copy.self, copy);
  const invalid = await echo(new Date(NaN)) as Date; // Node 20 takes no two of them for equal
  assert(invalid instanceof Date && Number.isNaN(invalid.getTime()));
  const error = await echo(new RangeError("m", { cause: "c" })) as Error;
  assert(error instanceof RangeError);
  assert.equal(error.message, "m");
});

test("isolated() gives the function real values of their types", async () => {
  await using pool = new ProcessPool({ size: 1 });
  const { describe } = pool.module<typeof Functions>(functionsUrl);
  const bytes = new Uint8Array([1, 2, 3]);
  assert.deepEqual(
    await describe({ date: new Date(5), map: new Map([["big", 7n]]), bytes, missing: undefined }),
    ["5", "7", "Uint8Array of 3 in 3", "true"],
  );
});

test("isolated() copies the payload at the time of the call", async () => {
  await using pool = new ProcessPool({ size: 1 });
  const { echo } = pool.module<typeof Functions>(functionsUrl);
  const payload = { count: 1 };
  const call = echo(payload);
  payload.count = 2;
  assert.deepEqual(await call, { count: 1 });
});

test("isolated() refuses what is not cloneable before anything starts", async () => {
  await using pool = new ProcessPool({ size: 1 });
  const missing = pool.module<typeof Functions>(fixture("there_is_no_such_file"));
  await assert.rejects(missing.echo({ rows: [{ format() {} }] }), {
    name: "TypeError",
    message:
      "Cannot clone the payload as a part of it is not cloneable: payload.rows[0].format is a function",
  });
});

test("isolated() makes handlers: of a context only the signal crosses", async () => {
  await using pool = new ProcessPool({ size: 1 });
  await using announcements = await listen();
  const { contextKeys, waitForAbort } = pool.module<typeof Functions>(functionsUrl);
  const controller = new AbortController();
  const context = {
    signal: controller.signal,
    headers: {},
    deps: { query: () => [] },
    message: { ack: () => Promise.resolve() },
    actor: Symbol("not cloneable"),
  };
  assert.deepEqual(await contextKeys(undefined, context), ["signal", "AbortSignal"]);
  const running = announcements.next();
  const call = waitForAbort(announcements.port, context);
  await running;
  controller.abort(new DOMException("5000 ms are over", "TimeoutError"));
  assert.equal(await call, "TimeoutError: 5000 ms are over");
});

test("IsolatedModule has a module's functions with their types, and nothing else", () => {
  interface Module {
    plain(value: { number: number }): boolean;
    later(value: string, context: IsolatedContext): Promise<Date>;
    nothing(): void;
    optional(value?: number): number;
    wantsMore(value: string, context: IsolatedContext & { message: unknown }): void;
    readonly constant: number;
    readonly Class: new () => object;
    then(resolve: () => void): void;
  }
  const check = (module: IsolatedModule<Module>, context: IsolatedContext & { message: unknown }): void => {
    const plain: Promise<boolean> = module.plain({ number: 1 }, context);
    const later: Promise<Date> = module.later("x", { signal: context.signal });
    const nothing: Promise<void> = module.nothing();
    const handler: (payload: { number: number }, given: typeof context) => unknown = module.plain;
    const ignoring: (payload: { number: number }, given: typeof context) => unknown = module.nothing;
    const optional: Promise<number>[] = [module.optional(), module.optional(1), module.optional(1, {})];
    // @ts-expect-error: another payload
    module.plain({ number: "1" });
    // @ts-expect-error: no payload
    module.plain();
    // @ts-expect-error: a handler of another payload
    const wrong: (payload: { number: string }) => unknown = module.plain;
    // @ts-expect-error: its context has members that do not cross
    module.wantsMore("x", context);
    // @ts-expect-error: not a function
    module.constant;
    // @ts-expect-error: not a function
    module.Class;
    // @ts-expect-error: would make a promise of the module
    module.then;
    void [plain, later, nothing, handler, ignoring, optional, wrong];
  };
  assert.equal(typeof check, "function"); // the compiler is what tests here
});
