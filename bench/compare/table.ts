/**
 * The table of a run, as Markdown that also reads well in a terminal.
 * @module
 */
import type { CellResult, Measurement, Results, Row } from "./results.ts";
import { type Spread, spreadOf } from "./statistics.ts";

/** Whom the others are set against. */
const MAIN = "repid";
const RUNTIMES = { deno: "Deno", bun: "Bun", node: "Node" };

/** All of a run. */
export function toTable(results: Results): string {
  const { server, broker, machine, runtimes, packages, date, commands } = results;
  const versions = [...Object.values(runtimes), ...Object.entries(packages).map((one) => one.join(" "))];
  return [
    `# ${server}: ${broker}`,
    `${date} · ${machine}`,
    versions.join(" · "),
    commands.map((command) => `    ${command}`).join("\n"),
    ...results.cells.map(toSection),
    ...results.failures.map((failure) => `Failed: ${failure}`),
  ].join("\n\n");
}

/** One cell: a row for everybody on each runtime. */
export function toSection(cell: CellResult): string {
  const { name, unit, rows } = cell;
  const counterNames = namesOf(rows, "counters").filter((one) => !one.startsWith("bytes"));
  const moreNames = namesOf(rows, "more");
  const head = ["", `${unit}: median`, "min – max", "CPU µs", ratioName(unit), "min – max"];
  const body = rows.map((row) => {
    const value = spreadOf(row.rounds.map((one) => one?.value ?? NaN));
    const cpu = spreadOf(row.rounds.map((one) => one?.cpuMicros ?? NaN));
    const ratio = ratioOf(cell, row);
    const own = row.entrant === MAIN;
    return [
      `${row.entrant} · ${RUNTIMES[row.runtime]}`,
      show(value.median),
      `${show(value.min)} – ${show(value.max)}`,
      show(cpu.median),
      own ? "" : show(ratio.median),
      own ? "" : `${show(ratio.min)} – ${show(ratio.max)}`,
      ...median(row, "more", moreNames),
      ...median(row, "counters", counterNames),
    ];
  });
  const table = [[...head, ...moreNames, ...counterNames.map((one) => `${one}/message`)], ...body];
  return `## ${name}\n\n${layOut(table)}`;
}

/** Delays are set against one another by their difference, everything else by its ratio. */
function ratioName(unit: string): string {
  return unit === "ms" ? `${MAIN} − this` : `${MAIN} ÷ this`;
}

/** Round by round against the framework on the same runtime; a peer that runs on Node only, against the first there is. */
export function ratioOf({ rows, unit }: CellResult, row: Row): Spread {
  const main = rows.find(({ entrant, runtime }) => entrant === MAIN && runtime === row.runtime) ??
    rows.find(({ entrant }) => entrant === MAIN);
  const compare = (ours: number, theirs: number): number => unit === "ms" ? ours - theirs : ours / theirs;
  return spreadOf(
    row.rounds.map((one, round) => compare(main?.rounds[round]?.value ?? NaN, one?.value ?? NaN)),
  );
}

function namesOf(rows: readonly Row[], key: "more" | "counters"): string[] {
  const all = rows.flatMap(({ rounds }) => rounds.flatMap((one) => Object.keys(one?.[key] ?? {})));
  return [...new Set(all)];
}

function median(row: Row, key: "more" | "counters", names: readonly string[]): string[] {
  const of = (name: string) => (one: Measurement | null): number => one?.[key][name] ?? NaN;
  return names.map((name) => show(spreadOf(row.rounds.map(of(name))).median));
}

function layOut(table: readonly (readonly string[])[]): string {
  const widths = (table[0] ?? []).map((_, column) =>
    Math.max(3, ...table.map((row) => (row[column] ?? "").length))
  );
  const line = (row: readonly string[]): string =>
    `| ${
      widths.map((width, i) => i === 0 ? (row[i] ?? "").padEnd(width) : (row[i] ?? "").padStart(width)).join(
        " | ",
      )
    } |`;
  const rule = `| ${
    widths.map((width, i) => i === 0 ? "-".repeat(width) : `${"-".repeat(width - 1)}:`).join(" | ")
  } |`;
  const [head = [], ...body] = table;
  return [line(head), rule, ...body.map(line)].join("\n");
}

/** Three digits, and whole numbers whole. */
export function show(value: number): string {
  if (Number.isNaN(value)) return "–";
  const size = Math.abs(value);
  if (size >= 100) return Math.round(value).toLocaleString("en").replaceAll(",", " ");
  if (size >= 10) return value.toFixed(1);
  return size >= 0.1 || size === 0 ? value.toFixed(2) : value.toFixed(4);
}
