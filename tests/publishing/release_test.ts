/** @module */
import assert from "node:assert/strict";
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { test } from "../harness.ts";
import { compare, release } from "./release.ts";

const NAMES = ["deno.json", "jsr.json", "package.json", "CHANGELOG.md"];

/** The text of each file of a project, and of this project where nothing else is given. */
function project(changed: Readonly<Record<string, string>> = {}): Map<string, string> {
  const read = (name: string): string => readFileSync(new URL(`../../${name}`, import.meta.url), "utf8");
  return new Map(NAMES.map((name) => [name, changed[name] ?? read(name)]));
}

/** Releases a project in a folder of its own; answers its files then. */
function released(files: ReadonlyMap<string, string>, version: string): Map<string, string> {
  const folder = mkdtempSync(join(tmpdir(), "repid-release-"));
  try {
    for (const [name, text] of files) writeFileSync(join(folder, name), text);
    try {
      release(folder, version, "2030-01-02");
    } catch (error) {
      const unchanged = NAMES.every((name) => readFileSync(join(folder, name), "utf8") === files.get(name));
      assert.ok(unchanged, "a release that failed changes nothing");
      throw error;
    }
    return new Map(NAMES.map((name) => [name, readFileSync(join(folder, name), "utf8")]));
  } finally {
    rmSync(folder, { recursive: true });
  }
}

const CHANGES = "# Changelog\n\n## Unreleased\n\n- Something.\n\n## 0.1.0 - 2029-01-01\n\n- The first.\n";

test("release(): writes the version everywhere, and nothing else", () => {
  const before = project({ "CHANGELOG.md": CHANGES });
  const after = released(before, "123.4.5");
  for (const name of NAMES.slice(0, 3)) {
    const [was, is] = [before, after].map((files) => JSON.parse(files.get(name) ?? ""));
    assert.deepEqual(is, { ...was, version: "123.4.5" });
    const lines = (files: ReadonlyMap<string, string>): string[] => (files.get(name) ?? "").split("\n");
    const changed = lines(after).filter((line, i) => line !== lines(before)[i]);
    assert.deepEqual(changed, ['  "version": "123.4.5",']);
  }
  const changes = CHANGES.replace("## Unreleased", "## 123.4.5 - 2030-01-02");
  assert.equal(after.get("CHANGELOG.md"), changes);
});

test("release(): the first release may keep the version, later ones may not", () => {
  const { version } = JSON.parse(project().get("deno.json") ?? "");
  const first = "# Changelog\n\n## Unreleased\n\n- The first.\n";
  const after = released(project({ "CHANGELOG.md": first }), version);
  assert.match(after.get("CHANGELOG.md") ?? "", new RegExp(`^## ${version} - 2030-01-02$`, "m"));
  assert.throws(() => released(project({ "CHANGELOG.md": CHANGES }), version), RangeError);
});

test("release(): refuses what is no version, an older one, and a release without changes", () => {
  const before = project({ "CHANGELOG.md": CHANGES });
  for (const version of ["", "1", "v1.2.3", "1.2.3.4", "latest", "0.0.1"]) {
    assert.throws(() => released(before, version), RangeError, version);
  }
  const nothing = [CHANGES.replace("- Something.\n\n", ""), "# Changelog\n"];
  for (const changes of nothing) {
    assert.throws(() => released(project({ "CHANGELOG.md": changes }), "123.4.5"), TypeError);
  }
});

test("compare(): orders versions as Semantic Versioning does", () => {
  const numbers = ["0.9.9", "1.0.0"];
  const preReleases = ["alpha", "alpha.1", "alpha.beta", "beta", "beta.2", "beta.11", "rc.1"];
  const ordered = [...preReleases.map((name) => `1.0.0-${name}`), "1.0.0", "1.0.1", "1.2.0", "1.10.0"];
  for (const list of [numbers, ordered]) {
    assert.deepEqual(list.toReversed().sort(compare), list);
  }
});
