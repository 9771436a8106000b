/**
 * Draws one panel of a run, from the JSON that it wrote: messages a second consumed, 100 at once.
 * `deno run -A bench/peers/chart.ts results.json chart.svg`.
 * @module
 */
import * as Plot from "@observablehq/plot";
import { parseHTML } from "linkedom";
import { readFile, writeFile } from "node:fs/promises";
import process from "node:process";
import type { Results, Row } from "../compare/results.ts";
import { spreadOf } from "../compare/statistics.ts";

const RUNTIMES = { deno: "Deno", bun: "Bun", node: "Node" };
const OURS = "#0b7a75";
const OTHERS = "#b9bec6";
const INK = "#1f2328";
const WIDTH = 720;
const BAR = 22;

/** One bar. */
interface Bar {
  readonly who: string;
  readonly runtime: string;
  readonly median: number;
}

const [from = "", to = ""] = process.argv.slice(2);
const results = JSON.parse(await readFile(from, "utf8")) as Results;
const rows = results.cells.find(({ mode, concurrency }) => mode === "drain" && concurrency === 100)?.rows ??
  [];
if (rows.length > 0) await writeFile(to, draw(results, rows.filter(isShown).map(toBar)));

function draw({ broker, date, machine }: Results, bars: readonly Bar[]): string {
  // The client by hand, which does none of what a library does, comes last.
  const names = [...new Set(bars.map(({ who }) => who))].sort((a, b) =>
    Number(isByHand(a)) - Number(isByHand(b))
  );
  const { document } = parseHTML("<html><body></body></html>") as unknown as { document: Document };
  const marginTop = 48;
  const svg = Plot.plot({
    document,
    width: WIDTH,
    height: marginTop + 16 + bars.length * BAR + names.length * 12,
    marginLeft: 150,
    marginRight: 120,
    marginTop,
    marginBottom: 16,
    style: { fontFamily: "system-ui, sans-serif", fontSize: "14px", color: INK, background: "#ffffff" },
    x: { axis: null },
    y: { axis: null, padding: 0.12 },
    fy: { domain: names, label: null, padding: 0.18 },
    marks: [
      Plot.axisFy({ anchor: "left", label: null, fontSize: 14, fontWeight: 600 }),
      Plot.barX(bars, {
        fy: "who",
        y: "runtime",
        x: "median",
        fill: ({ who }: Bar) => who === "Repid" ? OURS : OTHERS,
      }),
      Plot.text(bars, {
        fy: "who",
        y: "runtime",
        x: "median",
        text: ({ median, runtime }: Bar) => `${rounded(median)} on ${runtime}`,
        textAnchor: "start",
        dx: 6,
        fill: INK,
      }),
    ],
  });
  const title = `Messages consumed a second on ${broker}, 100 at once`;
  // As a file of its own, it says what it is.
  const named = svg.outerHTML.replace("<svg ", '<svg xmlns="http://www.w3.org/2000/svg" ');
  const note = `${machine}, ${date}; medians of several rounds`;
  return named.replace("</svg>", `${text(20, 16, title, 700)}${text(38, 12, note)}</svg>`) + "\n";
}

/** What readers know. Clients that were tuned to find out where time goes are not among it. */
function isShown({ entrant, isPeer }: Row): boolean {
  return isPeer || entrant === "repid" || isByHand(entrant);
}

function isByHand(entrant: string): boolean {
  return entrant.endsWith(" by hand");
}

function toBar({ entrant, runtime, rounds }: Row): Bar {
  const { median } = spreadOf(rounds.map((one) => one?.value ?? NaN));
  return { who: entrant === "repid" ? "Repid" : entrant, runtime: RUNTIMES[runtime], median };
}

/** A rate, without figures that say nothing: the next run has others. */
function rounded(rate: number): string {
  return `${Math.round(rate / 1_000)} 000`;
}

function text(y: number, size: number, content: string, weight = 400): string {
  const escaped = content.replaceAll("&", "&amp;").replaceAll("<", "&lt;");
  return `<text text-anchor="start" x="6" y="${y}" font-size="${size}" font-weight="${weight}" fill="${INK}">${escaped}</text>`;
}
