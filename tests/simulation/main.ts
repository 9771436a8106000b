/**
 * Simulates many runs: `deno task simulate [runs] [first seed]`.
 * @module
 */
import { printFigures, simulateMany } from "./many.ts";

const [runs = "20000", first] = (globalThis as { process?: { argv: string[] } }).process?.argv.slice(2) ?? [];
const seed = first === undefined ? Math.floor(Math.random() * 2 ** 31) : Number(first);
const figures = await simulateMany(seed, Number(runs));
printFigures(figures);
if (figures.violations.length > 0) throw new Error(`${figures.violations.length} violations`);
