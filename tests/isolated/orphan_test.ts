import assert from "node:assert/strict";
import process from "node:process";
import { test } from "../harness.ts";
import { start } from "./fixtures/fixtures.ts";

// `over` resolves when nobody has the program's output open any more, and its children inherit that: it is the end of all of them.

test("killWithParent() is not needed where a pool is idle: the program ends, and its child with it", async () => {
  const { code, output, errors } = await start("parent", ["idle"]).over;
  assert.equal(code, 0, errors);
  assert.match(output, /^\d+\n$/);
});

for (const state of ["idle", "busy"]) {
  test(`killWithParent() leaves no child behind a parent that was killed: ${state}`, async () => {
    const program = start("parent", [state === "busy" ? "busy" : "wait"]);
    const pid = Number(await program.line());
    assert.equal(process.kill(pid, 0), true);
    await program.line(); // it is in that state
    program.child.kill("SIGKILL");
    await program.over.catch((error: unknown) => {
      process.kill(pid, "SIGKILL");
      throw error;
    });
  });
}

test("killWithParent() leaves no busy child behind a parent that exits", async () => {
  const program = start("parent", ["exit"]);
  const pid = Number(await program.line());
  const { code } = await program.over.catch((error: unknown) => {
    process.kill(pid, "SIGKILL");
    throw error;
  });
  assert.equal(code, 0);
});
