/**
 * Runs TypeScript on Node: Bun is there to make plain JavaScript of it.
 * @module
 */
import { execFileSync } from "node:child_process";
import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import process from "node:process";
import { fileURLToPath } from "node:url";
import { Child } from "./child.ts";

/** What Node 22 has and the Node of some build machines has not. */
const SINCE_NODE_22 = `
Promise.withResolvers ??= () => {
  const made = {};
  made.promise = new Promise((resolve, reject) => Object.assign(made, { resolve, reject }));
  return made;
};
Map.groupBy ??= (items, keyOf) => {
  const groups = new Map();
  for (const item of items) groups.set(keyOf(item), [...groups.get(keyOf(item)) ?? [], item]);
  return groups;
};`;

/** What Node is started with before the bundle. */
export const NODE_ARGUMENTS: readonly string[] = [
  "--import",
  `data:text/javascript,${encodeURIComponent(SINCE_NODE_22)}`,
];

/** Bundles a file for Node, when run by Bun; answers what starts it. */
export function bundleForNode(file: URL): (...args: readonly string[]) => Child {
  const folder = mkdtempSync(join(tmpdir(), "repid-"));
  process.once("exit", () => rmSync(folder, { recursive: true }));
  const bundle = join(folder, "bundle.mjs");
  const command = ["build", fileURLToPath(file), "--target=node", `--outfile=${bundle}`];
  execFileSync(process.execPath, command, { stdio: "ignore" });
  return (...args) => new Child("node", [...NODE_ARGUMENTS, bundle, ...args]);
}
