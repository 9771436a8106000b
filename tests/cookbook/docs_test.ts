/**
 * The pages of the cookbook: every file they lead to is there, and what they quote is what the examples say.
 * @module
 */
import assert from "node:assert/strict";
import { existsSync, readdirSync, readFileSync } from "node:fs";
import { test } from "../harness.ts";

const PAGES = new URL("../../docs/cookbook/", import.meta.url);

/** Without what a formatter may change. */
function bare(text: string): string {
  return text.replaceAll(/,(\s*[)\]}])/g, "$1").replaceAll(/\s+/g, "");
}

for (const page of readdirSync(PAGES)) {
  const text = readFileSync(new URL(page, PAGES), "utf8");
  const links = [...text.matchAll(/\]\(([^)#]+)(?:#[^)]*)?\)/g)].map(([, link = ""]) => link)
    .filter((link) => !link.startsWith("https://"));

  test(`docs/cookbook/${page}: every file it leads to is there`, () => {
    assert.deepEqual(links.filter((link) => !existsSync(new URL(link, PAGES))), []);
  });

  const quotes = [...text.matchAll(/```ts ignore\n(.*?)```/gs)].map(([, quote = ""]) => quote);
  if (quotes.length === 0) continue;
  test(`docs/cookbook/${page}: what it quotes is what its examples say`, () => {
    const examples = links.filter((link) => link.endsWith(".ts"))
      .map((link) => bare(readFileSync(new URL(link, PAGES), "utf8")));
    const wrong = quotes.filter((quote) => !examples.some((example) => example.includes(bare(quote))));
    assert.deepEqual(wrong, []);
  });
}
