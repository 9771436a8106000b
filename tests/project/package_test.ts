/**
 * The three files that describe the package say the same.
 * @module
 */
import assert from "node:assert/strict";
import { readFileSync } from "node:fs";
import { test } from "../harness.ts";

function readJson(name: string): Record<string, unknown> {
  return JSON.parse(readFileSync(new URL(`../../${name}`, import.meta.url), "utf8"));
}

const deno = readJson("deno.json");
const jsr = readJson("jsr.json");
const npm = readJson("package.json");

test("jsr.json: says what deno.json says", () => {
  const { name, version, license, exports, publish } = deno;
  assert.deepEqual(jsr, { name, version, license, exports, publish });
});

test("package.json: has deno.json's name, version, license and exports", () => {
  const pick = ({ name, version, license, exports }: Record<string, unknown>) => ({
    name,
    version,
    license,
    exports,
  });
  assert.deepEqual(pick(npm), pick(deno));
});

test("package.json: pins the same packages as deno.json", () => {
  const imports = Object.entries(deno.imports as Record<string, string>);
  // A file of a package that is mapped by itself: `protobufjs/light.js`.
  const isFile = ([, target]: [string, string]): boolean => /@\d+\.\d+\.\d+\//.test(target);
  for (const [name, target] of imports.filter(isFile)) {
    const owner = imports.find(([other]) => name.startsWith(`${other}/`));
    assert.equal(target, `${owner?.[1]}${name.slice(owner?.[0].length)}`);
  }
  const mapped = imports.filter((one) => !isFile(one)).map(([name, target]) => {
    const version = target.slice(target.lastIndexOf("@") + 1);
    assert.match(version, /^\d+\.\d+\.\d+$/);
    // Only an alias names another package: it is written alike in both.
    return [name, target === `npm:${name}@${version}` ? version : target];
  });
  const listed = {
    ...npm.dependencies as Record<string, string>,
    ...npm.devDependencies as Record<string, string>,
  };
  assert.deepEqual(Object.fromEntries(mapped.sort()), Object.fromEntries(Object.entries(listed).sort()));
});

test("README.md: its test command is the one that CI runs", () => {
  const readme = readFileSync(new URL("../../README.md", import.meta.url), "utf8");
  const run = readFileSync(new URL("../../.ci/run", import.meta.url), "utf8");
  const command = "npx -y deno@2 task ok";
  assert.ok(readme.includes(command) && run.includes(command));
});
