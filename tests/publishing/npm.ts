/**
 * Builds the package for npm from the same source: plain JavaScript and declarations, by TypeScript's own emit.
 *
 * `deno task npm` writes it to `.artifacts/npm`; then `npm publish .artifacts/npm`.
 * @module
 */
import { spawnSync } from "node:child_process";
import { cpSync, globSync, mkdirSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import process from "node:process";
import { fileURLToPath } from "node:url";

const ROOT = fileURLToPath(new URL("../../", import.meta.url));

/** The packages that users install themselves, if they use the entry point that needs them. */
const PEERS = [
  "ioredis",
  "rhea",
  "@grpc/grpc-js",
  "protobufjs",
  "google-auth-library",
  "@opentelemetry/api",
];

/** What `npx @repid/core` runs. Not `cli.js`: Node 22 does not say whether a module is the main one. */
const COMMAND = `#!/usr/bin/env node
import { main } from "./src/cli.js";
await main();
`;

/** What is neither compiled nor described here, but goes along. */
const TEXTS = ["README.md", "LICENSE", "CHANGELOG.md", "llms.txt", "docs"];

interface Manifest {
  readonly name: string;
  readonly version: string;
  readonly license: string;
  readonly exports: Readonly<Record<string, string>>;
  readonly imports: Readonly<Record<string, string>>;
}

/** The files of the source, by their path in the project. */
export function shippedSource(): string[] {
  return ["mod.ts", ...globSync("src/**/*.ts", { cwd: ROOT })];
}

/** Writes the package to a folder, which is emptied before. */
export function buildNpmPackage(target: string): void {
  rmSync(target, { recursive: true, force: true });
  mkdirSync(target, { recursive: true });
  const manifest: Manifest = JSON.parse(readFileSync(join(ROOT, "deno.json"), "utf8"));
  compile(target);
  for (const file of globSync("**/*.d.ts", { cwd: target })) nameTheDeclarations(join(target, file));
  for (const text of TEXTS) cpSync(join(ROOT, text), join(target, text), { recursive: true });
  writeFileSync(join(target, "command.js"), COMMAND);
  writeFileSync(join(target, "package.json"), `${JSON.stringify(toPackageJson(manifest), null, 2)}\n`);
}

function compile(target: string): void {
  // Every file, as some are not imported but run: the entry module of isolated functions.
  const files = shippedSource().map((path) => join(ROOT, path));
  // Options on the command line have no place for lists of files outside of its folder: a project has.
  const project = join(target, "tsconfig.json");
  const compilerOptions = {
    target: "es2022",
    module: "nodenext",
    // What Node 22 has: of ES2025 only the methods of sets.
    lib: ["es2024", "es2025.collection", "dom", "dom.iterable", "dom.asynciterable", "esnext.disposable"],
    declaration: true,
    rewriteRelativeImportExtensions: true,
    verbatimModuleSyntax: true,
    strict: true,
    exactOptionalPropertyTypes: true,
    noUncheckedIndexedAccess: true,
    noImplicitOverride: true,
    skipLibCheck: true,
    types: ["node"],
    typeRoots: [join(ROOT, "node_modules/@types")],
    rootDir: ROOT,
    outDir: target,
  };
  writeFileSync(project, JSON.stringify({ compilerOptions, files }));
  const compiler = join(ROOT, "node_modules/typescript-7/bin/tsc");
  const how = "Deno" in globalThis ? ["run", "-A"] : [];
  const { status, stdout } = spawnSync(process.execPath, [...how, compiler, "--project", project]);
  if (status !== 0) throw new Error(`Cannot build the package as its source does not compile: ${stdout}`);
  rmSync(project);
}

/** The compiler renames the files that JavaScript imports, and leaves those that declarations do. */
function nameTheDeclarations(path: string): void {
  const text = readFileSync(path, "utf8");
  writeFileSync(path, text.replace(/((?:from |import\()"\.\.?\/[^"]*)\.ts"/g, '$1.js"'));
}

function toPackageJson({ name, version, license, exports, imports }: Manifest): object {
  const toJs = (path: string): string => path.replace(/\.ts$/, ".js");
  const entry = (path: string): object => ({ types: path.replace(/\.ts$/, ".d.ts"), default: toJs(path) });
  return {
    name,
    version,
    description: "Typed messages and tasks over any broker, for Deno, Bun and Node, with AsyncAPI built in.",
    keywords: ["queue", "tasks", "worker", "redis", "amqp", "rabbitmq", "pubsub", "asyncapi"],
    license,
    type: "module",
    sideEffects: false,
    engines: { node: ">=22" },
    exports: Object.fromEntries(Object.entries(exports).map(([key, path]) => [key, entry(path)])),
    bin: { repid: "./command.js" },
    // Old ways of finding modules know no `exports`.
    types: "./mod.d.ts",
    peerDependencies: Object.fromEntries(PEERS.map((peer) => [peer, `^${versionIn(imports[peer])}`])),
    peerDependenciesMeta: Object.fromEntries(PEERS.map((peer) => [peer, { optional: true }])),
  };
}

function versionIn(specifier = ""): string {
  const version = specifier.slice(specifier.lastIndexOf("@") + 1);
  if (/^\d+\.\d+\.\d+$/.test(version)) return version;
  throw new RangeError(`Cannot build the package as the specifier has no exact version: ${specifier}`);
}

if (import.meta.main) {
  const target = join(ROOT, ".artifacts/npm");
  buildNpmPackage(target);
  console.log(target);
}
