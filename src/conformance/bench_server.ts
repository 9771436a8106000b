/**
 * Measures a server: by itself, and below the framework.
 * @module
 */
import type { Server } from "../contract/server.ts";
import { callInWindow, Meter, type Span } from "./measuring/meter.ts";
import { type Path, throughFramework, throughSeam } from "./measuring/paths.ts";
import type { ServerHarness } from "./harness.ts";

/** Options of {@linkcode benchServer}. */
export interface BenchServerOptions {
  /** How many messages one measurement takes: at least three times the concurrency. Defaults to 2 000; fewer if they take longer than `longest`. */
  readonly messages?: number | undefined;
  /** How often each figure is measured. Defaults to 5. */
  readonly rounds?: number | undefined;
  /** How many messages are handled, or published, at once. Defaults to 1, 10, 100 and 1 000. */
  readonly concurrencies?: readonly number[] | undefined;
  /** How long one measurement may take, in milliseconds. Defaults to 5 000. */
  readonly longest?: number | undefined;
  /** Called with each line of progress, and with the table. Defaults to `console.log`. */
  readonly print?: ((line: string) => void) | undefined;
}

/** One measured figure of a server. */
export interface ServerFigure {
  /** What was measured. */
  readonly doing: "publish" | "consume";
  /** Whether the server's own methods were called, or the framework's. */
  readonly path: "seam" | "framework";
  /** How many at once. */
  readonly concurrency: number;
  /** Messages per second, one figure for each round, in order. */
  readonly rates: readonly number[];
  /** User and system time of this process for each message, in microseconds, one for each round; 0 if the runtime does not report it. */
  readonly cpuMicros: readonly number[];
}

interface Candidate extends ServerFigure {
  readonly rates: number[];
  readonly cpuMicros: number[];
}

const PATHS: Readonly<Record<ServerFigure["path"], (server: Server, channel: string) => Path>> = {
  seam: throughSeam,
  framework: throughFramework,
};
/** How many messages are published at once to fill a channel. */
const FILL_WINDOW = 100;

/**
 * Measures how many messages per second a server publishes and delivers: through its own methods, and through the framework.
 * Handlers do nothing. The order of the measurements is random in each round. Prints a table with the median, the lowest and
 * the highest figure.
 *
 * It takes the harness of `testServer`, of which it uses `create` and `channel`. The server's client runs in this process.
 *
 * @throws {RangeError} If `messages` or `rounds` is not a positive whole number.
 *
 * @example
 * ```ts
 * import { InMemoryServer } from "@repid/core";
 * import { benchServer } from "@repid/core/conformance";
 *
 * export async function benchMyServer(): Promise<void> {
 *   const server = new InMemoryServer();
 *   await benchServer("MyServer", { create: () => server, channel: () => crypto.randomUUID() });
 * }
 * ```
 */
export async function benchServer(
  name: string,
  harness: Pick<ServerHarness, "create" | "channel">,
  options: BenchServerOptions = {},
): Promise<readonly ServerFigure[]> {
  const { messages = 2_000, rounds = 5, concurrencies = [1, 10, 100, 1_000], longest = 5_000 } = options;
  const { print = console.log } = options;
  for (const [option, value] of Object.entries({ messages, rounds })) {
    if (Number.isInteger(value) && value > 0) continue;
    throw new RangeError(`Cannot measure as ${option} is not a positive whole number: ${value}`);
  }
  const candidates = toCandidates(concurrencies);
  for (let round = 1; round <= rounds; round++) {
    for (const candidate of shuffled(candidates)) {
      const span = await measure(candidate, harness, { messages, longest });
      candidate.rates.push(span.messages / span.ms * 1_000);
      candidate.cpuMicros.push(span.cpuMs / span.messages * 1_000);
      print(
        `${name}, round ${round} of ${rounds}: ${describe(candidate)} ${count(candidate.rates.at(-1))}/s`,
      );
    }
  }
  print(toTable(name, candidates));
  return candidates;
}

function toCandidates(concurrencies: readonly number[]): Candidate[] {
  return (["publish", "consume"] as const).flatMap((doing) =>
    concurrencies.flatMap((concurrency) =>
      (["seam", "framework"] as const).map((path) => ({ doing, path, concurrency, rates: [], cpuMicros: [] }))
    )
  );
}

interface MeasureOptions {
  readonly messages: number;
  readonly longest: number;
}

/** One measurement, on a server object and a channel of its own. */
async function measure(
  { doing, path, concurrency }: Candidate,
  harness: Pick<ServerHarness, "create" | "channel">,
  options: MeasureOptions,
): Promise<Span> {
  // Several batches of the largest size, so that no batch is taken before the measured span and handled in it.
  const messages = Math.max(options.messages, 3 * concurrency);
  const warmUp = 2 * concurrency;
  const server = await harness.create();
  const connection = await server.connect();
  try {
    const channel = await harness.channel();
    const { publish, consume } = PATHS[path](server, channel);
    const meter = new Meter({ warmUp, messages, longest: options.longest });
    // More messages than are measured, so that the end is not slower than the middle.
    const most = warmUp + messages + concurrency;
    const payload = new TextEncoder().encode('{"id":1,"name":"Ada","tags":["a","b"]}');
    if (doing === "publish") {
      meter.start();
      await callInWindow(() => publish(payload), { window: concurrency, most, meter });
      return await meter.span;
    }
    await callInWindow(() => throughSeam(server, channel).publish(payload), { window: FILL_WINDOW, most });
    meter.start();
    const stop = await consume(concurrency, () => meter.add());
    const span = await meter.span;
    await stop();
    return span;
  } finally {
    await connection.close();
  }
}

function shuffled<T>(items: readonly T[]): T[] {
  return items.map((item) => ({ item, at: Math.random() })).sort((a, b) => a.at - b.at).map(({ item }) =>
    item
  );
}

function describe({ doing, path, concurrency }: ServerFigure): string {
  return `${doing}, ${concurrency} at once, ${path === "seam" ? "by itself" : "below the framework"}`;
}

function toTable(name: string, figures: readonly ServerFigure[]): string {
  const lines = figures.map((figure) => {
    const sorted = figure.rates.toSorted((a, b) => a - b);
    const spread = `${count(sorted[0])} to ${count(sorted.at(-1))}`;
    const cpu = figure.cpuMicros.toSorted((a, b) => a - b)[figure.cpuMicros.length >> 1] ?? NaN;
    return `  ${describe(figure).padEnd(46)} ${
      count(sorted[sorted.length >> 1]).padStart(11)
    }/s (${spread}), ` +
      `${cpu.toFixed(1)} µs of CPU each`;
  });
  return [`${name}: messages per second, medians (lowest to highest)`, ...lines].join("\n");
}

function count(value = NaN): string {
  return Math.round(value).toLocaleString("en").replaceAll(",", " ");
}
