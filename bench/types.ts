/**
 * What the API costs the type checker: 200 actors with arktype schemas, beside the same schemas alone.
 *
 * `deno run -A bench/types.ts` prints the seconds of both, under TypeScript 5.9 and 7, and their ratio. Each is the median
 * of five runs, in turns; a run with nothing but the imports is measured as well, and shown.
 * @module
 */
import { join } from "node:path";
import { fileURLToPath } from "node:url";

const ROOT = fileURLToPath(new URL("../", import.meta.url));
const ACTORS = 200;
const RUNS = 5;
const COMPILERS = ["typescript", "typescript-7"];

const IMPORTS = `import { Router } from "@repid/core";
import { type } from "arktype";
export const router: Router = new Router();
export const anything: unknown = type("string");
`;

/** A schema like those of real messages: some fields, a nested object, a list, a union. */
function schema(i: number): string {
  return `type({ id${i}: "number.integer > 0", name: "string", "note?": "string",
  kind: "'new' | 'known' | 'gone${i}'", tags: "string[]", address: { city: "string", zip${i}: "string" } })`;
}

function schemasAlone(): string {
  const lines = Array.from({ length: ACTORS }, (_, i) =>
    `const schema${i} = ${schema(i)};
export const value${i} = (given: typeof schema${i}.infer): string => given.name + given.address.zip${i};`);
  return IMPORTS + lines.join("\n");
}

function actors(): string {
  const lines = Array.from({ length: ACTORS }, (_, i) =>
    `const schema${i} = ${schema(i)};
router.actor({ name: "actor_${i}", payload: schema${i} }, (given) => given.name + given.address.zip${i});`);
  return IMPORTS + lines.join("\n");
}

const PROGRAMS = { imports: IMPORTS, schemas: schemasAlone(), actors: actors() };
type Program = keyof typeof PROGRAMS;
const NAMES = Object.keys(PROGRAMS) as Program[];

/** A project of one file, beside this repository's packages. */
async function writeProject(directory: string, name: Program): Promise<void> {
  await Deno.writeTextFile(join(directory, `${name}.ts`), PROGRAMS[name]);
  const compilerOptions = {
    target: "esnext",
    lib: ["esnext", "dom", "dom.iterable", "dom.asynciterable"],
    module: "esnext",
    moduleResolution: "bundler",
    allowImportingTsExtensions: true,
    noEmit: true,
    skipLibCheck: true,
    strict: true,
    exactOptionalPropertyTypes: true,
    types: ["node"],
    typeRoots: [join(ROOT, "node_modules/@types")],
    paths: { "@repid/core": [join(ROOT, "mod.ts")], arktype: [join(ROOT, "node_modules/arktype")] },
  };
  const project = { compilerOptions, files: [join(directory, `${name}.ts`)] };
  await Deno.writeTextFile(join(directory, `${name}.json`), JSON.stringify(project));
}

/** Seconds that a compiler takes for a program. */
async function measure(compiler: string, directory: string, name: Program): Promise<number> {
  const tsc = join(ROOT, "node_modules", compiler, "bin", "tsc");
  const start = performance.now();
  const { success, stdout } = await new Deno.Command(Deno.execPath(), {
    args: ["run", "-A", tsc, "--project", join(directory, `${name}.json`)],
  }).output();
  if (!success) {
    throw new Error(`Cannot compile ${name}: ${new TextDecoder().decode(stdout).slice(0, 2_000)}`);
  }
  return (performance.now() - start) / 1_000;
}

function median(values: readonly number[]): number {
  return values.toSorted((a, b) => a - b)[Math.floor(values.length / 2)] ?? NaN;
}

const directory = await Deno.makeTempDir({ prefix: "repid-bench-types-" });
try {
  for (const name of NAMES) await writeProject(directory, name);
  for (const compiler of COMPILERS) {
    const seconds: Record<Program, number[]> = { imports: [], schemas: [], actors: [] };
    for (let run = 0; run < RUNS; run++) {
      for (const name of NAMES) seconds[name].push(await measure(compiler, directory, name));
    }
    const [imports, schemas, all] = NAMES.map((name) => median(seconds[name])) as [number, number, number];
    console.log(
      `${compiler}: imports ${imports.toFixed(2)} s, ${ACTORS} schemas ${schemas.toFixed(2)} s, ` +
        `${ACTORS} actors ${all.toFixed(2)} s; ratio ${(all / schemas).toFixed(2)}, ` +
        `without the imports ${((all - imports) / (schemas - imports)).toFixed(2)} (aim: at most 1.6)`,
    );
  }
} finally {
  await Deno.remove(directory, { recursive: true });
}
