/**
 * What `deno publish` would send.
 * @module
 */
import assert from "node:assert/strict";
import { execFile } from "node:child_process";
import { globSync, readFileSync } from "node:fs";
import process from "node:process";
import { fileURLToPath } from "node:url";
import { promisify } from "node:util";
import { runtime, test } from "../harness.ts";
import { shippedSource } from "./npm.ts";

const ROOT = fileURLToPath(new URL("../../", import.meta.url));
const TEXTS = ["README.md", "LICENSE", "CHANGELOG.md", "llms.txt", "deno.json", "jsr.json"];

/** The files that a dry run names. */
async function published(): Promise<string[]> {
  const args = ["publish", "--dry-run", "--allow-dirty", "--no-check"];
  const env = { ...process.env, NO_COLOR: "1" };
  const { stdout, stderr } = await promisify(execFile)(process.execPath, args, { cwd: ROOT, env });
  const lines = `${stdout}${stderr}`.matchAll(/^\s*(file:\S+) \(/gm);
  return [...lines].map(([, url = ""]) => fileURLToPath(url).slice(ROOT.length));
}

if (runtime() === "deno") {
  test("deno publish: sends the source, its documentation and nothing else", async () => {
    const source = [...shippedSource(), ...globSync("docs/**/*.md", { cwd: ROOT })];
    const files = await published();
    assert.deepEqual(files.sort(), [...TEXTS, ...source].sort());
    assert.deepEqual(files.filter((file) => /(^|\/)(tests|bench|examples)\/|_test\.ts$/.test(file)), []);
  });
}

test("CHANGELOG.md: has a heading for the version that is next, or for the one that is out", () => {
  const { version } = JSON.parse(readFileSync(`${ROOT}deno.json`, "utf8"));
  const changes = readFileSync(`${ROOT}CHANGELOG.md`, "utf8");
  const [, first] = /^## (.+)$/m.exec(changes) ?? [];
  assert.ok(first === "Unreleased" || first?.startsWith(`${version} `), first ?? "no heading");
});
