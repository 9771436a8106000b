/**
 * The cookbook's package: what its files say of the same packages, and that its code is held to the same as all other.
 * @module
 */
import assert from "node:assert/strict";
import { execFile } from "node:child_process";
import { readFileSync } from "node:fs";
import process from "node:process";
import { fileURLToPath } from "node:url";
import { promisify } from "node:util";
import { runtime, test } from "../harness.ts";
import { COOKBOOK } from "./program.ts";

const run = promisify(execFile);

function readJson(url: URL): Record<string, Record<string, unknown>> {
  return JSON.parse(readFileSync(url, "utf8"));
}

test("examples/cookbook/package.json: pins the same packages as its deno.json, and the root's where it has them", () => {
  const { imports = {} } = readJson(new URL("deno.json", COOKBOOK));
  const { dependencies = {} } = readJson(new URL("package.json", COOKBOOK));
  const packages = Object.entries(imports).filter(([name]) => !name.startsWith("@repid/core"));
  const pinned = packages.map(([name, target]) => [name, String(target).replace(`npm:${name}@`, "")]);
  assert.deepEqual(Object.fromEntries(pinned), dependencies);
  const { devDependencies = {} } = readJson(new URL("../../package.json", COOKBOOK));
  for (const [name, version] of Object.entries(dependencies)) {
    assert.equal(version, devDependencies[name] ?? version, name);
  }
});

test("examples/cookbook/tsconfig.json: maps @repid/core as its deno.json does, as strictly as the root", () => {
  const { imports = {} } = readJson(new URL("deno.json", COOKBOOK));
  const { compilerOptions = {} } = readJson(new URL("tsconfig.json", COOKBOOK));
  const { paths, ...options } = compilerOptions;
  const own = Object.entries(imports).filter(([name]) => name.startsWith("@repid/core"));
  assert.deepEqual(paths, Object.fromEntries(own.map(([name, target]) => [name, [target]])));
  assert.deepEqual(options, readJson(new URL("deno.json", COOKBOOK)).compilerOptions);
});

// Nothing here depends on the runtime, and only Deno has a formatter and a linter.
if (runtime() === "deno") {
  for (const command of [["fmt", "--check"], ["lint"], ["check", "--frozen"]]) {
    test(`examples/cookbook: deno ${command.join(" ")}`, async () => {
      await run(process.execPath, [...command, "."], { cwd: fileURLToPath(COOKBOOK) });
    });
  }
}
