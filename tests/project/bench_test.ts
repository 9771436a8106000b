/**
 * The instruments of the benchmarks: what they count, and what becomes of the counts. No rate is stated.
 * @module
 */
import assert from "node:assert/strict";
import { InMemoryServer } from "@repid/core";
import { benchServer } from "@repid/core/conformance";
import { toOptions } from "../../bench/compare/options.ts";
import { paced, toCells } from "../../bench/compare/plan.ts";
import { type CellResult, merge, type Results } from "../../bench/compare/results.ts";
import { spreadOf } from "../../bench/compare/statistics.ts";
import { ratioOf, toSection } from "../../bench/compare/table.ts";
import { callInWindow, Meter } from "../../src/conformance/measuring/meter.ts";
import { test } from "../harness.ts";

test("Meter takes its span from the middle of the counts", async () => {
  const meter = new Meter({ warmUp: 10, messages: 1_000 });
  meter.start();
  for (let i = 0; i < 1_009; i++) meter.add();
  assert.equal(meter.isOver, false);
  for (let i = 0; i < 91; i++) meter.add();
  const { messages, ms } = await meter.span;
  assert.equal(messages, 1_000);
  assert.ok(ms >= 0);
  assert.equal(meter.count, 1_100);
});

test("Meter ends its span when the time is over, with what it has", async () => {
  const meter = new Meter({ warmUp: 5, messages: 1_000_000, longest: -1 });
  meter.start();
  while (!meter.isOver) meter.add();
  const { messages } = await meter.span;
  assert.ok(messages > 0 && messages < 1_000, String(messages));
});

test("callInWindow() has as many calls under way as the window has room, and makes no more than it may", async () => {
  let [running, most, made] = [0, 0, 0];
  const call = async (): Promise<void> => {
    made++;
    most = Math.max(most, ++running);
    await Promise.resolve();
    running--;
  };
  await callInWindow(call, { window: 7, most: 100 });
  assert.deepEqual([most, made], [7, 100]);
});

test("callInWindow() stops when the span is over", async () => {
  const meter = new Meter({ warmUp: 0, messages: 50 });
  meter.start();
  await callInWindow(() => Promise.resolve(), { window: 5, most: 10_000, meter });
  assert.ok(meter.count >= 50 && meter.count < 60, String(meter.count));
});

test("benchServer() measures a server by itself and below the framework, everything as often", async () => {
  const server = new InMemoryServer();
  const lines: string[] = [];
  const harness = { create: () => server, channel: () => crypto.randomUUID() };
  const options = {
    messages: 100,
    rounds: 2,
    concurrencies: [1, 50],
    print: (line: string) => lines.push(line),
  };
  const figures = await benchServer("InMemoryServer", harness, { ...options });
  const seen = figures.map(({ doing, path, concurrency }) => `${doing} ${path} ${concurrency}`);
  assert.deepEqual(seen, [
    ...["publish seam 1", "publish framework 1", "publish seam 50", "publish framework 50"],
    ...["consume seam 1", "consume framework 1", "consume seam 50", "consume framework 50"],
  ]);
  for (const { rates, cpuMicros } of figures) {
    assert.ok(rates.length === 2 && rates.every((rate) => rate > 0));
    assert.equal(cpuMicros.length, 2);
  }
  assert.equal(lines.length, 8 * 2 + 1);
  assert.match(lines.at(-1) ?? "", /InMemoryServer: .*\n.*publish, 1 at once, by itself/);
});

test("benchServer() refuses to measure nothing", async () => {
  const harness = { create: () => new InMemoryServer(), channel: () => "c" };
  await assert.rejects(benchServer("none", harness, { messages: 0 }), RangeError);
  await assert.rejects(benchServer("none", harness, { rounds: 1.5 }), RangeError);
});

test("bench:compare refuses what it does not know, and says what it knows", () => {
  assert.deepEqual(toOptions(["--server", "redis,amqp", "--rounds", "7"]).servers, ["redis", "amqp"]);
  assert.equal(toOptions(["--quick"]).rounds, 1);
  assert.throws(() => toOptions(["--server", "kafka"]), /kafka.*memory, redis/);
  assert.throws(() => toOptions(["--rounds", "0"]), RangeError);
  assert.throws(() => toOptions(["--modes", "guess"]), RangeError);
  assert.throws(() => toOptions(["--concurrency", "1,none"]), RangeError);
});

test("bench:compare warms up for two batches, and measures at least three", () => {
  for (const server of ["memory", "redis", "amqp", "pubsub", "pubsub-fake"] as const) {
    const cells = toCells(server, { modes: ["drain"], concurrencies: [1, 10, 100, 1_000], isQuick: true });
    for (const { job } of cells) {
      for (const { warmUp, messages, concurrency } of [job, paced(job, slow)]) {
        assert.ok(warmUp >= 2 * concurrency && messages >= 3 * concurrency, `${server}, ${concurrency}`);
      }
    }
  }
});

const slow = { name: "slow", servers: [], file: "", pace: 0.01 };

test("spreadOf() answers the median, the least and the most, without what failed", () => {
  assert.deepEqual(spreadOf([3, 1, 2]), { median: 2, min: 1, max: 3 });
  assert.deepEqual(spreadOf([4, NaN, 1]), { median: 2.5, min: 1, max: 4 });
  assert.deepEqual(spreadOf([]), { median: NaN, min: NaN, max: NaN });
});

function toCell(name: string, unit = "messages/s"): CellResult {
  const round = (value: number) => ({ value, cpuMicros: 1, more: {}, counters: { writes: 0.5 } });
  return {
    mode: "drain",
    name,
    unit,
    concurrency: 1,
    rows: [
      { entrant: "repid", runtime: "deno", isPeer: false, rounds: [round(10), round(30), round(20)] },
      { entrant: "other", runtime: "deno", isPeer: false, rounds: [round(20), null, round(10)] },
    ],
  };
}

test("ratioOf() sets rounds against each other, pair by pair", () => {
  const cell = toCell("drain");
  const other = cell.rows[1];
  assert.ok(other);
  assert.deepEqual(ratioOf(cell, other), { median: 1.25, min: 0.5, max: 2 });
  assert.deepEqual(ratioOf(toCell("latency", "ms"), other), { median: 0, min: -10, max: 10 });
  assert.match(toSection(cell), /repid ÷ this/);
  assert.match(toSection(toCell("latency", "ms")), /repid − this/);
});

test("merge() keeps what was measured before only where everything else is the same", () => {
  const results = (cells: CellResult[], machine = "one"): Results => ({
    server: "redis",
    broker: "Redis 7",
    commands: [cells.map(({ name }) => name).join()],
    date: "2026-01-01",
    machine,
    runtimes: { deno: "Deno 2" },
    packages: {},
    cells,
    failures: [],
  });
  const [before, now] = [results([toCell("a"), toCell("b")]), results([toCell("b"), toCell("c")])];
  assert.deepEqual(merge(now, before).cells.map(({ name }) => name), ["a", "b", "c"]);
  assert.deepEqual(merge(now, before).commands, ["a,b", "b,c"]);
  assert.equal(merge(now, results([toCell("a")], "another")), now);
});
