/**
 * A rejected promise that a handler leaves behind: what becomes of the messages that run beside it.
 * @module
 */
import assert from "node:assert/strict";
import { Repid } from "../../mod.ts";
import { test } from "../harness.ts";
import { Child } from "../processes/child.ts";
import { bundleForNode } from "../processes/node.ts";

const WORKER = new URL("./fixtures/rejections_worker.ts", import.meta.url);

function rejectionTests(runtime: string, start: (how: string) => Child): void {
  test(`Repid.runWorker() finishes what runs before an unhandled rejection ends the process, on ${runtime}`, async () => {
    const { code, lines } = await start("graceful").ends();
    assert.notEqual(code, 0);
    assert.ok(lines.includes("worker.rejection.unhandled careless,slow"), lines.join(" | "));
    assert.deepEqual(lines.filter((line) => line === "actor.run.success").length, 2);
    assert.ok(lines.includes("slow finished") && lines.includes("ended, left 0"), lines.join(" | "));
  });

  test(`Repid.runWorker({ unhandledRejections: "runtime" }) leaves it to the runtime, on ${runtime}`, async () => {
    const { code, lines } = await start("runtime").ends();
    assert.notEqual(code, 0);
    assert.ok(!lines.includes("slow finished"), lines.join(" | "));
  });

  test(`Repid.runWorker() only reports a rejection where the application has a listener, on ${runtime}`, async () => {
    const { code, lines } = await start("owner").ends();
    assert.equal(code, 0);
    assert.ok(lines.includes("the owner decides"), lines.join(" | "));
    assert.ok(lines.includes("worker.rejection.unhandled careless,slow"), lines.join(" | "));
    assert.equal(lines.at(-1), "ended, left 0");
  });
}

rejectionTests("Deno" in globalThis ? "Deno" : "Bun", (how) => Child.run(WORKER, how));
if (!("Deno" in globalThis)) {
  const start = bundleForNode(WORKER);
  rejectionTests("Node", (how) => start(how));
}

test("Repid.runWorker() refuses other words for unhandledRejections", async () => {
  const options = { unhandledRejections: "ignore" as never };
  await assert.rejects(new Repid().runWorker(options), /neither graceful nor runtime: ignore/);
});
