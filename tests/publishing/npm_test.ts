/**
 * The package for npm, as somebody has it who installs it: packed, installed into an empty folder, checked and run on
 * Deno, Bun and Node.
 * @module
 */
import assert from "node:assert/strict";
import { execFile } from "node:child_process";
import { copyFileSync, globSync, mkdirSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import process from "node:process";
import { fileURLToPath } from "node:url";
import { promisify } from "node:util";
import { runtime, test } from "../harness.ts";
import { buildNpmPackage, shippedSource } from "./npm.ts";

const execute = promisify(execFile);
const ROOT = fileURLToPath(new URL("../../", import.meta.url));
const { imports } = JSON.parse(readFileSync(join(ROOT, "deno.json"), "utf8"));

const HELLO = ["Hello, Ada! (1 of 1)", "Hello, Grace! (1 of 2)", "Hello, Grace! (2 of 2)"];
const QUICKSTART = [...HELLO, "Messages handled: 2", ""].join("\n");

/** Imports what needs a package of its own, and what a process of its own. */
const ENTRY_POINTS = `
import { RedisServer } from "@repid/core/redis";
import { isolated } from "@repid/core/isolated";
import { testServer } from "@repid/core/conformance";
import type * as Heavy from "./heavy.ts";

const server: RedisServer = new RedisServer("redis://localhost:6379/3");
console.log(server.protocol, server.pathname, typeof testServer);
console.log(await isolated<typeof Heavy>(new URL("./heavy.ts", import.meta.url)).double(21));
`;

const CASES: readonly (readonly [runtime: string, ...command: readonly string[]])[] = [
  ["Deno", process.execPath, "run", "-A"],
  ["Bun", "npx", "-y", "bun@1", "run"],
  ["Node 22", "npx", "-y", "-p", "node@22", "node", "--no-warnings"],
  ["Node 24", "npx", "-y", "-p", "node@24", "node"],
];

// One run serves all runtimes: it starts them itself.
if (runtime() === "deno") {
  const root = mkdtempSync(join(tmpdir(), "repid-npm-"));
  process.once("exit", () => rmSync(root, { recursive: true, force: true }));
  const project = join(root, "project");
  let preparing: Promise<void> | undefined;
  const install = (): Promise<void> => preparing ??= prepare(root, project);

  test("The npm package: holds what it says, and nothing of tests, benches and examples", async () => {
    await install();
    const folder = join(project, "node_modules/@repid/core");
    const files = globSync("**/*", { cwd: folder, withFileTypes: true }).filter((entry) => entry.isFile())
      .map((entry) => join(entry.parentPath, entry.name).slice(folder.length + 1));
    const expected =
      /^(package\.json|command\.js|(mod|src\/.+)\.(js|d\.ts)|docs\/[\w/]+\.md|[A-Z]+(\.md)?|llms\.txt)$/;
    assert.deepEqual(files.filter((file) => !expected.test(file)), []);
    const compiled = files.filter((file) => file.endsWith(".js") && file !== "command.js");
    assert.deepEqual(compiled.sort(), shippedSource().map((file) => file.replace(/ts$/, "js")).sort());
    const { exports } = JSON.parse(readFileSync(join(folder, "package.json"), "utf8"));
    for (const { types, default: code } of Object.values<Record<string, string>>(exports)) {
      for (const path of [types, code]) assert.ok(files.includes(`${path?.slice(2)}`), path ?? "none");
    }
  });

  test("The npm package: has the types that the source has, for Deno and for Microsoft's compiler", async () => {
    await install();
    const options = { module: "nodenext", strict: true, exactOptionalPropertyTypes: true, noEmit: true };
    const lib = ["es2024", "esnext.disposable", "dom"];
    const compilerOptions = {
      ...options,
      target: "es2024",
      lib,
      types: [],
      allowImportingTsExtensions: true,
    };
    const files = ["quickstart.ts", "wrong.ts"];
    writeFileSync(join(project, "types.json"), JSON.stringify({ compilerOptions, files }));
    const compiler = join(ROOT, "node_modules/typescript-7/bin/tsc");
    const microsoft = await attempt(
      [process.execPath, "run", "-A", compiler, "--project", "types.json"],
      project,
    );
    // arktype's own declarations want those of Node.
    const errors = microsoft.trim().split("\n").filter((line) => !line.startsWith("node_modules/@ark/"));
    assert.equal(errors.length, 1, microsoft);
    assert.match(microsoft, /^wrong\.ts\(\d+,\d+\): error .*'nam' does not exist/m);
    const programs = ["quickstart.ts", "entry_points.ts", "wrong.ts"];
    const deno = await attempt([process.execPath, "check", ...programs], project);
    assert.deepEqual([...deno.matchAll(/\[ERROR\]: .*/g)].length, 1, deno);
    assert.match(deno, /\[ERROR\]: .*'nam' does not exist/);
  });

  for (const [name, ...command] of CASES) {
    test(`The npm package: the quickstart, the Redis entry and isolated functions run on ${name}`, async () => {
      await install();
      assert.equal(await attempt([...command, "both.ts"], project), `${QUICKSTART}redis /3 function\n42\n`);
    });
  }

  test("The npm package: its command writes the AsyncAPI document", async () => {
    await install();
    const command = ["npx", "-y", "-p", "node@24", "node", "node_modules/.bin/repid", "asyncapi", "app.ts"];
    const { asyncapi, operations } = JSON.parse(await attempt(command, project));
    assert.deepEqual([asyncapi, Object.keys(operations)], ["3.0.0", ["receive_greet"]]);
  });
}

/** Packs, and installs what was packed into a folder of its own, with what the quickstart needs. */
async function prepare(root: string, project: string): Promise<void> {
  const built = join(root, "package");
  buildNpmPackage(built);
  mkdirSync(project);
  await execute("npm", ["pack", "--pack-destination", root], { cwd: built });
  const [tarball = ""] = globSync("*.tgz", { cwd: root });
  writeFileSync(join(project, "package.json"), `{ "type": "module" }`);
  const packages = ["arktype", "ioredis"].map((name) => imports[name].slice("npm:".length));
  const install = ["install", "--no-audit", "--no-fund", "--prefer-offline"];
  await execute("npm", [...install, join(root, tarball), ...packages], { cwd: project });
  copyFileSync(join(ROOT, "examples/quickstart.ts"), join(project, "quickstart.ts"));
  const quickstart = readFileSync(join(project, "quickstart.ts"), "utf8");
  writeFileSync(join(project, "wrong.ts"), quickstart.replace(`{ name: "Ada"`, `{ nam: "Ada"`));
  const start = quickstart.indexOf("const connection");
  writeFileSync(join(project, "app.ts"), `${quickstart.slice(0, start)}export { app };\n`);
  writeFileSync(join(project, "heavy.ts"), "export const double = (n: number): number => 2 * n;\n");
  writeFileSync(join(project, "entry_points.ts"), ENTRY_POINTS);
  writeFileSync(
    join(project, "both.ts"),
    `await import("./quickstart.ts");\nawait import("./entry_points.ts");\n`,
  );
}

/** Runs a command; answers what it printed, its complaints included. */
async function attempt([program = "", ...args]: readonly string[], cwd: string): Promise<string> {
  const env = { ...process.env, NO_COLOR: "1" };
  try {
    const { stdout } = await execute(program, args, { cwd, env });
    return stdout;
  } catch (error) {
    const { stdout, stderr } = error as { stdout?: string; stderr?: string };
    return `${stdout}${stderr}`;
  }
}
