/**
 * The blocks of code in the README and in the guides. `deno test --doc`, a step of the gate, checks and runs them on Deno;
 * here they run on Bun.
 * @module
 */
import assert from "node:assert/strict";
import { existsSync, globSync, mkdirSync, rmSync, symlinkSync, writeFileSync } from "node:fs";
import { dirname } from "node:path";
import { runtime, test } from "../harness.ts";
import { type Block, blocksOf, pages, read, ROOT } from "./markdown.ts";

const RUN = new Set(["ts", "tsx", "js", "jsx", "typescript", "javascript"]);
const SHOWN = new Set(["sh", "text", "diff", "json", "mermaid", "yaml"]);

const blocks = pages().flatMap(blocksOf);
const code = blocks.filter(({ marks }) => RUN.has(marks[0] ?? ""));

test("Every block in the documentation: says what it is, and nothing that could run is left out", () => {
  const odd = blocks.filter(({ marks }) => !RUN.has(marks[0] ?? "") && !SHOWN.has(marks[0] ?? ""));
  assert.deepEqual(odd.map(({ place, marks }) => `${place} ${marks.join(" ")}`), []);
  assert.ok(code.length > 60, `${code.length} blocks of code were found`);
});

test("Every block in the documentation that does not run by itself: is a part of an example, which the tests run", () => {
  const spaces = (text: string): string => text.replace(/\s+/g, " ").trim();
  const examples = globSync("examples/**/*.ts", { cwd: ROOT, exclude: ["**/node_modules"] }).map((file) =>
    spaces(read(file))
  );
  const excerpts = code.filter(({ marks }) => marks.includes("ignore"));
  const strange = excerpts.filter(({ text }) => !examples.some((example) => example.includes(spaces(text))));
  assert.deepEqual(strange.map(({ place }) => place), []);
  assert.deepEqual(code.filter(({ marks }) => marks.includes("no-check")), []);
});

if (runtime() === "bun") {
  for (const block of code) {
    // What only one runtime has, such as `Deno.serve`, is marked with its name.
    if (block.marks.includes("deno") || block.marks.includes("ignore")) continue;
    test(`${block.place}: runs on Bun`, () => run(block));
  }
}

/**
 * Within the project, so that it finds the packages, and the project itself by its name; in a folder like that of its page,
 * so that it finds the examples.
 */
async function run({ place, text }: Block): Promise<void> {
  const root = `${ROOT}.artifacts/blocks/`;
  const file = `${root}${place.replace(/[^\w/]/g, "_")}.ts`;
  mkdirSync(dirname(file), { recursive: true });
  if (!existsSync(`${root}examples`)) symlinkSync(`${ROOT}examples`, `${root}examples`);
  writeFileSync(file, text);
  try {
    await import(file);
  } finally {
    rmSync(file);
  }
}

test("docs/own_server.md: shows the example that the suite for servers is run on", () => {
  const [block] = blocksOf("docs/own_server.md");
  const withoutImports = (program = ""): string => program.slice(program.indexOf(`} from "@repid/core";`));
  const [example = ""] = withoutImports(read("examples/own_server.ts")).split("\nif (import.meta.main)");
  assert.equal(withoutImports(block?.text).trim(), example.trim());
});
