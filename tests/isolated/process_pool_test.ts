import assert from "node:assert/strict";
import { type IsolatedModule, ProcessPool } from "../../src/isolated/mod.ts";
import { test } from "../harness.ts";
import { exists, functionsUrl, listen } from "./fixtures/fixtures.ts";
import type * as Functions from "./fixtures/functions.ts";

/** The functions of a pool whose one process is busy until it is released. */
interface Occupied extends AsyncDisposable {
  readonly functions: IsolatedModule<typeof Functions>;
  readonly pid: number;
  release(): Promise<string>;
}

async function occupy(): Promise<Occupied> {
  await using announcements = await listen();
  const pool = new ProcessPool({ size: 1, killAfter: 60_000 });
  const functions = pool.module<typeof Functions>(functionsUrl);
  const pid = await functions.pid();
  const controller = new AbortController();
  const running = announcements.next();
  const call = functions.waitForAbort(announcements.port, { signal: controller.signal });
  await running;
  const release = () => {
    controller.abort();
    return call;
  };
  return { functions, pid, release, [Symbol.asyncDispose]: () => pool.close() };
}

test("ProcessPool refuses options out of range", () => {
  for (const size of [0, -1, 1.5, NaN, Infinity]) {
    const message = `Cannot create a pool as its size is not a positive integer: ${size}`;
    assert.throws(() => new ProcessPool({ size }), { name: "RangeError", message });
  }
  for (const killAfter of [-1, NaN, Infinity, 2 ** 31]) {
    const message = `Cannot create a pool as killAfter is not between 0 and 2147483647: ${killAfter}`;
    assert.throws(() => new ProcessPool({ killAfter }), { name: "RangeError", message });
  }
});

test("ProcessPool runs one call per process at a time, and no more processes than its size", async () => {
  await using pool = new ProcessPool({ size: 2 });
  const { overlap, pid } = pool.module<typeof Functions>(functionsUrl);
  const calls = Array.from({ length: 8 }, () => [overlap(), pid()] as const);
  assert.deepEqual(await Promise.all(calls.map(([running]) => running)), Array(8).fill(1));
  const pids = await Promise.all(calls.map(([, pid]) => pid));
  assert(new Set(pids).size <= 2);
});

test("ProcessPool runs as many calls at the same time as its size", async () => {
  await using announcements = await listen();
  await using pool = new ProcessPool({ size: 2, killAfter: 60_000 });
  const { waitForAbort } = pool.module<typeof Functions>(functionsUrl);
  const controller = new AbortController();
  const calls: Promise<string>[] = [];
  for (let count = 0; count < 2; count++) {
    const running = announcements.next();
    calls.push(waitForAbort(announcements.port, { signal: controller.signal }));
    await running; // the earlier ones go on meanwhile
  }
  controller.abort(new DOMException("enough", "AbortError"));
  assert.deepEqual(await Promise.all(calls), ["AbortError: enough", "AbortError: enough"]);
});

test("ProcessPool uses a free process before it starts another", async () => {
  await using pool = new ProcessPool({ size: 2 });
  const { pid } = pool.module<typeof Functions>(functionsUrl);
  const pids = [await pid(), await pid(), await pid()];
  assert.equal(new Set(pids).size, 1);
});

test("ProcessPool runs waiting calls in the order in which they came", async () => {
  await using occupied = await occupy();
  const { functions, release } = occupied;
  const order: number[] = [];
  const calls = [1, 2, 3].map(async (number) => order.push(await functions.echo(number) as number));
  await release();
  await Promise.all(calls);
  assert.deepEqual(order, [1, 2, 3]);
});

test("ProcessPool drops a waiting call at once when it is aborted", async () => {
  await using occupied = await occupy();
  const { functions, pid, release } = occupied;
  const controller = new AbortController();
  const waiting = functions.exit(9, { signal: controller.signal });
  const behind = functions.pid();
  const reason = new Error("no longer needed");
  controller.abort(reason);
  await assert.rejects(waiting, (error) => error === reason); // while the process is still busy
  await release();
  assert.equal(await behind, pid);
});

test("ProcessPool runs the functions of several modules", async () => {
  await using pool = new ProcessPool({ size: 1 });
  const one = pool.module<typeof Functions>(functionsUrl);
  const two = pool.module<typeof Functions>(new URL("?two", functionsUrl));
  const pid = await one.pid();
  assert.equal(await two.pid(), pid);

  const late = pool.module<typeof Functions>(new URL("?late", functionsUrl));
  const replaced = await late.pid();
  assert.notEqual(replaced, pid, "a process loads no module that was declared after its start");
  assert.equal(exists(pid), false);
  assert.equal(await one.pid(), replaced);
});

test("ProcessPool.close() may be called before any use, repeatedly and concurrently", async () => {
  const unused = new ProcessPool();
  unused.module<typeof Functions>(functionsUrl);
  await unused.close();
  await unused.close();

  const used = new ProcessPool({ size: 1 });
  const pid = await used.module<typeof Functions>(functionsUrl).pid();
  await Promise.all([used.close(), used.close(), used[Symbol.asyncDispose]()]);
  await used.close();
  assert.equal(exists(pid), false);
});

test("ProcessPool.close() kills what runs and rejects what waits", async () => {
  await using announcements = await listen();
  const pool = new ProcessPool({ size: 1 });
  const functions = pool.module<typeof Functions>(functionsUrl);
  const pid = await functions.pid();
  const announced = announcements.next();
  const running = assert.rejects(functions.spin(announcements.port), {
    name: "IsolatedError",
    message: `Cannot finish spin as its pool was closed: ${functionsUrl}`,
  });
  await announced;
  const waiting = assert.rejects(functions.echo(1), {
    name: "IsolatedError",
    message: `Cannot finish echo as its pool was closed: ${functionsUrl}`,
  });
  await pool.close();
  assert.equal(exists(pid), false);
  await Promise.all([running, waiting]);
});

test("ProcessPool.close() lets a function that obeys its signal return", async () => {
  await using announcements = await listen();
  const pool = new ProcessPool({ size: 1, killAfter: 60_000 });
  const functions = pool.module<typeof Functions>(functionsUrl);
  const running = announcements.next();
  const call = functions.waitForAbort(announcements.port);
  await running;
  await pool.close();
  assert.equal(await call, `AbortError: Cannot finish waitForAbort as its pool was closed: ${functionsUrl}`);
});

test("ProcessPool.close() ends processes that are just starting", async () => {
  const pool = new ProcessPool({ size: 2, killAfter: 0 });
  const functions = pool.module<typeof Functions>(functionsUrl);
  const calls = [functions.spin(), functions.ignoreAbort()].map((call) =>
    assert.rejects(call, { name: "IsolatedError" })
  );
  await pool.close();
  await Promise.all(calls);
});

test("ProcessPool refuses calls after its close", async () => {
  const pool = new ProcessPool({ size: 1 });
  const functions = pool.module<typeof Functions>(functionsUrl);
  await pool.close();
  await assert.rejects(functions.pid(), {
    name: "IsolatedError",
    message: `Cannot call pid as its pool is closed: ${functionsUrl}`,
  });
});

test("ProcessPool.module() throws a TypeError if the module is no URL", async () => {
  await using pool = new ProcessPool();
  // @ts-expect-error: a path is no URL
  assert.throws(() => pool.module(functionsUrl.href), TypeError);
});
