import assert from "node:assert/strict";
import { spawnSync } from "node:child_process";
import { mkdirSync, mkdtempSync, readdirSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { dirname, join } from "node:path";
import { fileURLToPath } from "node:url";
import ts from "typescript";
import { skip, test } from "../harness.ts";
import { startCommand } from "./fixtures/fixtures.ts";

const root = fileURLToPath(new URL("../../", import.meta.url));

/** These need what is not compiled here. */
const notOnNode: readonly string[] = [
  "actor_test.ts",
  "admission_test.ts",
  "example_test.ts",
  "node_test.ts",
];

/** Compiles the files of a folder one by one, as JSR does for its npm packages. */
function compile(folder: string, target: string): void {
  for (const name of readdirSync(join(root, folder))) {
    if (!name.endsWith(".ts") || notOnNode.includes(name)) continue;
    const { outputText } = ts.transpileModule(readFileSync(join(root, folder, name), "utf8"), {
      compilerOptions: {
        target: ts.ScriptTarget.ES2022,
        module: ts.ModuleKind.ESNext,
        rewriteRelativeImportExtensions: true,
      },
    });
    const path = join(target, folder, name.replace(/ts$/, "js"));
    mkdirSync(dirname(path), { recursive: true });
    writeFileSync(path, outputText);
  }
}

const name = "isolated() works on Node from JavaScript files: the tests of this folder pass there";
if (spawnSync("node", ["--version"]).status === 0) test(name, passOnNode);
else skip(name, "node is not installed");

async function passOnNode(): Promise<void> {
  const target = mkdtempSync(join(tmpdir(), "repid-node-"));
  for (const folder of ["src/_internal", "src/isolated", "tests/isolated", "tests/isolated/fixtures"]) {
    compile(folder, target);
  }
  writeFileSync(join(target, "package.json"), `{ "type": "module" }`);
  writeFileSync(join(target, "tests/harness.js"), `export { test } from "node:test";`);
  const files = readdirSync(join(target, "tests/isolated")).filter((name) => name.endsWith("_test.js"));
  assert(files.length >= 6);
  const { code, output, errors } = await startCommand("node", ["--test", ...files], {
    cwd: join(target, "tests/isolated"),
  })
    .over;
  assert.equal(code, 0, output + errors);
  assert.match(output, /^. pass [1-9]\d+$/m);
  assert.match(output, /^. skipped 0$/m);
  rmSync(target, { recursive: true });
}
