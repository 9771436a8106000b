/**
 * The types of the API, under Microsoft's compilers: Deno's own checks `tests/project/types/` with everything else.
 * @module
 */
import assert from "node:assert/strict";
import { spawn } from "node:child_process";
import { mkdtemp, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import process from "node:process";
import { fileURLToPath } from "node:url";
import { runtime, test } from "../harness.ts";

const ROOT = fileURLToPath(new URL("../../", import.meta.url));

/** Which compilers, by the name of their package here. */
const COMPILERS = ["typescript", "typescript-7"];

/** What `deno.json` says, for a project outside of it. */
function configuration(exactOptionalPropertyTypes: boolean): object {
  return {
    compilerOptions: {
      target: "esnext",
      lib: ["esnext", "dom", "dom.iterable", "dom.asynciterable"],
      module: "esnext",
      moduleResolution: "bundler",
      allowImportingTsExtensions: true,
      noEmit: true,
      skipLibCheck: true,
      strict: true,
      exactOptionalPropertyTypes,
      noUncheckedIndexedAccess: true,
      noImplicitOverride: true,
      types: ["node"],
      typeRoots: [`${ROOT}node_modules/@types`],
      paths: {
        "@repid/core": [`${ROOT}mod.ts`],
        "@repid/core/testing": [`${ROOT}src/testing/mod.ts`],
        "@repid/core/isolated": [`${ROOT}src/isolated/mod.ts`],
        "@repid/core/server": [`${ROOT}src/contract/mod.ts`],
        "@repid/core/conformance": [`${ROOT}src/conformance/mod.ts`],
        "@repid/core/opentelemetry": [`${ROOT}src/opentelemetry/mod.ts`],
      },
    },
    include: [`${ROOT}tests/project/types/*.ts`],
  };
}

/** Compiles `tests/project/types/`; answers what the compiler complained of. */
async function compile(compiler: string, exactOptionalPropertyTypes: boolean): Promise<string> {
  const directory = await mkdtemp(join(tmpdir(), "repid-types-"));
  try {
    const project = join(directory, "tsconfig.json");
    await writeFile(project, JSON.stringify(configuration(exactOptionalPropertyTypes)));
    return await runCompiler([join(ROOT, "node_modules", compiler, "bin", "tsc"), "--project", project]);
  } finally {
    await rm(directory, { recursive: true });
  }
}

function runCompiler(args: readonly string[]): Promise<string> {
  const child = spawn(process.execPath, [...(runtime() === "deno" ? ["run", "-A"] : []), ...args]);
  let output = "";
  child.stdout.setEncoding("utf8").on("data", (text: string) => output += text);
  child.stderr.setEncoding("utf8").on("data", (text: string) => output += text);
  return new Promise((resolve, reject) => {
    child.on("error", reject);
    child.on("close", (code) => resolve(code === 0 ? output : `${output}\nended with ${code}`));
  });
}

for (const compiler of COMPILERS) {
  for (const exact of [true, false]) {
    test(`tests/project/types: ${compiler} agrees, exactOptionalPropertyTypes ${exact ? "on" : "off"}`, async () => {
      assert.equal(await compile(compiler, exact), "");
    });
  }
}
