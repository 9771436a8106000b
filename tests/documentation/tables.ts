/**
 * The tables of brokers and of events, made from what the servers say they can do, and from what the events' comments say.
 * `deno task tables` writes them where they belong.
 * @module
 */
import { writeFileSync } from "node:fs";
import { type Capabilities, InMemoryServer } from "@repid/core";
import { AmqpServer } from "@repid/core/amqp";
import { PubsubServer } from "@repid/core/pubsub";
import { RedisServer } from "@repid/core/redis";
import { eventRows } from "./events_table.ts";
import { read, ROOT } from "./markdown.ts";

/** The pages that show a table, between two comments. */
export const PAGES: Readonly<Record<string, () => string>> = {
  "README.md": brokerTable,
  "docs/brokers.md": brokerTable,
  "docs/events.md": () => toTable(eventRows()),
};
const BEGIN = "<!-- made by deno task tables -->";
const END = "<!-- end -->";

interface Broker {
  readonly name: string;
  readonly entry: string;
  readonly needs: string;
  /** What it can do as it comes, and what else under a condition. */
  readonly servers: Readonly<Record<string, { readonly capabilities: Capabilities }>>;
}

const BROKERS: readonly Broker[] = [
  {
    name: "In memory",
    entry: "`@repid/core`",
    needs: "nothing",
    servers: {
      "always": new InMemoryServer(),
      "with `deadLetterChannel`": new InMemoryServer({ deadLetterChannel: "dead" }),
    },
  },
  {
    name: "Redis, Valkey",
    entry: "`@repid/core/redis`",
    needs: "`ioredis`",
    servers: { "always": new RedisServer("redis://localhost") },
  },
  {
    name: "AMQP 1.0",
    entry: "`@repid/core/amqp`",
    needs: "`rhea`",
    servers: {
      "RabbitMQ 4": new AmqpServer("amqp://localhost"),
      "RabbitMQ 3": new AmqpServer("amqp://localhost", { names: "rabbitmq-v1" }),
    },
  },
  {
    name: "Google Pub/Sub",
    entry: "`@repid/core/pubsub`",
    needs: "`@grpc/grpc-js`, `protobufjs`, `google-auth-library`",
    servers: { "always": new PubsubServer(`http://localhost:8085/projects/p`) },
  },
];

/** What each flag is called. A flag that is missing here does not compile. */
const ROWS: Readonly<Record<keyof Capabilities, string>> = {
  durable: "messages survive a restart of the broker",
  ordered: "keeps the order of a channel",
  leases: "redelivers messages of crashed workers by lease",
  deadLetter: "keeps dead letters",
  deliveryCounts: "counts deliveries",
  stableMessageIds: "redelivers with the same id",
  nativeReply: "replies and acknowledges in one step",
};

/** The table, in the form that `deno fmt` gives it. */
export function brokerTable(): string {
  const rows = Object.entries(ROWS).map(([flag, words]) => [
    words,
    ...BROKERS.map(({ servers }) => answer(servers, flag as keyof Capabilities)),
  ]);
  return toTable([
    ["", ...BROKERS.map(({ name }) => name)],
    ["import", ...BROKERS.map(({ entry }) => entry)],
    ["needs", ...BROKERS.map(({ needs }) => needs)],
    ...rows,
  ]);
}

function answer(servers: Broker["servers"], flag: keyof Capabilities): string {
  const able = Object.keys(servers).filter((name) => servers[name]?.capabilities[flag]);
  if (able.length === 0) return "no";
  return able.length === Object.keys(servers).length ? "yes" : able.join(", ");
}

function toTable(rows: readonly (readonly string[])[]): string {
  const widths = rows[0]?.map((_, column) => Math.max(...rows.map((row) => row[column]?.length ?? 0))) ?? [];
  const line = (cells: readonly string[]): string =>
    `| ${widths.map((width, i) => (cells[i] ?? "").padEnd(width)).join(" | ")} |`;
  const [head = [], ...body] = rows;
  return [head, widths.map((width) => "-".repeat(width)), ...body].map(line).join("\n");
}

/** A page with the table as it has to be. */
export function withTable(page: string, table: string): string {
  const [begin, end] = [page.indexOf(BEGIN), page.indexOf(END)];
  if (begin < 0 || end < begin) {
    throw new TypeError(`Cannot write the table as the page has no place for it: ${BEGIN} … ${END}`);
  }
  return `${page.slice(0, begin)}${BEGIN}\n\n${table}\n\n${page.slice(end)}`;
}

if (import.meta.main) {
  for (const [page, table] of Object.entries(PAGES)) {
    writeFileSync(ROOT + page, withTable(read(page), table()));
  }
}
