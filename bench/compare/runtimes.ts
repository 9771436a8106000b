/**
 * How a measuring process is started on each runtime.
 * @module
 */
import { execFile } from "node:child_process";
import { mkdir, mkdtemp } from "node:fs/promises";
import { tmpdir } from "node:os";
import { basename, join, relative } from "node:path";
import { fileURLToPath, pathToFileURL } from "node:url";
import { promisify } from "node:util";
import { NODE_ARGUMENTS } from "../../tests/processes/node.ts";
import type { Entrant, RuntimeName } from "./contenders.ts";

const execute = promisify(execFile);
const HERE = fileURLToPath(new URL("./", import.meta.url));
const ROOT = join(HERE, "..", "..");
const PEERS = fileURLToPath(new URL("../peers/", import.meta.url));

/** A command, and the module that it is to measure. */
export interface Launch {
  readonly command: readonly string[];
  readonly module: string;
}

/** A runtime that is there. */
export interface Runtime {
  readonly name: RuntimeName;
  /** With its version, for people. */
  readonly title: string;
  /** What measures an entrant. */
  launch(entrant: Entrant): Promise<Launch>;
  /** What runs a program of ours. */
  command(file: string): Promise<readonly string[]>;
}

/** Finds one of them. */
export async function findRuntime(name: RuntimeName): Promise<Runtime> {
  switch (name) {
    case "deno":
      return denoRuntime();
    case "bun":
      return await bunRuntime();
    case "node":
      return await nodeRuntime();
  }
}

function denoRuntime(): Runtime {
  const base = [Deno.execPath(), "run", "-A", "--quiet", "--v8-flags=--expose-gc"];
  return {
    name: "deno",
    title: `Deno ${Deno.version.deno}`,
    command: (file) => Promise.resolve([...base, file]),
    launch: (entrant) => {
      const { isPeer, checkout } = entrant;
      const folder = isPeer ? PEERS : checkout;
      const config = folder === undefined ? [] : ["--config", join(folder, "deno.json")];
      return Promise.resolve({
        command: [...base, ...config, childOf(entrant)],
        module: sourceOf(entrant).href,
      });
    },
  };
}

async function bunRuntime(): Promise<Runtime> {
  const bun = await findBun();
  return {
    name: "bun",
    title: `Bun ${(await execute(bun, ["--version"])).stdout.trim()}`,
    command: (file) => Promise.resolve([bun, file]),
    launch: (entrant) =>
      Promise.resolve({ command: [bun, childOf(entrant)], module: sourceOf(entrant).href }),
  };
}

/** Bun makes JavaScript for it: of a peer only the source, so that its packages are those that are installed. */
async function nodeRuntime(): Promise<Runtime> {
  const bun = await findBun();
  const folder = await mkdtemp(join(tmpdir(), "repid-bench-"));
  const external = join(PEERS, "node_modules", ".bench");
  const built = new Map<string, Promise<string>>();
  const build = (source: string, isPeer: boolean): Promise<string> => {
    const known = built.get(source);
    if (known) return known;
    const target = join(isPeer ? external : folder, basename(source).replace(/\.ts$/, ".mjs"));
    const packages = isPeer ? ["--packages=external"] : [];
    const building = mkdir(external, { recursive: true })
      .then(() => execute(bun, ["build", source, "--target=node", ...packages, `--outfile=${target}`]))
      .then(() => target);
    built.set(source, building);
    return building;
  };
  const command = async (file: string): Promise<readonly string[]> => [
    ...["node", "--expose-gc", ...NODE_ARGUMENTS],
    await build(file, false),
  ];
  return {
    name: "node",
    command,
    title: `Node ${(await execute("node", ["--version"])).stdout.trim().slice(1)}`,
    async launch(entrant) {
      const module = await build(fileURLToPath(sourceOf(entrant)), entrant.isPeer ?? false);
      return { command: await command(childOf(entrant)), module: pathToFileURL(module).href };
    },
  };
}

function sourceOf({ file, checkout }: Entrant): URL {
  return pathToFileURL(join(placeIn(checkout), file));
}

/** What measures: that of the same checkout. */
function childOf({ checkout }: Entrant): string {
  return join(placeIn(checkout), "child.ts");
}

/** This folder, in another checkout where one is given. */
function placeIn(checkout: string | undefined): string {
  return checkout === undefined ? HERE : join(checkout, relative(ROOT, HERE));
}

let bunPath: Promise<string> | undefined;

/** The program itself: an installed one, or the one that npm has. */
function findBun(): Promise<string> {
  const ask = ["-e", "console.log(process.execPath)"];
  return bunPath ??= execute("bun", ask).catch(() => execute("npx", ["-y", "bun@1", ...ask]))
    .then(({ stdout }) => stdout.trim());
}

/** Installs the packages of the peers, where they are not: nobody else needs them. */
export async function installPeers(): Promise<void> {
  await execute(Deno.execPath(), ["install", "--frozen", "--quiet"], { cwd: PEERS });
}

/** Draws a chart of results: with packages of the peers' folder, so in a process of its own. */
export async function drawChart(from: string, to: string): Promise<void> {
  const config = ["--config", join(PEERS, "deno.json")];
  await execute(Deno.execPath(), ["run", "-A", "--quiet", ...config, join(PEERS, "chart.ts"), from, to]);
}
