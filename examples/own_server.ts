/**
 * Your own server: a table in SQLite is the broker. Deno, Bun and Node have SQLite built in. It passes `testServer`, the
 * same suite as Repid's own servers (`tests/servers/own_server_test.ts`). The guide `docs/own_server.md` shows it.
 *
 * deno run -A examples/own_server.ts   or   bun run examples/own_server.ts
 */
import { Repid, Router } from "@repid/core";
import {
  type Capabilities,
  type Connection,
  type ConnectOptions,
  type Delivery,
  type DeliveryResult,
  type MessageData,
  type Server,
  type Settlement,
  SharedConnection,
  type SubscribeOptions,
  type Subscription,
} from "@repid/core/server";
import { DatabaseSync } from "node:sqlite";
import { setTimeout } from "node:timers/promises";

/** Options of {@linkcode TableServer}. */
export interface TableServerOptions {
  /** How long a message is leased without being extended, in milliseconds. Defaults to 60 000. */
  readonly lease?: number;
}

/** How often an empty table is polled, in milliseconds. */
const POLL_INTERVAL = 20;

/**
 * A message is available when `until` is in the past. Taking it sets a new owner and counts the delivery. Committed messages
 * survive a crash of any program. With `synchronous = FULL` they also survive a power failure, at a few hundred messages/s.
 */
const TABLE = `
  PRAGMA journal_mode = WAL;
  PRAGMA busy_timeout = 5000;
  PRAGMA synchronous = NORMAL;
  CREATE TABLE IF NOT EXISTS messages (
    id INTEGER PRIMARY KEY AUTOINCREMENT, channel TEXT NOT NULL, payload BLOB NOT NULL, rest TEXT NOT NULL,
    owner TEXT, until INTEGER NOT NULL DEFAULT 0, deliveries INTEGER NOT NULL DEFAULT 0, dead INTEGER NOT NULL DEFAULT 0
  );
  CREATE INDEX IF NOT EXISTS waiting ON messages (channel, id) WHERE dead = 0`;

const TAKE = `
  UPDATE messages SET owner = ?, until = ?, deliveries = deliveries + 1 WHERE id IN (
    SELECT id FROM messages WHERE channel = ? AND dead = 0 AND until < ? ORDER BY id LIMIT ?
  ) RETURNING id, payload, rest, deliveries`;

/** Each statement changes a message only while this subscription holds its lease. */
const SETTLE: Readonly<Record<Settlement, string>> = {
  ack: "DELETE FROM messages WHERE id = ? AND owner = ? AND deliveries = ?",
  nack: "UPDATE messages SET owner = NULL, dead = 1 WHERE id = ? AND owner = ? AND deliveries = ?",
  reject: "UPDATE messages SET owner = NULL, until = 0 WHERE id = ? AND owner = ? AND deliveries = ?",
};
const EXTEND = "UPDATE messages SET until = ? WHERE id = ? AND owner = ? AND deliveries = ?";

/** A broker in a table of a SQLite database. Programs on one machine can share it. */
export class TableServer implements Server {
  readonly protocol = "sqlite";
  readonly host = "localhost";
  readonly capabilities: Capabilities = {
    nativeReply: false,
    leases: true,
    ordered: true,
    deadLetter: true,
    stableMessageIds: true,
    deliveryCounts: true,
    durable: true,
  };
  readonly #lease: number;
  /** Counts the connections: calls `open` for the first one, and `shut` after the last one was closed. */
  readonly #shared: SharedConnection;
  #database: DatabaseSync | undefined;

  constructor(path: string, { lease = 60_000 }: TableServerOptions = {}) {
    this.#lease = lease;
    this.#shared = new SharedConnection({
      open: async () => await (this.#database = new DatabaseSync(path)).exec(TABLE),
      shut: async () => await this.#database?.close(),
    });
  }

  get isConnected(): boolean {
    return this.#shared.inUse;
  }

  connect(options?: ConnectOptions): Promise<Connection> {
    return this.#shared.connect(options);
  }

  /** Resolves when the message is stored. Throws SQLite's own errors: no retries, no logging. */
  async publish(channel: string, { payload, ...rest }: MessageData): Promise<void> {
    const insert = this.#connected("publish").prepare(
      "INSERT INTO messages (channel, payload, rest) VALUES (?, ?, ?)",
    );
    await insert.run(channel, payload, JSON.stringify(rest));
  }

  /** Creates the subscription. It takes no message before `take()` is called. */
  async subscribe(channels: readonly string[], { signal }: SubscribeOptions = {}): Promise<Subscription> {
    const database = this.#connected("subscribe");
    signal?.throwIfAborted();
    const isOpen = (): boolean => this.#shared.inUse && this.#database === database;
    return await new TableSubscription(channels, { database, isOpen, lease: this.#lease });
  }

  /** A busy database is worth a retry. No other error is. */
  isRetriable(error: unknown): boolean {
    return error instanceof Error && /busy|locked/.test(error.message);
  }

  #connected(doing: string): DatabaseSync {
    this.#shared.assertInUse(doing);
    return this.#database as DatabaseSync; // it is set while there is a connection
  }
}

interface Table {
  readonly database: DatabaseSync;
  /** Whether the connection that the subscription was created on is still open. */
  readonly isOpen: () => boolean;
  readonly lease: number;
}

interface Row {
  readonly id: number;
  readonly payload: Uint8Array;
  readonly rest: string;
  readonly deliveries: number;
}

class TableSubscription implements Subscription {
  readonly #channels: string[];
  readonly #table: Table;
  readonly #owner = crypto.randomUUID();
  readonly #stopping = new AbortController();

  constructor(channels: readonly string[], table: Table) {
    this.#channels = [...channels];
    this.#table = table;
  }

  get isActive(): boolean {
    return !this.#stopping.signal.aborted && this.#table.isOpen();
  }

  /** Returns up to `max` messages as soon as there are any. Returns none after `wait` milliseconds, or when stopped. */
  async take(max: number, wait: number): Promise<readonly Delivery[]> {
    const end = performance.now() + wait;
    while (this.isActive) {
      const taken: Delivery[] = [];
      // Channels take turns at being first, and each has a share: a busy channel does not starve the others.
      const share = Math.max(1, Math.floor(max / this.#channels.length));
      for (const channel of this.#channels) {
        if (taken.length < max) taken.push(...this.#takeFrom(channel, Math.min(share, max - taken.length)));
      }
      this.#channels.push(...this.#channels.splice(0, 1));
      const left = end - performance.now();
      if (taken.length > 0 || left <= 0) return taken;
      const { signal } = this.#stopping;
      await setTimeout(Math.min(POLL_INTERVAL, left), undefined, { signal }).catch(() => {});
    }
    return [];
  }

  async stop(): Promise<void> {
    await this.#stopping.abort();
  }

  /** Returns the messages that are still leased. Without a connection, their leases expire instead. */
  async close(): Promise<void> {
    await this.stop();
    this.#change("UPDATE messages SET owner = NULL, until = 0 WHERE dead = 0 AND owner = ?", this.#owner);
  }

  #takeFrom(channel: string, max: number): Delivery[] {
    const now = Date.now();
    const { database, lease } = this.#table;
    const rows = database.prepare(TAKE).all(this.#owner, now + lease, channel, now, max) as unknown as Row[];
    return rows.sort((a, b) => a.id - b.id).map(({ id, payload, rest, deliveries }) => ({
      contentType: undefined, // JSON omits undefined properties
      replyTo: undefined,
      ...JSON.parse(rest),
      channel,
      payload,
      messageId: String(id),
      deliveryCount: deliveries,
      leaseInterval: lease / 3,
      settle: async (action) => await this.#change(SETTLE[action], id, this.#owner, deliveries),
      extendLease: async () => await this.#change(EXTEND, Date.now() + lease, id, this.#owner, deliveries),
    }));
  }

  /** Returns "lost" if the lease was lost or the connection is closed. */
  #change(sql: string, ...values: (string | number)[]): DeliveryResult {
    const { database, isOpen } = this.#table;
    return isOpen() && Number(database.prepare(sql).run(...values).changes) > 0 ? "done" : "lost";
  }
}

if (import.meta.main) {
  const app = new Repid();
  app.servers.register("table", new TableServer(":memory:"));
  const router = new Router({ channel: "greetings" });
  const greet = router.actor({ name: "greet" }, (_, { message }) => console.log(`Found ${message.channel}`));
  app.includeRouter(router);

  const connection = await app.servers.default.connect();
  await app.send(greet);
  await app.runWorker({ messagesLimit: 1 });
  await connection.close();
}
