import assert from "node:assert/strict";
import process from "node:process";
import { fileURLToPath } from "node:url";
import { test } from "../harness.ts";
import { isDeno, startCommand } from "./fixtures/fixtures.ts";

test("examples/isolated.ts: handlers in processes of their own, one of which is killed", async () => {
  const path = fileURLToPath(new URL("../../examples/isolated.ts", import.meta.url));
  const { code, output, errors } = await startCommand(process.execPath, isDeno ? ["run", "-A", path] : [path])
    .over;
  const lines = [
    "Primes: 1000003, 1000033, 1000037, 1000039",
    "Counting for ever took too long: its process is killed",
    "Messages handled: 2",
    "The sum up to ten million: 50000005000000",
    "",
  ];
  assert.equal(output, lines.join("\n"), errors);
  assert.equal(code, 0);
});
