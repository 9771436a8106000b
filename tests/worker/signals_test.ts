import assert from "node:assert/strict";
import { test } from "../harness.ts";
import { Child } from "../processes/child.ts";
import { bundleForNode } from "../processes/node.ts";

const WORKER = new URL("./fixtures/signals_worker.ts", import.meta.url);

type Start = (how: string) => Child;

function signalTests(runtime: string, start: Start): void {
  test(`Repid.runWorker() lets a handler finish after SIGTERM, and its process ends well, on ${runtime}`, async () => {
    const child = start("waits");
    await child.says("started");
    child.kill("SIGTERM");
    await child.says("worker.shutdown.start");
    child.kill("SIGUSR2");
    const { code, signal, lines } = await child.ends();
    assert.deepEqual({ code, signal }, { code: 0, signal: null });
    assert.deepEqual(lines, [
      "worker.run.start",
      "worker.consumer.start",
      "started",
      "worker.signal.stop",
      "worker.shutdown.start",
      "finished",
      "actor.run.success",
      "worker.run.exit",
      "processed 1, left 0",
    ]);
  });

  test(`Repid.runWorker() aborts a handler's signal when the grace period is over, on ${runtime}`, async () => {
    const child = start("obeys");
    await child.says("started");
    child.kill("SIGINT");
    const { code, lines } = await child.ends();
    assert.equal(code, 0);
    assert.equal(lines.at(-1), "processed 0, left 1");
    assert.ok(lines.includes("worker.shutdown.timeout") && !lines.includes("actor.run.abandoned"));
  });

  test(`Repid.runWorker() leaves a handler behind that ignores its signal, on ${runtime}`, async () => {
    const child = start("ignores");
    await child.says("started");
    child.kill("SIGTERM");
    const { code, lines } = await child.ends();
    assert.equal(code, 0);
    assert.equal(lines.at(-1), "processed 0, left 1");
    assert.ok(lines.includes("actor.run.abandoned"));
  });

  test(`Repid.runWorker() leaves a second signal its default effect, on ${runtime}`, async () => {
    const child = start("waits");
    await child.says("started");
    child.kill("SIGTERM");
    await child.says("worker.shutdown.start");
    child.kill("SIGTERM");
    const { code, signal, lines } = await child.ends();
    assert.ok(signal === "SIGTERM" || code === 143, `ended by ${signal}, code ${code}`);
    assert.ok(!lines.includes("finished") && !lines.includes("worker.run.exit"));
  });

  test(`Repid.runWorker({ osSignals: [] }) listens to no signal, on ${runtime}`, async () => {
    const child = start("deaf");
    await child.says("started");
    child.kill("SIGTERM");
    const { code, signal, lines } = await child.ends();
    assert.ok(signal === "SIGTERM" || code === 143, `ended by ${signal}, code ${code}`);
    assert.ok(!lines.includes("worker.shutdown.start"));
  });
}

if ("Deno" in globalThis) signalTests("Deno", (how) => Child.run(WORKER, how));
else {
  signalTests("Bun", (how) => Child.run(WORKER, how));
  signalTests("Node", bundleForNode(WORKER));
}
