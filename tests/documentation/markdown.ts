/**
 * What the tests of the documentation read.
 * @module
 */
import { globSync, readFileSync } from "node:fs";
import { fileURLToPath } from "node:url";

/** The folder of the project, with a slash at its end. */
export const ROOT: string = fileURLToPath(new URL("../../", import.meta.url));

/** A fenced block of code. */
export interface Block {
  /** Its file and its first line, as an editor opens it. */
  readonly place: string;
  /** The words after the fence: `ts`, `ts ignore`. */
  readonly marks: readonly string[];
  readonly text: string;
}

/** The pages that people read, by their path in the project. */
export function pages(): string[] {
  return globSync(["*.md", "docs/**/*.md", "llms.txt"], { cwd: ROOT }).sort();
}

/** The text of a file of the project. */
export function read(path: string): string {
  return readFileSync(ROOT + path, "utf8");
}

/** The fenced blocks of a page, in their order. */
export function blocksOf(path: string): Block[] {
  const blocks: Block[] = [];
  const text = read(path);
  for (const { 1: marks = "", 2: code = "", index } of text.matchAll(/^```([^\n]*)\n([^]*?)^```$/gm)) {
    const line = text.slice(0, index).split("\n").length;
    blocks.push({ place: `${path}:${line}`, marks: marks.split(" "), text: code });
  }
  return blocks;
}
