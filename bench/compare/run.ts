/**
 * Runs one measurement: in as many processes as its cell wants, with the broker's counters before and after.
 * @module
 */
import type { Broker, Counters } from "./brokers.ts";
import type { Entrant } from "./contenders.ts";
import { LineProcess } from "./line_process.ts";
import { audit, type Figures, type Job } from "./modes.ts";
import { type Cell, paced } from "./plan.ts";
import type { Measurement } from "./results.ts";
import { MARK } from "./protocol.ts";
import type { Launch, Runtime } from "./runtimes.ts";

/** How long one measurement may take, in milliseconds. */
const PATIENCE = 180_000;

/** Where it is measured. */
export interface Setting {
  readonly runtime: Runtime;
  readonly broker: Broker;
  /** The folder that profiles are written to. */
  readonly profiles: string | undefined;
}

/** Measures an entrant on a runtime. */
export async function measure(
  cell: Cell,
  entrant: Entrant,
  { runtime, broker, profiles }: Setting,
): Promise<Measurement> {
  const launch = await runtime.launch(entrant);
  const channel = await broker.newChannel();
  const place = { url: broker.url, channel, variant: entrant.variant ?? "" };
  const profile = profiles && `${profiles}/${[cell.name, entrant.name, runtime.name].join("-")}.cpuprofile`;
  const base = { ...paced(cell.job, entrant), module: launch.module, place, profile };
  const children: MeasuringProcess[] = [];
  try {
    for (let index = 0; index < cell.processes; index++) {
      // The first one fills the channel.
      const job: Job = index === 0 ? base : { ...base, messages: 0 };
      const child = new MeasuringProcess(launch, job);
      children.push(child);
      await child.says();
    }
    const before = await broker.counters();
    for (const child of children) child.tell("go");
    const figures = await Promise.all(children.map((child) => child.says() as Promise<Figures>));
    const after = await broker.counters();
    await Promise.all(children.map((child) => child.end()));
    return { ...join(figures, base), counters: perMessage(before, after, figures) };
  } finally {
    for (const child of children) child.kill();
    await broker.remove(channel);
  }
}

function perMessage(before: Counters, after: Counters, figures: readonly Figures[]): Counters {
  const total = figures.reduce((sum, one) => sum + one.total, 0);
  return Object.fromEntries(
    Object.entries(after).map(([name, count]) => [name, (count - (before[name] ?? 0)) / total]),
  );
}

/** The figures of several processes as one: who did how much, and whether each message was handled once. */
function join(figures: readonly Figures[], { messages }: Job): Omit<Measurement, "counters"> {
  const [first] = figures;
  if (!first) throw new Error("Cannot measure as no process did");
  if (!first.seen) return { value: first.value, cpuMicros: first.cpuMicros, more: first.more };
  const total = figures.reduce((sum, one) => sum + one.total, 0);
  const from = Math.min(...figures.map(({ more }) => more["from"] ?? NaN));
  const to = Math.max(...figures.map(({ more }) => more["to"] ?? NaN));
  return {
    value: total / (to - from) * 1_000,
    cpuMicros: figures.reduce((sum, one) => sum + one.cpuMicros * one.total, 0) / total,
    more: {
      "largest share, %": Math.max(...figures.map((one) => one.total)) / total * 100,
      ...audit(figures.flatMap(({ seen = [] }) => seen), messages),
    },
  };
}

/** A child that measures. */
class MeasuringProcess {
  readonly #process: LineProcess;

  constructor({ command }: Launch, job: Job) {
    this.#process = new LineProcess([...command, JSON.stringify(job)]);
  }

  /** The next thing it says. */
  async says(): Promise<unknown> {
    const timer = setTimeout(() => this.kill(), PATIENCE);
    try {
      for (;;) {
        const line = await this.#process.nextLine();
        if (line.startsWith(MARK)) return JSON.parse(line.slice(MARK.length));
      }
    } finally {
      clearTimeout(timer);
    }
  }

  tell(word: string): void {
    this.#process.tell(word);
  }

  /** Lets it go; one that takes too long is killed. */
  async end(): Promise<void> {
    this.tell("end");
    const timer = setTimeout(() => this.kill(), 10_000);
    await this.#process.ended;
    clearTimeout(timer);
  }

  kill(): void {
    this.#process.kill();
  }
}
