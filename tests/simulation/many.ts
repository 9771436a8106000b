/**
 * Many simulated runs, and their figures.
 * @module
 */
import { type Sabotage, simulate } from "./simulate.ts";

/** What many runs came to. */
export interface Figures {
  readonly firstSeed: number;
  runs: number;
  deliveries: number;
  handled: number;
  abandoned: number;
  /** Simulated time, in milliseconds. */
  time: number;
  /** Real time, in milliseconds. */
  elapsed: number;
  readonly faults: Map<string, number>;
  /** Each with the seed that replays it. */
  readonly violations: string[];
}

/** Simulates the runs of so many seeds, one after another. */
export async function simulateMany(firstSeed: number, runs: number, sabotage?: Sabotage): Promise<Figures> {
  const began = performance.now();
  const figures: Figures = {
    firstSeed,
    runs: 0,
    deliveries: 0,
    handled: 0,
    abandoned: 0,
    time: 0,
    elapsed: 0,
    faults: new Map(),
    violations: [],
  };
  for (let seed = firstSeed; seed < firstSeed + runs; seed++) {
    const { violations, faults, deliveries, handled, abandoned, time } = await simulate(seed, sabotage);
    figures.runs++;
    figures.deliveries += deliveries;
    figures.handled += handled;
    figures.abandoned += abandoned;
    figures.time += time;
    for (const [kind, count] of faults) figures.faults.set(kind, (figures.faults.get(kind) ?? 0) + count);
    figures.violations.push(...violations.map((text) => `seed ${seed}: ${text}`));
  }
  figures.elapsed = performance.now() - began;
  return figures;
}

/** Writes the figures to standard output. */
export function printFigures(figures: Figures): void {
  const { firstSeed, runs, deliveries, handled, abandoned, time, elapsed, faults, violations } = figures;
  console.log(
    `simulation: seeds ${firstSeed} to ${firstSeed + runs - 1}, ${runs} runs in ${Math.round(elapsed)} ms`,
  );
  console.log(
    `  simulated time ${Math.round(time / 1_000)} s, deliveries ${deliveries}, runs of actors ${handled}`,
  );
  console.log(`  handlers given up ${abandoned}`);
  for (const [kind, count] of [...faults].sort(([one], [other]) => one < other ? -1 : 1)) {
    console.log(`  ${kind}: ${count}`);
  }
  console.log(`  violations: ${violations.length}`);
  for (const violation of violations.slice(0, 10)) console.log(`    ${violation}`);
}
