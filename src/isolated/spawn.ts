/**
 * How a child is started: the command differs between runtimes.
 *
 * @module
 */
import { type ChildProcess, fork, spawn } from "node:child_process";
import { existsSync } from "node:fs";
import process from "node:process";
import { fileURLToPath } from "node:url";
import { IsolatedError } from "./error.ts";
import { serveUrl } from "./serve.ts";

/**
 * Starts a process that serves the functions of these modules; on Deno it can load no others.
 *
 * @param modules URLs. The first one says where `deno.json` is looked for.
 * @throws {IsolatedError} If the runtime cannot start one, or may not.
 */
export function startProcess(modules: readonly string[]): ChildProcess {
  const deno = (globalThis as { readonly Deno?: DenoApi }).Deno; // not there on Bun and Node
  try {
    return deno ? startDeno(deno, modules) : startEntry();
  } catch (error) {
    throw error instanceof IsolatedError ? error : notStarted(error);
  }
}

/** The error of a process that the runtime did not start, which some runtimes say only later. */
export function notStarted(error: unknown): IsolatedError {
  const reason = error instanceof Error ? error.message : String(error);
  return new IsolatedError(`Cannot start a process as the runtime refuses: ${reason}`, { cause: error });
}

function startEntry(): ChildProcess {
  // JSR serves .ts, its npm tarballs hold .js
  const entry = new URL(import.meta.url.endsWith(".ts") ? "./entry.ts" : "./entry.js", import.meta.url);
  const path = fileURLToPath(entry);
  if (!existsSync(path)) {
    throw new IsolatedError(`Cannot start a process as its main module is missing, as in bundles: ${path}`);
  }
  const stdio: ("ignore" | "inherit" | "ipc")[] = ["ignore", "inherit", "inherit", "ipc"];
  // Node's flags hold loaders and memory limits; Bun's may hold --watch, under which a child would never end
  return "bun" in process.versions
    ? spawn(process.execPath, [path], { serialization: "advanced", stdio })
    : fork(path, { serialization: "advanced", stdio });
}

/** What is used of the `Deno` namespace. */
interface DenoApi {
  readonly build: { readonly standalone?: boolean };
  readonly permissions: {
    querySync(
      descriptor: { name: string; path?: string },
    ): { readonly state: string; readonly partial: boolean };
  };
  execPath(): string;
}

/**
 * The main module comes through standard input. It imports by literal specifiers, so the child may load these
 * modules without the permission to read; and it counts as a file of the working directory, from where Deno then
 * looks for `deno.json` and `package.json` (for a remote main module, such as one from JSR, it does not look at all).
 */
function startDeno(deno: DenoApi, modules: readonly string[]): ChildProcess {
  if (deno.build.standalone) {
    throw new IsolatedError(
      "Cannot start a process as this program is compiled: its executable cannot run modules",
    );
  }
  const args = ["run", "--no-prompt", ...permissionFlags(deno), ...configFlags(deno, modules[0]), "-"];
  const child = spawn(deno.execPath(), args, {
    serialization: "advanced",
    stdio: ["pipe", "inherit", "inherit", "ipc"],
  });
  child.stdin?.on("error", () => {}); // the child is gone, which "exit" reports
  child.stdin?.end(mainModule(modules));
  return child;
}

function mainModule(modules: readonly string[]): string {
  const loaders = modules.map((url) => `[${JSON.stringify(url)}, () => import(${JSON.stringify(url)})]`);
  return `import { serve } from ${JSON.stringify(serveUrl)};
    const loaders = new Map([${loaders.join(", ")}]);
    serve((url) => loaders.get(url)());`;
}

/**
 * What the parent has without restriction. A grant for some paths or hosts cannot be read back from Deno, nor can
 * an exception from a grant: the child gets nothing then, rather than more than its parent.
 */
function permissionFlags(deno: DenoApi): readonly string[] {
  const flags = ["read", "write", "net", "env", "sys", "run", "ffi", "import"].filter((name) => {
    const { state, partial } = deno.permissions.querySync({ name });
    return state === "granted" && !partial;
  }).map((name) => `--allow-${name}`);
  // Deno's `node:child_process` grants everything to a child that is started without any such flag.
  return flags.length > 0 ? flags : ["--deny-ffi"];
}

/** The nearest `deno.json` above the module: the working directory may be anywhere. */
function configFlags(deno: DenoApi, module: string | undefined): string[] {
  if (!module?.startsWith("file:")) return [];
  for (let folder = new URL(".", module);; folder = new URL("..", folder)) {
    for (const name of ["deno.json", "deno.jsonc"]) {
      const path = fileURLToPath(new URL(name, folder));
      // looked at first, as without the permission existsSync() throws, or asks the user
      if (deno.permissions.querySync({ name: "read", path }).state !== "granted") continue;
      if (existsSync(path)) return ["--config", path];
    }
    if (folder.pathname === new URL("..", folder).pathname) return [];
  }
}
