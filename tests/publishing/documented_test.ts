/** @module */
import assert from "node:assert/strict";
import { execFile } from "node:child_process";
import { existsSync, mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import process from "node:process";
import { promisify } from "node:util";
import { runtime, test } from "../harness.ts";
import { pages, read } from "../documentation/markdown.ts";
import { countDocumented, entryPoints, exportedValues } from "./documented.ts";

// The documentation is Deno's.
if (runtime() === "deno") {
  test("deno doc: every entry point, every exported symbol and every member has words, every duration its unit", () => {
    const { modules, symbols, members, missing, durations, withoutUnit } = countDocumented(entryPoints());
    assert.deepEqual(missing, []);
    assert.deepEqual(withoutUnit, []);
    assert.ok(durations > 15, `${durations} durations were found`);
    assert.equal(modules, entryPoints().length);
    assert.ok(symbols > 150 && members > 300, `${symbols} symbols and ${members} members were found`);
  });

  test("The guides: mention every function, class and constant that is exported", () => {
    const guides = pages().filter((page) => /^(docs\/|README)/.test(page)).map(read).join("\n");
    // Handed over by the suite for servers, never made by its users.
    const handedOver = new Set(["Consumer", "Trial"]);
    const unknown = exportedValues(entryPoints()).filter((name) => !new RegExp(`\\b${name}\\b`).test(guides));
    assert.deepEqual(unknown.filter((name) => !handedOver.has(name)), []);
  });

  test("countDocumented(): finds what has no words", () => {
    const folder = mkdtempSync(join(tmpdir(), "repid-doc-"));
    try {
      const file = join(folder, "mod.ts");
      writeFileSync(
        file,
        `/** Has some. */
export interface A {
  b: string;
  /** Has some. */
  c: string;
  /** How long. */
  idleTimeout: number;
}
/**
 * @throws {Error} If
 */
export function d(): void {}
/** Has some. */
export class E { f(): void {} #g = 1; private h = 2 }
`,
      );
      const { modules, symbols, members, missing, withoutUnit } = countDocumented([file]);
      assert.deepEqual([modules, symbols, members, withoutUnit.length], [1, 3, 4, 1]);
      const names = missing.map((name) => name.slice(name.lastIndexOf(": ") + 2));
      assert.deepEqual(names.sort(), ["A.b", "E.f", "d", "the module"]);
    } finally {
      rmSync(folder, { recursive: true });
    }
  });

  test("deno doc --html: builds", async () => {
    const folder = mkdtempSync(join(tmpdir(), "repid-html-"));
    try {
      const args = ["doc", "--html", "--name=Repid", `--output=${folder}`, ...entryPoints()];
      await promisify(execFile)(process.execPath, args);
      const pages = ["index.html", "all_symbols.html"].map((name) => join(folder, name));
      for (const page of pages) assert.ok(existsSync(page), page);
    } finally {
      rmSync(folder, { recursive: true });
    }
  });
}
