/**
 * What is measured: a cell is one figure of the table, taken from everybody in turns.
 * @module
 */
import type { Entrant, ServerName } from "./contenders.ts";
import type { Job, Mode } from "./modes.ts";

/** The modes of the command line. */
export const MODES = ["publish", "drain", "sleep", "latency", "memory", "backlog", "processes"] as const;
/** One of them. */
export type ModeName = typeof MODES[number];

/** One figure, of everybody. */
export interface Cell {
  readonly mode: ModeName;
  /** As it is called in tables. */
  readonly name: string;
  readonly unit: "messages/s" | "% of the possible" | "ms" | "bytes/message";
  /** How many processes work at once. */
  readonly processes: number;
  /** Peers need minutes to fill it. */
  readonly isWithoutPeers: boolean;
  /** All of a job but the contender and its place. */
  readonly job: Omit<Job, "module" | "place" | "profile">;
}

/** What is asked for. */
export interface PlanOptions {
  readonly modes: readonly ModeName[];
  /** At once, for drain; publish has those beyond 1 that are not 10. */
  readonly concurrencies: readonly number[];
  /** A tenth of everything, only to see that it works. */
  readonly isQuick: boolean;
}

/**
 * How many messages are measured, by concurrency: those of a second or two. Before them half as many go through, so that the
 * runtimes have compiled what they run: on Bun, a message from RabbitMQ takes 37 µs among the first 18 000, and 15 beyond 50 000.
 */
const MEASURED: Readonly<Record<ServerName, Readonly<Record<number, number>>>> = {
  "memory": { 1: 200_000, 10: 200_000, 100: 200_000, 1_000: 200_000 },
  "redis": { 1: 4_000, 10: 20_000, 100: 100_000, 1_000: 120_000 },
  "amqp": { 1: 4_000, 10: 20_000, 100: 50_000, 1_000: 60_000 },
  "pubsub": { 1: 300, 10: 1_500, 100: 2_500, 1_000: 2_500 },
  "pubsub-fake": { 1: 2_000, 10: 20_000, 100: 100_000, 1_000: 150_000 },
};

/** How many messages lie behind those that are measured: as many as the broker can be given in a minute. */
const BACKLOGS: Readonly<Record<ServerName, readonly number[]>> = {
  "memory": [1_000, 10_000, 100_000, 1_000_000],
  "redis": [1_000, 10_000, 100_000, 1_000_000],
  "amqp": [1_000, 10_000, 100_000],
  "pubsub": [1_000, 10_000],
  "pubsub-fake": [1_000, 10_000, 100_000],
};
/** The longest that peers are given. */
const PEERS_BACKLOG = 10_000;
/** When one measurement ends at the latest, in milliseconds. */
const LONGEST = 6_000;

/** The cells of a server. */
export function toCells(server: ServerName, { modes, concurrencies, isQuick }: PlanOptions): Cell[] {
  const scale = isQuick ? 0.1 : 1;
  const measured = (concurrency: number): number => {
    const known = MEASURED[server];
    return Math.round((known[concurrency] ?? known[100] ?? 1_000) * scale);
  };
  const job = (mode: Mode, concurrency: number, more: Partial<Job> = {}): Cell["job"] => {
    // Several batches of the largest size, so that no batch is taken before the span and handled in it.
    const messages = Math.max(measured(concurrency), 3 * concurrency);
    const warmUp = Math.max(Math.round(messages / 2), 2 * concurrency);
    const tail = Math.max(2 * concurrency, 500);
    return { mode, concurrency, messages, warmUp, tail, longest: LONGEST, sleep: 0, ...more };
  };
  const makers: Readonly<Record<ModeName, () => Cell[]>> = {
    publish: () =>
      concurrencies.filter((one) => one !== 10).map((window) => ({
        ...rateCell("publish", `publish, window ${window}`),
        job: job("publish", window),
      })),
    drain: () =>
      concurrencies.map((concurrency) => ({
        ...rateCell("drain", `drain, ${concurrency} at once`),
        job: job("drain", concurrency),
      })),
    sleep: () =>
      [[100, 20], [1_000, 4]].map(([sleep = 0, turns = 0]) => {
        const messages = Math.max(Math.round(turns * scale), 1) * 2_000;
        return {
          ...rateCell("sleep", `handlers that sleep ${sleep} ms, 2 000 at once`),
          unit: "% of the possible" as const,
          job: job("sleep", 2_000, { sleep, messages, warmUp: isQuick ? 2_000 : 20_000 }),
        };
      }),
    latency: () => [{
      ...rateCell("latency", "latency at 200 messages/s, median"),
      unit: "ms" as const,
      job: job("latency", 100, { warmUp: isQuick ? 100 : 20_000, messages: isQuick ? 100 : 600 }),
    }],
    memory: () => [{
      ...rateCell("memory", "heap of a message in flight"),
      unit: "bytes/message" as const,
      job: job("memory", 1, { messages: isQuick ? 10_000 : 100_000 }),
    }],
    backlog: () =>
      BACKLOGS[server].slice(0, isQuick ? 2 : Infinity).map((tail) => ({
        ...rateCell(
          "backlog",
          `drain, 100 at once, ${tail.toLocaleString("en").replaceAll(",", " ")} behind`,
        ),
        isWithoutPeers: tail > PEERS_BACKLOG,
        job: job("drain", 100, { tail }),
      })),
    processes: () =>
      [1, 2].map((processes) => ({
        ...rateCell("processes", `drain, 100 at once, ${processes === 1 ? "one process" : "two processes"}`),
        processes,
        job: job("shared", 100, { messages: measured(100) * 2 }),
      })),
  };
  return modes.flatMap((mode) => makers[mode]());
}

function rateCell(mode: ModeName, name: string): Omit<Cell, "job"> {
  return { mode, name, unit: "messages/s", processes: 1, isWithoutPeers: false };
}

/** Fewer messages for those who are slower. */
export function paced(job: Cell["job"], { pace = 1 }: Entrant): Cell["job"] {
  if (job.mode !== "drain" && job.mode !== "publish" && job.mode !== "shared") return job;
  const messages = Math.max(Math.round(job.messages * pace), Math.min(job.messages, 3 * job.concurrency));
  return { ...job, messages, warmUp: Math.max(Math.round(job.warmUp * pace), 2 * job.concurrency) };
}
