/**
 * Compares the framework with clients used by hand and with its peers, in one run: everybody in turns, in an order that
 * changes with each round, each measurement in a process of its own, on a broker that nobody else uses.
 *
 * deno task bench:compare --server redis --rounds 5
 *
 * See `bench/README.md` for all options, and for what the figures mean and do not mean.
 * @module
 */
import { mkdir, readFile, writeFile } from "node:fs/promises";
import { cpus, totalmem } from "node:os";
import { join, resolve } from "node:path";
import { fileURLToPath } from "node:url";
import { startBroker } from "./compare/brokers.ts";
import { type Entrant, ENTRANTS, repidOf, type RuntimeName, type ServerName } from "./compare/contenders.ts";
import { type CompareOptions, toOptions } from "./compare/options.ts";
import { type Cell, toCells } from "./compare/plan.ts";
import { type CellResult, merge, type Results, type Row } from "./compare/results.ts";
import { measure } from "./compare/run.ts";
import { drawChart, findRuntime, installPeers, type Runtime } from "./compare/runtimes.ts";
import { shuffled } from "./compare/statistics.ts";
import { show, toTable } from "./compare/table.ts";

const RESULTS = fileURLToPath(new URL("results/", import.meta.url));

/** The server whose results are drawn: the README shows them. */
const CHARTED: ServerName = "redis";

const options = toOptions(Deno.args);
await installPeers();
const names = new Set([...options.runtimes, ...options.peerRuntimes]);
const runtimes = new Map<RuntimeName, Runtime>();
for (const name of names) runtimes.set(name, await findRuntime(name));
let failed = 0;
for (const server of options.servers) failed += await compare(server);
Deno.exit(failed === 0 ? 0 : 1);

/** Compares on one server; answers how many measurements failed. */
async function compare(server: ServerName): Promise<number> {
  const broker = await startBroker(server);
  try {
    const cells = toCells(server, options);
    const { before } = options;
    const entrants = [
      ...ENTRANTS.filter((one) => one.servers.includes(server) && isWanted(one)),
      ...before === undefined ? [] : [repidOf(resolve(before))],
    ];
    const runners = entrants.flatMap((entrant) =>
      (entrant.isPeer ? options.peerRuntimes : options.runtimes).map((runtime) => ({ entrant, runtime }))
    );
    const results: Results = {
      server,
      broker: broker.version,
      commands: [`deno task bench:compare ${Deno.args.map(quoted).join(" ")}`.trim()],
      date: new Date().toISOString().slice(0, 10),
      machine: `${cpus().length} × ${cpus()[0]?.model ?? "?"}, ${Math.round(totalmem() / 2 ** 30)} GB`,
      runtimes: Object.fromEntries([...runtimes].map(([name, { title }]) => [name, title])),
      packages: await packagesOf(server),
      cells: cells.map((cell) => toResult(cell, runnersOf(cell, runners))),
      failures: [],
    };
    console.log(`${broker.version}: ${cells.length} figures of ${runners.length}, ${options.rounds} rounds`);
    await runRounds(results, { cells, runners, broker });
    console.log(`\n${toTable(results)}\n`);
    await write(results, options);
    return results.failures.length;
  } finally {
    await broker.close();
  }
}

interface Runner {
  readonly entrant: Entrant;
  readonly runtime: RuntimeName;
}

interface Rounds {
  readonly cells: readonly Cell[];
  readonly runners: readonly Runner[];
  readonly broker: Awaited<ReturnType<typeof startBroker>>;
}

async function runRounds(results: Results, { cells, runners, broker }: Rounds): Promise<void> {
  const all = options.rounds * cells.reduce((sum, cell) => sum + runnersOf(cell, runners).length, 0);
  const began = performance.now();
  let done = 0;
  for (let round = 0; round < options.rounds; round++) {
    for (const [index, cell] of cells.entries()) {
      for (const { entrant, runtime } of shuffled(runnersOf(cell, runners))) {
        const row = results.cells[index]?.rows.find((one) =>
          one.entrant === entrant.name && one.runtime === runtime
        );
        const what = `${cell.name}: ${entrant.name} · ${runtime}`;
        const found = await attempt(cell, entrant, runtimes.get(runtime), broker);
        done++;
        const left = (performance.now() - began) / done * (all - done) / 60_000;
        const place = `[${done}/${all}, ${left.toFixed(1)} min left]`;
        if (typeof found === "string") {
          results.failures.push(`${what}: ${found}`);
          row?.rounds.push(null);
          console.log(`${place} ${what}: failed: ${found}`);
        } else {
          row?.rounds.push(found);
          console.log(
            `${place} ${what}: ${show(found.value)} ${cell.unit}, ${show(found.cpuMicros)} µs of CPU`,
          );
        }
      }
    }
  }
}

async function attempt(
  cell: Cell,
  entrant: Entrant,
  runtime: Runtime | undefined,
  broker: Rounds["broker"],
): Promise<Awaited<ReturnType<typeof measure>> | string> {
  if (!runtime) return "the runtime is not there";
  try {
    return await measure(cell, entrant, { runtime, broker, profiles: options.profiles });
  } catch (error) {
    return (error as Error).message;
  }
}

function runnersOf({ isWithoutPeers }: Cell, runners: readonly Runner[]): readonly Runner[] {
  return isWithoutPeers ? runners.filter(({ entrant }) => !entrant.isPeer) : runners;
}

function isWanted({ name, isExtra }: Entrant): boolean {
  const { contenders } = options;
  return contenders.length > 0 ? contenders.includes(name) : !isExtra;
}

function toResult({ mode, name, unit, job }: Cell, runners: readonly Runner[]): CellResult {
  const rows = runners.map(({ entrant, runtime }): Row => ({
    entrant: entrant.name,
    runtime,
    isPeer: entrant.isPeer ?? false,
    rounds: [],
  }));
  return { mode, name, unit, concurrency: job.concurrency, rows };
}

/** Those of the table's names, with their versions. */
async function packagesOf(server: ServerName): Promise<Record<string, string>> {
  const read = async (file: string): Promise<Record<string, string>> => {
    const { dependencies, devDependencies } = JSON.parse(
      await readFile(new URL(file, import.meta.url), "utf8"),
    );
    return { ...devDependencies, ...dependencies };
  };
  const all = { ...await read("../package.json"), ...await read("peers/package.json") };
  const wanted: Readonly<Record<ServerName, readonly string[]>> = {
    "memory": ["arktype", "p-queue"],
    "redis": ["ioredis", "bullmq", "bee-queue"],
    "amqp": ["rhea", "amqplib", "rabbitmq-client"],
    "pubsub": ["@grpc/grpc-js", "@google-cloud/pubsub"],
    "pubsub-fake": ["@grpc/grpc-js", "@google-cloud/pubsub"],
  };
  return Object.fromEntries(wanted[server].map((name) => [name, all[name] ?? "?"]));
}

/** Writes what was measured, beside what the folder has of other runs, and draws those that the README shows. */
async function write(now: Results, { out = RESULTS }: CompareOptions): Promise<void> {
  await mkdir(out, { recursive: true });
  const file = (extension: string): string => join(out, `${now.server}.${extension}`);
  const before = await readFile(file("json"), "utf8").then(
    (text) => JSON.parse(text) as Results,
    () => undefined,
  );
  const results = before ? merge(now, before) : now;
  await writeFile(file("json"), `${JSON.stringify(results, null, 1)}\n`);
  await writeFile(file("md"), `${toTable(results)}\n`);
  if (now.server === CHARTED) await drawChart(file("json"), file("svg"));
  console.log(`Written: ${["json", "md"].map(file).join(", ")}`);
}

function quoted(arg: string): string {
  return arg.includes(" ") ? `"${arg}"` : arg;
}
