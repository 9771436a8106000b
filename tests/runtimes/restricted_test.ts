/**
 * The core where there is nothing but Web standards, and where nothing may happen on import: in workerd, which edge workers
 * run on, and in a browser. Bun makes one file of it.
 * @module
 */
import assert from "node:assert/strict";
import { execFileSync } from "node:child_process";
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { createRequire } from "node:module";
import { tmpdir } from "node:os";
import { join } from "node:path";
import process from "node:process";
import { fileURLToPath } from "node:url";
import { chromium } from "playwright-core";
import { listen } from "../../src/_internal/http_listener.ts";
import { provide } from "../brokers/provision.ts";
import { skip, test } from "../harness.ts";
import { Child } from "../processes/child.ts";

const EXPECTED = { processed: 2, handled: [1, 2], left: 1, asyncapi: "3.0.0" };

test("mod.ts: nothing happens on import", async () => {
  const { code, lines } = await Child.run(new URL("./fixtures/traps.ts", import.meta.url)).ends();
  assert.deepEqual([code, lines], [0, ["loaded true"]]);
});

/** One file of plain JavaScript, without any module of a runtime. */
function bundle(fixture: string, folder: string): string {
  const source = fileURLToPath(new URL(`./fixtures/${fixture}.ts`, import.meta.url));
  const target = join(folder, `${fixture}.mjs`);
  execFileSync(process.execPath, ["build", source, "--target=browser", `--outfile=${target}`], {
    stdio: "ignore",
  });
  return target;
}

const CONFIG = `using Workerd = import "/workerd/workerd.capnp";
const config :Workerd.Config = (
  services = [(name = "main", worker = (
    modules = [(name = "edge.mjs", esModule = embed "edge.mjs")],
    compatibilityDate = "2025-06-01",
  ))],
  sockets = [(name = "http", address = "127.0.0.1:0", http = (), service = "main")],
);`;

/** The program that npm's package of workerd brings for this machine. */
function findWorkerd(): string {
  const require = createRequire(createRequire(import.meta.url).resolve("workerd/workerd.capnp"));
  const arch = process.arch === "x64" ? "64" : process.arch;
  return require.resolve(`@cloudflare/workerd-${process.platform}-${arch}/bin/workerd`);
}

async function inFolder(use: (folder: string) => Promise<void>): Promise<void> {
  const folder = mkdtempSync(join(tmpdir(), "repid-runtimes-"));
  try {
    await use(folder);
  } finally {
    rmSync(folder, { recursive: true, force: true });
  }
}

async function checkWorkerd(folder: string): Promise<void> {
  bundle("edge", folder);
  const config = join(folder, "config.capnp");
  writeFileSync(config, CONFIG);
  const child = new Child(findWorkerd(), ["serve", config, "--control-fd=1"]);
  try {
    const [, port] = await child.matching(/"port":(\d+)/);
    const response = await fetch(`http://127.0.0.1:${port}/`);
    const text = await response.text();
    assert.equal(response.status, 200, text);
    assert.deepEqual(JSON.parse(text), EXPECTED);
  } finally {
    child.kill("SIGKILL");
    await child.ends();
  }
}

async function checkChromium(program: string, folder: string): Promise<void> {
  const script = readFileSync(bundle("browser", folder), "utf8");
  const html = new Response("<!doctype html>", { headers: { "content-type": "text/html" } });
  // A page of this machine: `crypto.randomUUID` exists only where the connection is trusted.
  const listener = await listen(() => html.clone(), { hostname: "127.0.0.1", port: 0 });
  const browser = await chromium.launch({
    executablePath: program,
    args: ["--no-sandbox", "--disable-gpu", "--no-first-run", "--disable-background-networking"],
  });
  try {
    const page = await browser.newPage();
    await page.goto(listener.url);
    await page.addScriptTag({ content: script, type: "module" });
    await page.waitForFunction("globalThis.runOneWorker !== undefined");
    assert.deepEqual(JSON.parse(await page.evaluate("runOneWorker()")), EXPECTED);
  } finally {
    await browser.close();
    await listener.close();
  }
}

if (!("Deno" in globalThis)) {
  test("Repid.runWorker() runs in workerd, which edge workers run on", () => inFolder(checkWorkerd));

  const found = await provide({
    name: "Chromium",
    variable: "REPID_TEST_CHROMIUM",
    program: "chromium",
    debianPackage: "chromium",
  });
  const name = "Repid.runWorker() runs in a browser";
  if (found.kind === "program") test(name, () => inFolder((folder) => checkChromium(found.path, folder)));
  else skip(name, found.kind === "missing" ? found.reason : `${found.url} is not the path of a program`);
}
