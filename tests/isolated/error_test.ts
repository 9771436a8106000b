import assert from "node:assert/strict";
import { rmSync, writeFileSync } from "node:fs";
import { mkdtemp } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { pathToFileURL } from "node:url";
import { IsolatedError, type IsolatedModule, ProcessPool } from "../../src/isolated/mod.ts";
import { test } from "../harness.ts";
import { fixture, functionsUrl } from "./fixtures/fixtures.ts";
import type * as Functions from "./fixtures/functions.ts";
import type * as Throwing from "./fixtures/throws_on_import.ts";

/** The error that a call rejects with. */
async function failureOf(
  call: (functions: IsolatedModule<typeof Functions>) => Promise<unknown>,
): Promise<IsolatedError> {
  await using pool = new ProcessPool({ size: 1 });
  return await rejection(call(pool.module<typeof Functions>(functionsUrl)));
}

async function rejection(call: Promise<unknown>): Promise<IsolatedError> {
  const error = await call.then((value) => assert.fail(`returned ${value}`), (error: unknown) => error);
  assert(error instanceof IsolatedError, String(error));
  return error;
}

test("IsolatedError has the name, message, stack and causes of what was thrown", async () => {
  const error = await failureOf(({ fail }) => fail());
  assert.equal(error.name, "RangeError");
  assert.equal(error.message, "Cannot count");
  assert.match(error.stack ?? "", /functions\.[jt]s/);
  const { cause } = error;
  assert(cause instanceof IsolatedError);
  assert.equal(cause.name, "TypeError");
  assert.equal(cause.message, "no number");
  assert.match(cause.stack ?? "", /functions\.[jt]s/);
  assert.deepEqual(cause.cause, { code: 42n });
});

test("IsolatedError breaks off causes that run in a circle", async () => {
  const error = await failureOf(({ failInCircle }) => failInCircle());
  assert.equal(error.message, "first");
  assert(error.cause instanceof IsolatedError);
  assert.equal(error.cause.message, "second");
  assert.equal(error.cause.cause, undefined);
});

test("IsolatedError has a thrown value that is no Error as its cause", async () => {
  for (
    const [value, label] of [["out of cheese", "out of cheese"], [null, "null"], [
      { code: 1 },
      "[object Object]",
    ]]
  ) {
    const error = await failureOf(({ throwValue }) => throwValue(value));
    assert.equal(error.name, "IsolatedError");
    assert.equal(
      error.message,
      `Cannot finish the call as the function threw a value that is not an Error: ${label}`,
    );
    assert.deepEqual(error.cause, value);
  }
});

test("IsolatedError describes thrown values and causes that are not cloneable", async () => {
  const thrown = await failureOf(({ throwFunction }) => throwFunction());
  assert.equal(
    thrown.message,
    "Cannot finish the call as the function threw a value that is not an Error: [object Function]",
  );
  assert.equal(thrown.cause, "[object Function]");
  const caused = await failureOf(({ failWithFunction }) => failWithFunction());
  assert.equal(caused.message, "odd");
  assert.equal(caused.cause, "[object Function]");
});

test("IsolatedError says where a result is not cloneable", async () => {
  const error = await failureOf(({ makeCounter }) => makeCounter());
  assert.equal(error.name, "IsolatedError");
  assert.equal(
    error.message,
    "Cannot return from makeCounter as its result cannot be copied: " +
      "Cannot clone the result as a part of it is not cloneable: result.counter.increment is a function",
  );
});

test("IsolatedError names what the module exports if the function is not among it", async () => {
  await using pool = new ProcessPool({ size: 1 });
  const functions = pool.module<{ missing(): void; notAFunction(): void; toString(): string }>(functionsUrl);
  for (const name of ["missing", "notAFunction", "toString"] as const) {
    const error = await rejection(functions[name]());
    assert.equal(error.name, "IsolatedError");
    const start = `Cannot call ${name} as its module exports no such function: ${functionsUrl} has `;
    assert.equal(error.message.slice(0, start.length), start);
    assert.match(error.message.slice(start.length), /\bpid\b/);
    assert.doesNotMatch(error.message.slice(start.length), /\bnotAFunction\b/);
  }
});

test("IsolatedError has the error of a module that throws on import as its cause", async () => {
  await using pool = new ProcessPool({ size: 1 });
  const url = fixture("throws_on_import");
  const error = await rejection(pool.module<typeof Throwing>(url).unreachable());
  assert.equal(
    error.message,
    `Cannot call unreachable as its module cannot be loaded: ${url}: RangeError: Cannot load as this is a test`,
  );
  assert(error.cause instanceof IsolatedError);
  assert.equal(error.cause.name, "RangeError");
  assert.match(error.cause.stack ?? "", /throws_on_import\.[jt]s/);
});

test("ProcessPool loads a module anew after it could not be loaded", async () => {
  const folder = await mkdtemp(join(tmpdir(), "repid-"));
  try {
    await using pool = new ProcessPool({ size: 1 });
    const path = join(folder, "late.js");
    const late = pool.module<{ answer(): number }>(pathToFileURL(path));
    const error = await rejection(late.answer());
    assert.match(error.message, /^Cannot call answer as its module cannot be loaded: file:.*late\.js: ./s);
    writeFileSync(path, "export const answer = () => 42;");
    assert.equal(await late.answer(), 42);
  } finally {
    rmSync(folder, { recursive: true });
  }
});
