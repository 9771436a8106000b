/**
 * What the documentation points to is there: pages, headings, files, tasks.
 * @module
 */
import assert from "node:assert/strict";
import { existsSync } from "node:fs";
import { dirname, join, normalize } from "node:path";
import { test } from "../harness.ts";
import { pages, read, ROOT } from "./markdown.ts";

/** A page without its blocks of code, in which brackets mean something else. */
function prose(path: string): string {
  return read(path).replace(/^```[^]*?^```$/gm, "");
}

/** The names by which a page's headings are linked to, as GitHub makes them. */
function anchors(path: string): string[] {
  return [...prose(path).matchAll(/^#+ (.+)$/gm)].map(([, heading = ""]) =>
    heading.toLowerCase().replace(/[^\p{L}\p{N}\s_-]/gu, "").trim().replaceAll(" ", "-")
  );
}

function isBroken(page: string, target: string): boolean {
  const [path = "", anchor] = target.split("#");
  const file = path === "" ? page : normalize(join(dirname(page), path));
  if (!existsSync(ROOT + file)) return true;
  return anchor !== undefined && !anchors(file).includes(anchor);
}

for (const page of pages()) {
  test(`${page}: what it links to is there`, () => {
    const targets = [...prose(page).matchAll(/\]\(([^)\s]+)\)/g)].map(([, target = ""]) => target);
    const local = targets.filter((target) => !/^\w+:/.test(target));
    assert.deepEqual(local.filter((target) => isBroken(page, target)), []);
  });

  test(`${page}: the tasks and examples that it names exist`, () => {
    const { tasks } = JSON.parse(read("deno.json"));
    const text = read(page);
    const named = [...text.matchAll(/\bdeno(?:@2)? task ([a-z][\w-]*)/g)].map(([, name = ""]) => name);
    assert.deepEqual(named.filter((name) => !Object.hasOwn(tasks, name)), []);
    const files = [...text.matchAll(/\bexamples\/[\w/]+\.ts\b/g)].map(([file]) => file);
    assert.deepEqual(files.filter((file) => !existsSync(ROOT + file)), []);
  });
}

test("docs/README.md, docs/cookbook/README.md and llms.txt: list every page of theirs", () => {
  const guides = pages().filter((page) => /^docs\/\w+\.md$/.test(page) && page !== "docs/README.md");
  const recipes = pages().filter((page) =>
    /^docs\/cookbook\/\w+\.md$/.test(page) && !page.endsWith("README.md")
  );
  const missing = (index: string, list: readonly string[], folder: string): string[] =>
    list.filter((page) => !read(index).includes(`](${page.slice(folder.length)})`));
  assert.deepEqual(missing("docs/README.md", [...guides, "docs/cookbook/README.md"], "docs/"), []);
  assert.deepEqual(missing("docs/cookbook/README.md", recipes, "docs/cookbook/"), []);
  assert.deepEqual(missing("llms.txt", [...guides, "docs/cookbook/README.md"], ""), []);
});
