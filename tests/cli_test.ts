/** @module */
import assert from "node:assert/strict";
import { execFile } from "node:child_process";
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { dirname, join } from "node:path";
import process from "node:process";
import { fileURLToPath } from "node:url";
import { parse } from "yaml";
import { app } from "../examples/app.ts";
import { run } from "../src/cli.ts";
import { runtime, test } from "./harness.ts";

const ROOT = join(dirname(fileURLToPath(import.meta.url)), "..");
const MODULE = join(ROOT, "examples", "app.ts");

interface Ended {
  readonly code: number;
  readonly out: string;
  readonly err: string;
}

async function cli(...args: string[]): Promise<Ended> {
  let [out, err] = ["", ""];
  const code = await run(args, { out: (text) => out += text, err: (text) => err += text });
  return { code, out, err };
}

/** Runs a file of the project as a program. */
function execute(...args: string[]): Promise<Ended> {
  const command = runtime() === "deno" ? ["run", "-A", ...args] : ["run", ...args];
  return new Promise((resolve) => {
    execFile(process.execPath, command, { cwd: ROOT }, (error, out, err) => {
      resolve({ code: typeof error?.code === "number" ? error.code : 0, out, err });
    });
  });
}

async function withFile(name: string, text: string, use: (file: string) => Promise<void>): Promise<void> {
  const folder = mkdtempSync(join(tmpdir(), "repid-cli-"));
  try {
    const file = join(folder, name);
    writeFileSync(file, text);
    await use(file);
  } finally {
    rmSync(folder, { recursive: true, force: true });
  }
}

test("cli asyncapi: writes the document as JSON, or as YAML", async () => {
  const document = app.asyncApiDocument();
  assert.deepEqual(JSON.parse((await cli("asyncapi", MODULE)).out), document);
  const yaml = await cli("asyncapi", MODULE, "--yaml");
  assert.deepEqual(parse(yaml.out), document);
  assert.equal(yaml.code, 0);
});

test("cli asyncapi: is a program", async () => {
  const { code, out, err } = await execute("src/cli.ts", "asyncapi", "examples/app.ts");
  assert.equal(code, 0, err);
  assert.deepEqual(JSON.parse(out), app.asyncApiDocument());
});

test("cli check: exits with 0 where the document is the code's, in any order of keys", async () => {
  const { info, ...rest } = app.asyncApiDocument();
  await withFile("a.json", JSON.stringify({ ...rest, info }), async (file) => {
    assert.deepEqual(await cli("check", MODULE, file), { code: 0, out: "", err: "" });
  });
  await withFile("a.yaml", (await cli("asyncapi", MODULE, "--yaml")).out, async (file) => {
    assert.equal((await cli("check", MODULE, file)).code, 0);
  });
});

test("cli check: exits with 1 and a list where they differ", async () => {
  const { info, channels: { orders: _, ...channels }, ...rest } = app.asyncApiDocument();
  const changed = { ...rest, info: { ...info, title: "Old" }, channels: { ...channels, gone: {} } };
  await withFile("a.json", JSON.stringify(changed), async (file) => {
    const { code, err } = await cli("check", MODULE, file);
    assert.equal(code, 1);
    const [, ...lines] = err.trimEnd().split("\n");
    assert.match(lines.join("\n"), /~ \/info\/title: "Old" → "Orders"/);
    assert.match(lines.join("\n"), /- \/channels\/gone: {}/);
    assert.match(lines.join("\n"), /\+ \/channels\/orders: {"address":"orders"/);
    assert.equal(lines.length, 3);
  });
  await withFile("a.yml", `asyncapi: "3.0.0"\ninfo:\n  title: Old\n`, async (file) => {
    const { code, err } = await cli("check", MODULE, file);
    assert.equal(code, 1);
    assert.match(err, /line 3: " {2}title: Old" → " {2}title: Orders"/);
  });
});

test("cli: exits with 2 and says why where it cannot do what it is told", async () => {
  assert.match((await cli()).err, /^Usage:/);
  assert.match((await cli("asyncapi", MODULE, "--json")).err, /^Usage:/);
  const missing = await cli("check", MODULE, join(ROOT, "nowhere.json"));
  assert.equal(missing.code, 2);
  const without = await cli("asyncapi", join(ROOT, "src", "contract", "channel.ts"));
  assert.equal(without.code, 2);
  assert.match(without.err, /exports no Repid as "app"/);
});

test("examples/asyncapi.ts: describes, shows and serves its application", async () => {
  const { code, out, err } = await execute("examples/asyncapi.ts");
  const lines = [
    "Operations: receive_process_order",
    "Page: My Repid Task Queue AsyncAPI",
    "Served: 200 text/html; charset=utf-8",
    "",
  ];
  assert.equal(out, lines.join("\n"), err);
  assert.equal(code, 0);
});

test("examples/message_registry.ts: sends by the name of an operation", async () => {
  const { code, out, err } = await execute("examples/message_registry.ts");
  const lines = [
    "Send Welcome Email goes to email_queue",
    "Welcome, user 123!",
    'In the document: send "Send Welcome Email"',
    "",
  ];
  assert.equal(out, lines.join("\n"), err);
  assert.equal(code, 0);
});

test("package.json: the command line is exported", () => {
  const { exports } = JSON.parse(readFileSync(join(ROOT, "package.json"), "utf8"));
  assert.equal(exports["./cli"], "./src/cli.ts");
});
