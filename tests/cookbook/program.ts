/**
 * The examples of the cookbook as processes. Those that need heavy packages are a package of their own, which nobody has
 * to fetch who does not run them.
 * @module
 */
import { execFile } from "node:child_process";
import process from "node:process";
import { fileURLToPath } from "node:url";
import { promisify } from "node:util";
import { runtime } from "../harness.ts";
import { Child, type ChildOptions } from "../processes/child.ts";

const run = promisify(execFile);

/** Where the examples with heavy packages are. */
export const COOKBOOK: URL = new URL("../../examples/cookbook/", import.meta.url);

/** Installs the packages of {@linkcode COOKBOOK} for Bun; Deno fetches what a program needs when it runs. */
export async function installCookbook(): Promise<void> {
  if (runtime() === "deno") return;
  await run(process.execPath, ["install", "--frozen-lockfile"], { cwd: fileURLToPath(COOKBOOK) });
}

/** Runs an example: `sentry.ts` of the cookbook, or `../chaining.ts`. */
export function start(file: string, args: readonly string[] = [], options: ChildOptions = {}): Child {
  const path = fileURLToPath(new URL(file, COOKBOOK));
  const command = runtime() === "deno" ? ["run", "-A", "--quiet", "--frozen"] : ["run"];
  return new Child(process.execPath, [...command, path, ...args], options);
}
