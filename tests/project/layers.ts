/**
 * The table of layers, read from the page about the architecture: it is the only place that has it.
 * @module
 */
import { readdirSync, readFileSync } from "node:fs";
import { dirname, join, relative } from "node:path";
import { fileURLToPath } from "node:url";

/** The root of the repository. */
export const ROOT: string = join(dirname(fileURLToPath(import.meta.url)), "..", "..");

/** A folder or file of `src/`, and which others it may import. */
export interface Layer {
  readonly place: string;
  readonly mayImport: readonly string[];
}

/** The layers, from the top to the bottom. */
export function readLayers(): readonly Layer[] {
  const page = readFileSync(join(ROOT, "docs/architecture.md"), "utf8");
  const rows = page.matchAll(/^\| `(?<place>[\w.]+\/?)` +\|[^|]*\| (?<mayImport>.*?) +\|$/gm);
  return Array.from(rows, ({ groups }) => ({
    place: groups?.place ?? "",
    mayImport: Array.from(groups?.mayImport?.matchAll(/`([^`]+)`/g) ?? [], ([, place = ""]) => place),
  }));
}

/** All source files, from `src/`. */
export function listSources(): readonly string[] {
  return readdirSync(join(ROOT, "src"), { recursive: true, encoding: "utf8" })
    .filter((path) => path.endsWith(".ts"))
    .map((path) => path.replaceAll("\\", "/"))
    .sort();
}

/** The text of a source file. */
export function readSource(file: string): string {
  return readFileSync(join(ROOT, "src", file), "utf8");
}

/** Whether a file is the place, or in it. */
export function isIn(file: string, place: string): boolean {
  return place.endsWith("/") ? file.startsWith(place) : file === place;
}

/** What a text imports or exports from elsewhere, types included. */
export function importsOf(text: string): readonly string[] {
  const code = text.replaceAll(/\/\*[\s\S]*?\*\//g, "").replaceAll(/^\s*\/\/.*$/gm, "");
  const statements = code.matchAll(
    /^(?:import|export)\s(?:type\s)?[^;"']*?from\s*["'](?<specifier>[^"']+)["']/gm,
  );
  const bare = code.matchAll(/\bimport\s*\(?\s*["'](?<specifier>[^"']+)["']/g);
  return [...statements, ...bare].map(({ groups }) => groups?.specifier ?? "");
}

/** The files that a source file imports, from `src/`. */
export function localImportsOf(file: string): readonly string[] {
  return importsOf(readSource(file)).filter((specifier) => specifier.startsWith("."))
    .map((specifier) => relative(join(ROOT, "src"), join(ROOT, "src", dirname(file), specifier)))
    .map((path) => path.replaceAll("\\", "/"));
}
