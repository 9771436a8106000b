/**
 * What was aimed for, and which figures say whether it was reached.
 * @module
 */
import type { RuntimeName, ServerName } from "./contenders.ts";
import type { Spread } from "./statistics.ts";

/** What a cell has of the framework on one runtime. */
export interface Found {
  value(): Spread;
  /** One of the other figures, or of the broker's counts. */
  named(name: string): Spread;
  /** Ours to somebody's, or ours less somebody's where it is a delay. */
  against(entrant: string): Spread | undefined;
  /** Ours less somebody's. */
  namedAgainst(name: string, entrant: string): Spread;
  /** Ours in this cell to ours in another. */
  againstCell(name: string, of: "value" | "cpuMicros"): Spread;
}

/** One aim; one of `atLeast` and `atMost` is there. */
export interface Aim {
  readonly name: string;
  readonly server: ServerName;
  readonly cell: string;
  readonly atLeast?: number;
  readonly atMost?: number;
  readonly unit?: string;
  readonly figure: (found: Found, runtime: RuntimeName) => Spread | undefined;
}

/** Messages a second of Python's Repid at 100 at once: from another run, on a machine of the same kind. */
const PYTHON = { redis: 6_822, amqp: 6_387 };

const BY_HAND = { "redis": "ioredis by hand", "amqp": "rhea by hand", "pubsub-fake": "gRPC by hand" };
type Broker = keyof typeof BY_HAND;
const BROKERS: readonly (readonly [Broker, string])[] = [
  ["redis", "Redis"],
  ["amqp", "RabbitMQ"],
  ["pubsub-fake", "Pub/Sub"],
];

function times({ median, min, max }: Spread, factor: number): Spread {
  return { median: median * factor, min: min * factor, max: max * factor };
}

function againstClients(): Aim[] {
  return BROKERS.flatMap(([server, title]) =>
    ["drain, 100 at once", "drain, 1000 at once", "publish, window 100"].map((cell) => ({
      name: `${title}, ${cell}: ÷ ${BY_HAND[server]}`,
      server,
      cell,
      atLeast: 0.9,
      figure: (found: Found) => found.against(BY_HAND[server]),
    }))
  );
}

function againstPeers(): Aim[] {
  const cell = "drain, 100 at once";
  const peers = [["redis", "BullMQ", 6], ["amqp", "amqplib", 1], [
    "pubsub-fake",
    "@google-cloud/pubsub",
    6,
  ]] as const;
  const python = [["redis", "Redis", 8], ["amqp", "RabbitMQ", 3]] as const;
  return [
    ...peers.map(([server, peer, atLeast]) => ({
      name: `${cell}: ÷ ${peer}`,
      server,
      cell,
      atLeast,
      figure: (found: Found) => found.against(peer),
    })),
    ...python.map(([server, title, atLeast]) => ({
      name: `${title}, ${cell}: ÷ Python's Repid (not the same run)`,
      server,
      cell,
      atLeast,
      figure: (found: Found) => times(found.value(), 1 / PYTHON[server]),
    })),
  ];
}

function inMemory(): Aim[] {
  const base = { server: "memory" as const, cell: "drain, 100 at once" };
  // The two runtimes have aims of their own; each is shown as a share of its own.
  const rates = { deno: 300_000, bun: 500_000, node: 300_000 };
  return [
    {
      ...base,
      name: "in memory, drain, 100 at once: ÷ 300 000/s on Deno, 500 000/s on Bun",
      atLeast: 1,
      figure: (found, runtime) => times(found.value(), 1 / rates[runtime]),
    },
    {
      ...base,
      name: "in memory, drain, 100 at once: ÷ bare loop",
      atLeast: 0.3,
      figure: (found) => found.against("bare loop"),
    },
  ];
}

function delays(): Aim[] {
  const cell = "latency at 200 messages/s, median";
  return BROKERS.slice(0, 2).flatMap(([server, title]) => [
    {
      name: `${title}: median delay − ${BY_HAND[server]}`,
      server,
      cell,
      atMost: 0.1,
      unit: " ms",
      figure: (found: Found) => found.against(BY_HAND[server]),
    },
    {
      name: `${title}: p99 of the delay − ${BY_HAND[server]}`,
      server,
      cell,
      atMost: 1,
      unit: " ms",
      figure: (found: Found) => found.namedAgainst("p99", BY_HAND[server]),
    },
  ]);
}

function counts(): Aim[] {
  const redis = [["drain, 10 at once", 0.25], ["drain, 100 at once", 0.05], [
    "drain, 1000 at once",
    0.02,
  ]] as const;
  const pubsub = [
    ["publish, window 100", "publishRequests"],
    ["drain, 100 at once", "ackRequests"],
    ["drain, 1000 at once", "ackRequests"],
  ] as const;
  return [
    ...redis.map(([cell, atMost]) => ({
      name: `Redis, ${cell}: writes a message`,
      server: "redis" as const,
      cell,
      atMost,
      figure: (found: Found) => found.named("writes"),
    })),
    {
      name: "Redis, publish, window 1000: writes a message",
      server: "redis",
      cell: "publish, window 1000",
      atMost: 0.02,
      figure: (found) => found.named("writes"),
    },
    ...pubsub.map(([cell, name]) => ({
      name: `Pub/Sub, ${cell}: requests a message`,
      server: "pubsub-fake" as const,
      cell,
      atMost: 0.02,
      figure: (found: Found) => found.named(name),
    })),
  ];
}

function memoryAndProcesses(): Aim[] {
  const two = "drain, 100 at once, two processes";
  return [
    ...([["redis", "Redis", 2_000], ["amqp", "RabbitMQ", 3_000]] as const).flatMap((
      [server, title, bytes],
    ): Aim[] => [
      {
        name: `${title}: heap of a message in flight`,
        server,
        cell: "heap of a message in flight",
        atMost: bytes,
        unit: " bytes",
        figure: (found) => found.value(),
      },
      {
        name: `${title}, two processes: the larger share`,
        server,
        cell: two,
        atMost: 60,
        unit: " %",
        figure: (found) => found.named("largest share, %"),
      },
      {
        name: `${title}, two processes: messages twice`,
        server,
        cell: two,
        atMost: 0,
        figure: (found) => found.named("again"),
      },
      {
        name: `${title}: CPU a message, two processes ÷ one`,
        server,
        cell: two,
        atMost: 1.6,
        figure: (found) => found.againstCell("drain, 100 at once, one process", "cpuMicros"),
      },
    ]),
    {
      name: "Redis: the rate with 1 000 000 behind ÷ with 1 000 behind",
      server: "redis",
      cell: "drain, 100 at once, 1 000 000 behind",
      atLeast: 0.95,
      figure: (found) => found.againstCell("drain, 100 at once, 1 000 behind", "value"),
    },
  ];
}

function sleepers(): Aim[] {
  const shares = [["redis", "Redis", 98, 90], ["amqp", "RabbitMQ", 93, 75], [
    "memory",
    "in memory",
    99,
    95,
  ]] as const;
  return shares.flatMap(([server, title, second, tenth]) =>
    ([[1_000, second], [100, tenth]] as const).map(([sleep, atLeast]) => ({
      name: `${title}, handlers that sleep ${sleep} ms: share of the possible`,
      server,
      cell: `handlers that sleep ${sleep} ms, 2 000 at once`,
      atLeast,
      unit: " %",
      figure: (found: Found) => found.value(),
    }))
  );
}

/** All of them. */
export const AIMS: readonly Aim[] = [
  ...againstClients(),
  ...againstPeers(),
  ...inMemory(),
  ...delays(),
  ...counts(),
  ...memoryAndProcesses(),
  ...sleepers(),
];
