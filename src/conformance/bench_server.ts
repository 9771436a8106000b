/**
 * How fast a server is: by itself, and below the framework.
 * @module
 */
import type { Server } from "../contract/server.ts";
import { callInWindow, Meter, type Span } from "./measuring/meter.ts";
import { type Path, throughFramework, throughSeam } from "./measuring/paths.ts";
import type { ServerHarness } from "./harness.ts";

/** Options of {@linkcode benchServer}. */
export interface BenchServerOptions {
  /** How many messages make one measurement: at least three for each that is handled at once. Defaults to 2 000; fewer where they take more than `longest`. */
  readonly messages?: number | undefined;
  /** How often everything is measured. Defaults to 5. */
  readonly rounds?: number | undefined;
  /** How many are handled at once, or published at once. Defaults to 1, 10, 100 and 1 000. */
  readonly concurrencies?: readonly number[] | undefined;
  /** When one measurement ends at the latest, in milliseconds. Defaults to 5 000. */
  readonly longest?: number | undefined;
  /** Told each line of progress, and the table. Defaults to `console.log`. */
  readonly print?: ((line: string) => void) | undefined;
}

/** One figure of a server. */
export interface ServerFigure {
  /** What was done. */
  readonly doing: "publish" | "consume";
  /** Through the server's own functions, or through the framework. */
  readonly path: "seam" | "framework";
  /** How many at once. */
  readonly concurrency: number;
  /** Messages a second, one for each round, in their order. */
  readonly rates: readonly number[];
  /** User and system time of this process for each message, in microseconds, as `rates`; 0 where the runtime does not tell. */
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
/** How many are under way at once while a channel is filled. */
const FILL_WINDOW = 100;

/**
 * Measures how many messages a second a server publishes and hands over: through its own functions, and through the
 * framework above it. Everything in turns, in an order that changes with each round; handlers do nothing. Prints a table
 * with medians, the least and the most.
 *
 * Takes the harness of `testServer`, of which it uses `create` and `channel`. Server and measurement share this process.
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
  // Several batches of the largest size, so that no batch is taken before the span and handled in it.
  const messages = Math.max(options.messages, 3 * concurrency);
  const warmUp = 2 * concurrency;
  const server = await harness.create();
  const connection = await server.connect();
  try {
    const channel = await harness.channel();
    const { publish, consume } = PATHS[path](server, channel);
    const meter = new Meter({ warmUp, messages, longest: options.longest });
    // Some lie behind those that are measured, so that the end is no slower than the middle.
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
  return [`${name}: messages a second, medians (least to most)`, ...lines].join("\n");
}

function count(value = NaN): string {
  return Math.round(value).toLocaleString("en").replaceAll(",", " ");
}
