/**
 * Sets the results of the runs against what was aimed for: `deno run -A bench/aims.ts` reads `bench/results/*.json` and
 * writes `bench/results/aims.md`.
 * @module
 */
import { readFile, writeFile } from "node:fs/promises";
import { fileURLToPath } from "node:url";
import { type Aim, AIMS, type Found } from "./compare/aims.ts";
import type { RuntimeName, ServerName } from "./compare/contenders.ts";
import type { CellResult, Results, Row } from "./compare/results.ts";
import { type Spread, spreadOf } from "./compare/statistics.ts";
import { ratioOf, show } from "./compare/table.ts";

const FOLDER = fileURLToPath(new URL("results/", import.meta.url));
const RUNTIMES: readonly RuntimeName[] = ["deno", "bun"];
const NOTES =
  "Medians of the rounds, with the least and the most; ratios are pair by pair within a round. The figures of " +
  "Python's Repid are not from the same run: it cannot be installed where these were taken.";

const results = new Map<ServerName, Results>();
for (const server of ["memory", "redis", "amqp", "pubsub-fake"] as const) {
  const text = await readFile(`${FOLDER}${server}.json`, "utf8").catch(() => undefined);
  if (text) results.set(server, JSON.parse(text) as Results);
}

const lines = [
  "| aim | at least or at most | Deno | Bun |",
  "| --- | --- | --- | --- |",
  ...AIMS.map((aim) =>
    `| ${aim.name} | ${limit(aim)} | ${RUNTIMES.map((one) => judge(aim, one)).join(" | ")} |`
  ),
];
const heads = [...results.values()].map(({ broker, date, machine, runtimes }) =>
  `${broker}: ${date}, ${machine}, ${Object.values(runtimes).join(", ")}`
);
const text = ["# Aims, and what was measured", ...heads, lines.join("\n"), NOTES].join("\n\n");
await writeFile(`${FOLDER}aims.md`, `${text}\n`);
console.log(text);

function limit({ atLeast, atMost, unit = "" }: Aim): string {
  return atLeast !== undefined ? `≥ ${show(atLeast)}${unit}` : `≤ ${show(atMost ?? NaN)}${unit}`;
}

/** The figure with its spread, and whether its median keeps the aim. */
function judge(aim: Aim, runtime: RuntimeName): string {
  const found = look(aim, runtime);
  if (!found || Number.isNaN(found.median)) return "not measured";
  const { atLeast = -Infinity, atMost = Infinity, unit = "" } = aim;
  const isMet = found.median >= atLeast && found.median <= atMost;
  const spread = found.min === found.max ? "" : ` (${show(found.min)} – ${show(found.max)})`;
  return `${show(found.median)}${unit}${spread}, ${isMet ? "met" : "**not met**"}`;
}

function look({ server, cell: name, figure }: Aim, runtime: RuntimeName): Spread | undefined {
  const cells = results.get(server)?.cells ?? [];
  const cell = cells.find((one) => one.name === name);
  const ours = cell && rowOf(cell, "repid", runtime);
  return cell && ours ? figure(foundIn(cell, ours, cells), runtime) : undefined;
}

function rowOf({ rows }: CellResult, entrant: string, runtime: RuntimeName): Row | undefined {
  const own = rows.find((row) => row.entrant === entrant && row.runtime === runtime);
  return own ?? rows.find((row) => row.entrant === entrant);
}

function foundIn(cell: CellResult, ours: Row, cells: readonly CellResult[]): Found {
  const values = (row: Row | undefined): number[] => row?.rounds.map((one) => one?.value ?? NaN) ?? [];
  const more = (row: Row | undefined, name: string): number[] =>
    row?.rounds.map((one) => one?.more[name] ?? one?.counters[name] ?? NaN) ?? [];
  return {
    value: () => spreadOf(values(ours)),
    named: (name) => spreadOf(more(ours, name)),
    // As in the tables it is ours to theirs, or ours less theirs, on the same runtime where they ran there.
    against(entrant) {
      const theirs = rowOf(cell, entrant, ours.runtime);
      if (!theirs) return undefined;
      const pair = { ...cell, rows: [ours, theirs] };
      return ratioOf(pair, { ...theirs, runtime: ours.runtime });
    },
    namedAgainst(name, entrant) {
      const theirs = more(rowOf(cell, entrant, ours.runtime), name);
      return spreadOf(more(ours, name).map((one, round) => one - (theirs[round] ?? NaN)));
    },
    againstCell(name, of) {
      const other = cells.find((one) => one.name === name);
      const theirs = other && rowOf(other, "repid", ours.runtime);
      const [here, there] = [ours, theirs].map((row) => row?.rounds.map((one) => one?.[of] ?? NaN) ?? []);
      return spreadOf((here ?? []).map((one, round) => one / (there?.[round] ?? NaN)));
    },
  };
}
