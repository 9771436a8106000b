/**
 * Where the tests find a broker: at a URL that the environment names, else as a program on `PATH`, else (as root, on
 * Debian) installed by apt, or unpacked from another suite of Debian. Where nothing works, its tests are skipped and say
 * why; with `CI=true` that is a failure.
 *
 * ```ts
 * const found = await provide({
 *   name: "Redis 8",
 *   variable: "REPID_TEST_REDIS8_URL",
 *   program: "redis-server",
 *   unpack: { suite: "trixie", packages: ["redis-server", "redis-tools"] },
 * });
 * withBroker("RedisServer on Redis 8", found, (broker) => {
 *   test("RedisServer does this", async () => { … });
 * });
 * ```
 * @module
 */
import { execFile } from "node:child_process";
import { stat } from "node:fs/promises";
import { homedir, tmpdir } from "node:os";
import { delimiter, join } from "node:path";
import process from "node:process";
import { fileURLToPath } from "node:url";
import { promisify } from "node:util";
import { skip } from "../harness.ts";

/** What is looked for. */
export interface ProvideOptions {
  /** The broker's name, for people. */
  readonly name: string;
  /** The environment variable that may hold the URL of a running one. */
  readonly variable: string;
  /** The program. */
  readonly program: string;
  /** Whether a program of that name on `PATH` is the right one, and may be installed there by apt. Defaults to true unless `unpack` is given. */
  readonly system?: boolean;
  /** The Debian package of the program, for apt. Defaults to none. */
  readonly debianPackage?: string;
  /** Where to unpack it from, without touching the system. */
  readonly unpack?: UnpackOptions;
  /** How to build it, without touching the system. */
  readonly build?: BuildOptions;
}

/** Packages of another suite. */
export interface UnpackOptions {
  /** The suite, such as `trixie`. */
  readonly suite: string;
  /** The packages; what they need comes with them. */
  readonly packages: readonly string[];
}

/** A program that Debian has the sources of. */
export interface BuildOptions {
  /** The script, which takes a folder and a suite and leaves the program in that folder. Does nothing where it is there. */
  readonly script: URL;
  /** The suites to build it from, the best first. */
  readonly suites: readonly string[];
}

/** What was found. */
export type Provision =
  | { readonly kind: "url"; readonly url: string }
  | { readonly kind: "program"; readonly path: string; readonly prefix?: string }
  | { readonly kind: "missing"; readonly reason: string };

/** A broker that can be used: a running one, or a program to start (in an unpacked suite: with what lies under `prefix`). */
export type Found = Exclude<Provision, { kind: "missing" }>;

const run = promisify(execFile);

/** Looks, and installs what is missing. Never rejects. */
export async function provide(options: ProvideOptions): Promise<Provision> {
  const { variable, program, debianPackage, unpack, build, system = !unpack && !build } = options;
  const url = process.env[variable];
  if (url) return { kind: "url", url };
  const path = system ? await onPath(program) : undefined;
  if (path) return { kind: "program", path };
  try {
    await assertDebianRoot();
    if (build) return await built(program, build);
    return unpack ? await unpacked(program, unpack) : await installed(program, debianPackage ?? "");
  } catch (error) {
    return { kind: "missing", reason: `${reasonOf(error)} (set ${variable} to use a running one)` };
  }
}

/**
 * Registers tests that need a broker; where it is missing, one skipped test that says why, or a failing one with
 * `CI=true`.
 */
export async function withBroker(
  name: string,
  provision: Provision,
  register: (found: Found) => void | Promise<void>,
): Promise<void> {
  if (provision.kind === "missing") skip(name, provision.reason);
  else await register(provision);
}

/** The path of a program that `PATH` leads to; `undefined` where there is none. */
export async function onPath(program: string): Promise<string | undefined> {
  const folders = (process.env["PATH"] ?? "").split(delimiter);
  for (const folder of [...folders, "/usr/sbin"]) {
    const path = join(folder, program);
    if (await exists(path)) return path;
  }
  return undefined;
}

async function assertDebianRoot(): Promise<void> {
  if (process.getuid?.() !== 0) throw new Error("not on PATH, and not root, so that apt cannot install it");
  if (!await exists("/etc/debian_version")) throw new Error("not on PATH, and this is not Debian");
}

/**
 * Installs a package with apt, as root on Debian. The tests on Deno and on Bun run at the same time, and apt does not wait for
 * the lock on its lists: we take turns.
 */
export async function aptInstall(debianPackage: string): Promise<void> {
  await assertDebianRoot();
  const env = { ...process.env, DEBIAN_FRONTEND: "noninteractive" };
  const install = 'apt-get install -y -qq --no-install-recommends -o DPkg::Lock::Timeout=300 "$0"';
  // Its lists may be old, or not be there yet.
  const script = `${install} || { apt-get update -qq && ${install}; }`;
  await run("flock", [
    "--timeout",
    "600",
    join(tmpdir(), "repid-apt.lock"),
    "sh",
    "-c",
    script,
    debianPackage,
  ], {
    env,
  });
}

async function installed(program: string, debianPackage: string): Promise<Provision> {
  if (debianPackage === "") throw new Error("not on PATH, and no package has it");
  await aptInstall(debianPackage);
  const path = await onPath(program);
  if (!path) throw new Error(`not in the package ${debianPackage}`);
  return { kind: "program", path };
}

/** Unpacks once; the folder is kept for later runs. */
async function unpacked(program: string, { suite, packages }: UnpackOptions): Promise<Provision> {
  const prefix = inCache(`${suite}-${packages.join("-")}`);
  await run(fileURLToPath(new URL("unpack.sh", import.meta.url)), [prefix, suite, ...packages], {
    maxBuffer: 64 * 1_024 * 1_024,
  });
  for (const folder of ["bin", "sbin", "lib"]) {
    const path = join(prefix, "root/usr", folder, program);
    if (await exists(path)) return { kind: "program", path, prefix };
  }
  throw new Error(`not among what was unpacked from ${suite}`);
}

/** Builds once; the program is kept for later runs. */
async function built(program: string, { script, suites }: BuildOptions): Promise<Provision> {
  let failure: unknown = new Error("no suite of Debian has it");
  for (const suite of suites) {
    const prefix = inCache(`${program}-${suite}`);
    try {
      await run(fileURLToPath(script), [prefix, suite], { maxBuffer: 64 * 1_024 * 1_024 });
      return { kind: "program", path: join(prefix, program), prefix };
    } catch (error) {
      failure = error;
    }
  }
  throw failure;
}

function inCache(name: string): string {
  return join(process.env["XDG_CACHE_HOME"] ?? join(homedir(), ".cache"), "repid-brokers", name);
}

async function exists(path: string): Promise<boolean> {
  return await stat(path).then(() => true, () => false);
}

function reasonOf(error: unknown): string {
  const { stderr, message } = error as { stderr?: string; message?: string };
  return (stderr || message || String(error)).trim().split("\n").slice(-3).join(" ");
}
