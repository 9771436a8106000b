/**
 * Gives every file that names the version a new one: `deno task release 0.2.0`. It changes files only; committing, tagging
 * and publishing are said, not done.
 * @module
 */
import { readFileSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import process from "node:process";
import { fileURLToPath } from "node:url";

const MANIFESTS = ["deno.json", "jsr.json", "package.json"];
const CHANGES = "CHANGELOG.md";
const VERSION = /^(\d+)\.(\d+)\.(\d+)(?:-([0-9A-Za-z.-]+))?$/;

/**
 * Writes the version into the manifests of a folder, and heads what is unreleased in its changelog with version and date.
 * Either all files change or none.
 *
 * @throws {RangeError} If the version is none, or is not after the one that is there.
 * @throws {TypeError} If a file does not say what it has to, or nothing is unreleased.
 */
export function release(folder: string, version: string, date: string): void {
  if (!VERSION.test(version)) throw new RangeError(`Cannot release as it is no version: ${version}`);
  const changes = readFileSync(join(folder, CHANGES), "utf8");
  const unreleased = /^## Unreleased\n([^]*?)(?=^## |$(?![^]))/m.exec(changes);
  if (!unreleased?.[1]?.trim()) throw new TypeError(`Cannot release as ${CHANGES} has nothing unreleased`);
  const wasReleased = /^## \d/m.test(changes);
  const texts = MANIFESTS.map((name) => {
    const text = readFileSync(join(folder, name), "utf8");
    const { version: before } = JSON.parse(text);
    // The first release may be of the version that was there from the beginning.
    if (!(compare(version, before) > 0 || (!wasReleased && version === before))) {
      throw new RangeError(`Cannot release as ${version} is not after ${before}, the version in ${name}`);
    }
    // The text, not the data, so that nothing else in it changes.
    return [name, text.replace(`"version": ${JSON.stringify(before)}`, `"version": "${version}"`)] as const;
  });
  for (const [name, text] of texts) writeFileSync(join(folder, name), text);
  writeFileSync(join(folder, CHANGES), changes.replace(/^## Unreleased$/m, `## ${version} - ${date}`));
}

/** Negative where `a` comes before `b`, by Semantic Versioning, section 11. */
export function compare(a: string, b: string): number {
  const [, ...left] = VERSION.exec(a) ?? [];
  const [, ...right] = VERSION.exec(b) ?? [];
  for (let i = 0; i < 3; i++) {
    const difference = Number(left[i]) - Number(right[i]);
    if (difference !== 0) return difference;
  }
  const [x, y] = [left[3], right[3]];
  // What has no pre-release part comes after what has one.
  if (x === undefined || y === undefined) return Number(x === undefined) - Number(y === undefined);
  return comparePreReleases(x.split("."), y.split("."));
}

function comparePreReleases(a: readonly string[], b: readonly string[]): number {
  for (const [i, one] of a.entries()) {
    const other = b[i];
    if (other === undefined) return 1;
    if (one === other) continue;
    const [isNumber, isOtherNumber] = [/^\d+$/.test(one), /^\d+$/.test(other)];
    if (isNumber && isOtherNumber) return Number(one) - Number(other);
    if (isNumber !== isOtherNumber) return isNumber ? -1 : 1;
    return one < other ? -1 : 1;
  }
  return a.length - b.length;
}

if (import.meta.main) {
  const [version = ""] = process.argv.slice(2);
  release(fileURLToPath(new URL("../../", import.meta.url)), version, new Date().toISOString().slice(0, 10));
  console.log(`Now: deno task ok, commit, git tag v${version}, deno publish,`);
  console.log("deno task npm, npm publish .artifacts/npm --access public");
}
