/**
 * A transactional outbox: a message is stored in the same transaction as the data it is about, and sent after the commit.
 * A crash never leaves one without the other. A message may be sent twice, so it carries an idempotency key.
 *
 * deno run -A examples/outbox.ts   or   bun run examples/outbox.ts
 */
import { defineMessage, InMemoryServer, Repid, Router } from "@repid/core";
import { type } from "arktype";
import { DatabaseSync } from "node:sqlite";
import { rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";

const orderPlaced = defineMessage({
  name: "order_placed",
  channel: "orders",
  payload: type({ id: "number", sku: "string" }),
});

const file = join(tmpdir(), `repid-outbox-${crypto.randomUUID()}.db`);
const database = new DatabaseSync(file);
database.exec(`
  CREATE TABLE orders (id INTEGER PRIMARY KEY, sku TEXT NOT NULL);
  CREATE TABLE outbox (id INTEGER PRIMARY KEY, channel TEXT, topic TEXT, payload TEXT, key TEXT);
`);

/** Stores an order and its message: both, or neither. */
function placeOrder(sku: string): void {
  database.exec("BEGIN IMMEDIATE");
  try {
    const { lastInsertRowid } = database.prepare("INSERT INTO orders (sku) VALUES (?)").run(sku);
    const payload = orderPlaced.payload?.assert({ id: Number(lastInsertRowid), sku });
    database.prepare("INSERT INTO outbox (channel, topic, payload, key) VALUES (?, ?, ?, ?)")
      .run("orders", orderPlaced.name, JSON.stringify(payload), crypto.randomUUID());
    database.exec("COMMIT");
  } catch (error) {
    database.exec("ROLLBACK");
    throw error;
  }
}

const Row = type({ id: "number", channel: "string", topic: "string", payload: "string", key: "string" });

/** Sends stored messages, oldest first. Deletes each one after the broker has confirmed it. Run one relay at a time. */
async function relay(app: Repid): Promise<number> {
  const rows = database.prepare("SELECT * FROM outbox ORDER BY id LIMIT 100").all();
  for (const { id, channel, topic, payload, key } of rows.map((row) => Row.assert({ ...row }))) {
    const headers = { topic, "idempotency-key": key };
    await app.sendMessage({ channel, payload, contentType: "application/json", headers });
    database.prepare("DELETE FROM outbox WHERE id = ?").run(id);
  }
  return rows.length;
}

const router = new Router();
router.actor(orderPlaced, ({ id, sku }) => console.log(`Order ${id}: ${sku}`));
const app = new Repid().includeRouter(router);
app.servers.register("memory", new InMemoryServer());

placeOrder("pen");
placeOrder("paper");
await relay(app).catch((error: Error) => console.log(`Not yet: ${error.name}`)); // there is no connection yet

const connection = await app.servers.default.connect();
console.log(`Sent: ${await relay(app)}`); // a real application calls this from a timer
await app.runWorker({ messagesLimit: 2 });
console.log(`Left: ${await relay(app)}`);
await connection.close();
database.close();
await rm(file);
