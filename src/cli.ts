/**
 * The command line: writes the AsyncAPI document of an application, or compares it with a file.
 *
 * ```sh
 * deno run -A jsr:@repid/core/cli asyncapi ./app.ts > asyncapi.json
 * deno run -A jsr:@repid/core/cli asyncapi ./app.ts --yaml > asyncapi.yaml
 * deno run -A jsr:@repid/core/cli check ./app.ts asyncapi.json
 * ```
 *
 * The module must export its application as `app` or as its default export, and must not start a worker when it is imported.
 * @module
 */
import { readFile } from "node:fs/promises";
import { resolve } from "node:path";
import process from "node:process";
import { pathToFileURL } from "node:url";
import { Repid } from "./app.ts";
import { compareDocuments } from "./asyncapi/compare.ts";
import type { AsyncApiDocument } from "./asyncapi/document.ts";
import { toYaml } from "./asyncapi/yaml.ts";

const USAGE = `Usage:
  asyncapi <module> [--yaml]      writes the AsyncAPI document of the application that the module exports as "app"
  check <module> <document>       compares it with a document (.json, .yaml or .yml); exits with 1 if they differ
`;

/** The output of the command line. */
export interface CommandLineOutput {
  /** Writes the result. */
  out(text: string): void;
  /** Writes an error. */
  err(text: string): void;
}

/**
 * Runs one command. Resolves to the exit code: 0 for success, 1 if the documents differ, 2 if the command failed. Never
 * rejects.
 */
export async function run(args: readonly string[], output: CommandLineOutput): Promise<number> {
  const [command, module, ...rest] = args;
  try {
    if (command === "asyncapi" && module && rest.every((option) => option === "--yaml")) {
      output.out(format(await documentOf(module), rest.length > 0));
      return 0;
    }
    const [file] = rest;
    if (command === "check" && module && file && rest.length === 1) return await check(module, file, output);
    output.err(USAGE);
  } catch (error) {
    output.err(`${error instanceof Error ? error.message : String(error)}\n`);
  }
  return 2;
}

async function check(module: string, file: string, output: CommandLineOutput): Promise<number> {
  const text = await readFile(file, "utf8");
  const document = await documentOf(module);
  const differences = /\.ya?ml$/i.test(file)
    ? compareLines(text, format(document, true))
    : compareDocuments(JSON.parse(text), document);
  if (differences.length === 0) return 0;
  const lines = differences.map((line) => `  ${line}\n`).join("");
  output.err(
    `${file} differs from what ${module} declares (+ only in the code, - only in the file, ~ changed):\n${lines}`,
  );
  return 1;
}

/** Compares YAML as text, as it is written here, and names the first line that differs. */
function compareLines(before: string, after: string): string[] {
  if (before === after) return [];
  const [old, now] = [before.split("\n"), after.split("\n")];
  const at = now.findIndex((line, i) => line !== old[i]);
  const line = at < 0 ? now.length : at;
  return [`~ line ${line + 1}: ${JSON.stringify(old[line] ?? "")} → ${JSON.stringify(now[line] ?? "")}`];
}

function format(document: AsyncApiDocument, yaml: boolean): string {
  return yaml ? toYaml(document) : `${JSON.stringify(document, null, 2)}\n`;
}

async function documentOf(module: string): Promise<AsyncApiDocument> {
  const exported: Record<string, unknown> = await import(pathToFileURL(resolve(module)).href);
  const app = exported.app ?? exported.default;
  if (app instanceof Repid) return app.asyncApiDocument();
  throw new TypeError(`Cannot document the application as the module exports no Repid as "app": ${module}`);
}

/** Runs the command in the arguments of this process, and sets its exit code. */
export async function main(): Promise<void> {
  // Output of the application while it is imported must not become part of the document.
  console.log = console.info = console.debug = console.error;
  process.exitCode = await run(process.argv.slice(2), {
    out: (text) => process.stdout.write(text),
    err: (text) => process.stderr.write(text),
  });
}

if (import.meta.main) await main();
