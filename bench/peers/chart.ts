/**
 * Draws the chart of a run, from the JSON that it wrote: `deno run -A bench/peers/chart.ts results.json chart.svg`.
 * @module
 */
import * as Plot from "@observablehq/plot";
import { parseHTML } from "linkedom";
import { readFile, writeFile } from "node:fs/promises";
import process from "node:process";
import type { CellResult, Results, Row } from "../compare/results.ts";
import { spreadOf } from "../compare/statistics.ts";

const RUNTIMES = { deno: "Deno", bun: "Bun", node: "Node" };
const OURS = "#0b7a75";
const BY_HAND = "#8a8f98";
const PEER = "#d0a15f";
const INK = "#1f2328";
const WIDTH = 880;
/** Where the entries of the legend are. */
const LEGEND_AT = [0, 70, 215];

/** One bar. */
interface Bar {
  readonly figure: string;
  readonly who: string;
  readonly kind: "Repid" | "the client by hand" | "other libraries";
  readonly median: number;
  readonly min: number;
  readonly max: number;
}

const [from = "", to = ""] = process.argv.slice(2);
const results = JSON.parse(await readFile(from, "utf8")) as Results;
const rates = results.cells.filter(({ mode }) => mode === "drain" || mode === "publish");
if (rates.length > 0) await writeFile(to, draw(results, rates.flatMap(barsOf)));

function draw(results: Results, bars: readonly Bar[]): string {
  const figures = [...new Set(bars.map(({ figure }) => figure))];
  const names = [...new Set(bars.map(({ who }) => who))];
  const { document } = parseHTML("<html><body></body></html>") as unknown as { document: Document };
  const largest = Math.max(...bars.map(({ max }) => max));
  const svg = Plot.plot({
    document,
    width: WIDTH,
    height: 124 + figures.length * (names.length * 17 + 26),
    marginLeft: 206,
    marginRight: 64,
    marginTop: 84,
    marginBottom: 40,
    style: { fontFamily: "system-ui, sans-serif", fontSize: "12px", color: INK, background: "#ffffff" },
    x: {
      domain: [0, largest * 1.04],
      grid: true,
      nice: true,
      label: "messages a second →",
      tickFormat: "~s",
    },
    y: { domain: names, label: null, padding: 0.18, tickSize: 0 },
    fy: { domain: figures, label: null, paddingInner: 26 / (names.length * 17 + 26), axis: null },
    color: { domain: ["Repid", "the client by hand", "other libraries"], range: [OURS, BY_HAND, PEER] },
    marks: [
      Plot.barX(bars, { fy: "figure", y: "who", x: "median", fill: "kind" }),
      Plot.ruleY(bars, { fy: "figure", y: "who", x1: "min", x2: "max", stroke: INK, strokeOpacity: 0.55 }),
      Plot.text(bars, {
        fy: "figure",
        y: "who",
        x: "max",
        text: ({ median }: Bar) => Math.round(median).toLocaleString("en").replaceAll(",", "\u202f"),
        textAnchor: "start",
        dx: 6,
        fill: INK,
      }),
      Plot.text(figures.map((figure) => ({ figure })), {
        fy: "figure",
        text: "figure",
        frameAnchor: "top-left",
        dx: -200,
        dy: -15,
        fontWeight: 600,
        fill: INK,
      }),
      Plot.ruleX([0], { stroke: INK }),
    ],
  });
  return withTitle(svg.outerHTML, results);
}

function barsOf({ name, rows }: CellResult): Bar[] {
  return rows.map((row) => ({
    figure: name,
    who: `${row.entrant} · ${RUNTIMES[row.runtime]}`,
    kind: kindOf(row),
    ...spreadOf(row.rounds.map((one) => one?.value ?? NaN)),
  }));
}

function kindOf({ entrant, isPeer }: Row): Bar["kind"] {
  if (entrant.startsWith("repid")) return "Repid";
  return isPeer ? "other libraries" : "the client by hand";
}

/** What every chart needs beside its bars: what it shows, where it was measured, whose colour is whose. */
function withTitle(svg: string, { broker, machine, runtimes, packages, date }: Results): string {
  const versions = [...Object.values(runtimes), ...Object.entries(packages).map((one) => one.join(" "))];
  const text = (x: number, y: number, size: number, content: string, weight = 400): string =>
    `<text text-anchor="start" x="${x}" y="${y}" font-size="${size}" font-weight="${weight}" fill="${INK}">${
      escape(content)
    }</text>`;
  const legend = [["Repid", OURS], ["the client by hand", BY_HAND], ["other libraries", PEER]]
    .map(([label = "", colour], i) => {
      const x = WIDTH - 345 + (LEGEND_AT[i] ?? 0);
      return `<rect x="${x}" y="31" width="11" height="11" fill="${colour}"/>${text(x + 16, 41, 12, label)}`;
    });
  const more = [
    text(6, 22, 15, `Messages a second: ${broker}`, 700),
    text(6, 40, 11, `${machine} · ${date} · bars: medians, lines: least to most`),
    ...legend,
  ].join("");
  // As a file of its own, it says what it is.
  const named = svg.replace("<svg ", '<svg xmlns="http://www.w3.org/2000/svg" ');
  return named.replace("</svg>", `${more}${text(6, 56, 11, versions.join(" · "))}</svg>`) + "\n";
}

function escape(content: string): string {
  return content.replaceAll("&", "&amp;").replaceAll("<", "&lt;");
}
