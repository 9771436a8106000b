/**
 * How much of what is exported is documented, counted from `deno doc --json`.
 *
 * `deno task documented` prints it.
 * @module
 */
import { execFileSync } from "node:child_process";
import { readFileSync } from "node:fs";
import { fileURLToPath } from "node:url";

const ROOT = fileURLToPath(new URL("../../", import.meta.url));

/** What was found. */
export interface Documented {
  /** How many things there are to document: entry points, their symbols, and the members of these. */
  readonly modules: number;
  readonly symbols: number;
  readonly members: number;
  /** Which have no words, as `file: Symbol.member`. */
  readonly missing: readonly string[];
  /** How many members are durations, by their name and type. */
  readonly durations: number;
  /** Which of them do not say their unit. */
  readonly withoutUnit: readonly string[];
}

interface Described {
  readonly name?: string;
  readonly jsDoc?: { readonly doc?: string };
  readonly accessibility?: string;
  readonly hasBody?: boolean;
  readonly tsType?: Type;
}

/** A type; of a union, `value` has its members. */
interface Type {
  readonly repr?: string;
  readonly value?: unknown;
}

interface Declaration extends Described {
  readonly kind: string;
  readonly def?: Readonly<Record<string, unknown>> & { readonly hasBody?: boolean };
}

interface DocModule {
  readonly module_doc?: { readonly doc?: string };
  readonly symbols: readonly { readonly name: string; readonly declarations: readonly Declaration[] }[];
}

/** Where members are in the definition of a class or an interface. */
const MEMBERS = ["constructors", "properties", "methods", "callSignatures", "indexSignatures"];

/** The files of the entry points. */
export function entryPoints(): string[] {
  const { exports } = JSON.parse(readFileSync(`${ROOT}deno.json`, "utf8"));
  return Object.values<string>(exports);
}

/** The names of the functions, classes and constants that the files export. */
export function exportedValues(files: readonly string[]): string[] {
  return Object.values(describe(files)).flatMap(({ symbols }) => symbols).filter(({ declarations }) =>
    declarations.some(({ kind }) => kind === "function" || kind === "class" || kind === "variable")
  ).map(({ name }) => name);
}

/** What Deno knows of the files. */
function describe(files: readonly string[]): Readonly<Record<string, DocModule>> {
  // Not `process.execPath`: the documentation is Deno's, whatever runs this.
  const output = execFileSync(Deno.execPath(), ["doc", "--json", "--quiet", ...files], {
    cwd: ROOT,
    encoding: "utf8",
    maxBuffer: 100_000_000,
    // It complains of declarations of Node's that it looks for in vain.
    stdio: ["ignore", "pipe", "ignore"],
  });
  return JSON.parse(output).nodes;
}

/** Counts what the files export. */
export function countDocumented(files: readonly string[]): Documented {
  const nodes = describe(files);
  const [missing, withoutUnit]: [string[], string[]] = [[], []];
  let [symbols, members, durations] = [0, 0, 0];
  for (const [url, module] of Object.entries(nodes)) {
    const file = url.startsWith("file:") ? fileURLToPath(url).replace(ROOT, "") : url;
    if (!isDescribed(module.module_doc)) missing.push(`${file}: the module`);
    for (const { name, declarations } of module.symbols) {
      symbols++;
      for (const declaration of shown(declarations)) {
        if (!isDescribed(declaration.jsDoc)) missing.push(`${file}: ${name}`);
        for (const member of membersOf(declaration)) {
          members++;
          const place = `${file}: ${name}.${member.name ?? "()"}`;
          if (!isDescribed(member.jsDoc)) missing.push(place);
          if (!isDuration(member)) continue;
          durations++;
          if (!member.jsDoc?.doc?.includes("millisecond")) withoutUnit.push(place);
        }
      }
    }
  }
  return { modules: Object.keys(nodes).length, symbols, members, missing, durations, withoutUnit };
}

/** What the documentation shows: not the function behind overloads, and not a second export of the same symbol. */
function shown(exported: readonly Declaration[]): readonly Declaration[] {
  const declarations = exported.filter(({ kind }) => kind !== "reference");
  const overloads = declarations.filter(({ kind, def }) => kind === "function" && !def?.hasBody);
  return overloads.length === 0 ? declarations : declarations.filter(({ def }) => !def?.hasBody);
}

function membersOf({ kind, def = {} }: Declaration): readonly Described[] {
  if (kind !== "class" && kind !== "interface") return [];
  const members = MEMBERS.flatMap((name) => (def[name] ?? []) as readonly Described[]);
  return members.filter(({ accessibility }) => accessibility !== "private");
}

function isDuration({ name = "", tsType }: Described): boolean {
  const types: readonly (Type | undefined)[] = Array.isArray(tsType?.value) ? tsType.value : [tsType];
  const isNumber = types.some((type) => type?.repr === "number");
  return isNumber && /(timeout|time|interval|delay|lease|ms|duration|deadline|patience|quiet)$/i.test(name);
}

function isDescribed(jsDoc: { readonly doc?: string } | undefined): boolean {
  return (jsDoc?.doc ?? "").trim() !== "";
}

if (import.meta.main) {
  const { modules, symbols, members, missing } = countDocumented(entryPoints());
  console.log(`${modules} entry points, ${symbols} exported symbols, ${members} members of them`);
  for (const name of missing) console.log(`not documented: ${name}`);
  console.log(`${(100 * (1 - missing.length / (modules + symbols + members))).toFixed(1)} % documented`);
}
