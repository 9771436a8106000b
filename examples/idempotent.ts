/**
 * An idempotent handler: the change, and the record that the change was made, are written in one transaction.
 *
 * deno run -A examples/idempotent.ts   or   bun run examples/idempotent.ts
 */
import { InMemoryServer, Repid, Router } from "@repid/core";
import { type } from "arktype";
import { DatabaseSync } from "node:sqlite";

const database = new DatabaseSync(":memory:");
database.exec(`
  CREATE TABLE accounts (id INTEGER PRIMARY KEY, cents INTEGER NOT NULL);
  CREATE TABLE handled (key TEXT PRIMARY KEY, at TEXT NOT NULL DEFAULT CURRENT_TIMESTAMP);
  INSERT INTO accounts VALUES (1, 0);
`);

/** Calls `act` only once for each key. Returns whether this call was the first. */
function once(key: string, act: () => void): boolean {
  database.exec("BEGIN IMMEDIATE");
  try {
    const { changes } = database.prepare("INSERT OR IGNORE INTO handled (key) VALUES (?)").run(key);
    if (changes > 0) act();
    database.exec("COMMIT");
    return changes > 0;
  } catch (error) {
    database.exec("ROLLBACK");
    throw error;
  }
}

const router = new Router({ channel: "payments" });
const deposit = router.actor({
  name: "deposit",
  payload: type({ account: "number", cents: "number" }),
  // A key that the sender chose. The broker's message id may change when a message is rejected or republished.
  headers: type({ "idempotency-key": "string" }),
}, ({ account, cents }, { headers: { "idempotency-key": key } }) => {
  const isFirst = once(key, () => {
    database.prepare("UPDATE accounts SET cents = cents + ? WHERE id = ?").run(cents, account);
  });
  console.log(isFirst ? `Deposited ${cents}` : "Done before");
});

const app = new Repid().includeRouter(router);
app.servers.register("memory", new InMemoryServer());
const connection = await app.servers.default.connect();
const headers = { "idempotency-key": crypto.randomUUID() };
await app.send(deposit, { account: 1, cents: 500 }, { headers });
await app.send(deposit, { account: 1, cents: 500 }, { headers }); // a retry: the first one may have arrived
await app.runWorker({ messagesLimit: 2 });
await connection.close();
console.log("Balance:", database.prepare("SELECT cents FROM accounts WHERE id = 1").get()?.["cents"]);
