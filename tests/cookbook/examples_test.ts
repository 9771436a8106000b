/**
 * The examples of the cookbook that need no heavy packages run, and say what they say they do.
 * @module
 */
import assert from "node:assert/strict";
import { every } from "../../examples/schedule.ts";
import { fanOut } from "../../examples/fan_out.ts";
import { rateLimit } from "../../examples/rate_limit.ts";
import { InMemoryServer, Repid, Router, silentLogger } from "@repid/core";
import { test } from "../harness.ts";
import { start } from "./program.ts";

const OUTPUTS: Readonly<Record<string, readonly string[]>> = {
  "request_reply.ts": ["pen: 300", "paper: 500", "stapler: 700", "unknown: TimeoutError"],
  "progress.ts": [
    "text/event-stream",
    ": connected",
    ...[0, 1, 2, 3, 4].map((done) => `data: {"jobId":"v1","done":${done},"of":4}`),
  ],
  "idempotent.ts": ["Deposited 500", "Done before", "Balance: 500"],
  "outbox.ts": ["Not yet: NotConnectedError", "Sent: 2", "Order 1: pen", "Order 2: paper", "Left: 0"],
  "rate_limit.ts": ["Call 1", "Call 2", "Call 3", "Call 4"],
  "fan_out.ts": ["Mail for order 1", "Stock for order 1"],
};

for (const [file, expected] of Object.entries(OUTPUTS)) {
  test(`examples/${file}: says what it does`, async () => {
    const { code, lines } = await start(`../${file}`).ends();
    assert.deepEqual(lines, expected);
    assert.equal(code, 0);
  });
}

test("examples/priorities.ts: what is urgent is done before long work that came first", async () => {
  const { code, lines } = await start("../priorities.ts").ends();
  assert.equal(lines[0], "Urgent 4");
  assert.deepEqual(lines.slice(1).sort(), ["Bulk 1", "Bulk 2", "Bulk 3"]);
  assert.equal(code, 0);
});

test("examples/schedule.ts: of two timers' messages for one tick, one is handled", async () => {
  const { code, lines } = await start("../schedule.ts").ends();
  const cleaned = lines.filter((line) => /^Cleaned up for [0-9T:-]+\.\d00Z$/.test(line));
  assert.equal(new Set(cleaned).size, cleaned.length);
  assert.ok(cleaned.length >= 2);
  assert.equal(code, 0);
});

test("every(): fires at multiples of its interval, each once, also after a failure, until aborted", async () => {
  const stop = new AbortController();
  const enough = Promise.withResolvers<void>();
  const due: number[] = [];
  const errors: unknown[] = [];
  every(20, (date) => {
    due.push(date.getTime());
    return Promise.reject(new Error("the broker is away"));
  }, {
    signal: stop.signal,
    onError: (error) => {
      if (errors.push(error) === 3) enough.resolve();
    },
  });
  await enough.promise;
  stop.abort();
  assert.deepEqual(due, [...new Set(due)].sort((a, b) => a - b));
  assert.ok(due.every((time) => time % 20 === 0));
  assert.equal(errors.length, due.length);
});

test("rateLimit(): begins runs evenly, however many come at once", async () => {
  const waits: number[] = [];
  const router = new Router();
  const limit = rateLimit({
    runs: 4,
    per: 1_000,
    now: () => 0,
    wait: (ms) => {
      waits.push(ms);
      return Promise.resolve();
    },
  });
  const call = router.actor({ name: "call", middlewares: [limit] }, () => {});
  const app = new Repid().includeRouter(router);
  await using _ = await app.servers.register("memory", new InMemoryServer()).connect();
  for (let i = 0; i < 4; i++) await app.send(call);
  await app.runWorker({ messagesLimit: 4, osSignals: [] });
  assert.deepEqual(waits, [0, 250, 500, 750]);
});

test("rateLimit(): a message that waits when the worker is stopped is put back", async () => {
  const stop = new AbortController();
  const router = new Router();
  const limit = rateLimit({ runs: 1, per: 3_600_000 });
  let calls = 0;
  const call = router.actor({ name: "call", middlewares: [limit] }, () => {
    calls++;
    stop.abort();
  });
  const app = new Repid({ logger: silentLogger }).includeRouter(router);
  const server = app.servers.register("memory", new InMemoryServer());
  await using _ = await server.connect();
  for (let i = 0; i < 2; i++) await app.send(call);
  const options = { signal: stop.signal, osSignals: [], gracefulShutdownTime: 0 };
  await app.runWorker(options);
  assert.equal(calls, 1);
  assert.equal(server.size("default"), 1);
});

test("fanOut(): a channel without receivers gets its own messages", async () => {
  const app = new Repid({ producerMiddlewares: [fanOut({ orders: ["a", "b"] })] });
  const server = app.servers.register("memory", new InMemoryServer());
  await using _ = await server.connect();
  for (const channel of ["orders", "others"]) await app.sendMessage({ channel, payload: "" });
  assert.deepEqual(["orders", "a", "b", "others"].map((name) => server.size(name)), [0, 1, 1, 1]);
});
