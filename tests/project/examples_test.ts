/**
 * The examples run, and say what they say they do.
 * @module
 */
import assert from "node:assert/strict";
import { spawn } from "node:child_process";
import process from "node:process";
import { runtime, test } from "../harness.ts";

interface Ended {
  readonly code: number | null;
  readonly output: string;
  readonly errors: string;
}

/** Runs a program with the runtime this test runs on; `onOutput` sees everything it has printed so far. */
function run(file: string, onOutput: (output: string, pid: number) => void = () => {}): Promise<Ended> {
  const args = runtime() === "deno" ? ["run", "-A", file] : ["run", file];
  const child = spawn(process.execPath, args, { stdio: ["ignore", "pipe", "pipe"] });
  let output = "";
  let errors = "";
  child.stdout.setEncoding("utf8").on("data", (text: string) => {
    output += text;
    onOutput(output, child.pid ?? 0);
  });
  child.stderr.setEncoding("utf8").on("data", (text: string) => errors += text);
  return new Promise((resolve, reject) => {
    child.on("error", reject);
    child.on("close", (code) => resolve({ code, output, errors }));
  });
}

test("examples/quickstart.ts: handles what it sends", async () => {
  const { code, output, errors } = await run("examples/quickstart.ts");
  const lines = [
    "Hello, Ada! (1 of 1)",
    "Hello, Grace! (1 of 2)",
    "Hello, Grace! (2 of 2)",
    "Messages handled: 2",
    "",
  ];
  assert.equal(output, lines.join("\n"), errors);
  assert.equal(code, 0);
});

test("examples/chaining.ts: one task leads to the next", async () => {
  const { code, output, errors } = await run("examples/chaining.ts");
  const lines = ["Creating the user Alex", "Welcome, Alex! You are number 123.", "Messages handled: 2", ""];
  assert.equal(output, lines.join("\n"), errors);
  assert.equal(code, 0);
});

test("examples/worker.ts: runs until it is told to stop", async () => {
  let told = false;
  const { code, output, errors } = await run("examples/worker.ts", (soFar, pid) => {
    if (told || !soFar.includes("Tick 2")) return;
    told = true;
    process.kill(pid, "SIGTERM");
  });
  assert.match(output, /^Tick 1\nTick 2\n(Tick \d+\n)*Messages handled: \d+\n$/);
  assert.match(errors, /INFO worker\.signal\.stop signal=SIGTERM/);
  assert.equal(code, 0);
});
