/**
 * The example of a server of one's own is held against the suite for servers, as a third party would do it.
 * @module
 */
import { testServer } from "@repid/core/conformance";
import { mkdtempSync, rmSync } from "node:fs";
import { DatabaseSync } from "node:sqlite";
import { tmpdir } from "node:os";
import { join } from "node:path";
import process from "node:process";
import { TableServer } from "../../examples/own_server.ts";
import { test } from "../harness.ts";

const folder = mkdtempSync(join(tmpdir(), "repid-table-"));
process.once("exit", () => rmSync(folder, { recursive: true, force: true }));
const path = join(folder, "messages.db");

testServer(test, "TableServer", {
  create: () => new TableServer(path),
  channel: (suffix = "") => `${crypto.randomUUID()} ${suffix}`,
  broker: "a database in a file cannot be stopped",
  leases: { create: () => new TableServer(path, { lease: 300 }), duration: 300 },
  deadLetters(channel) {
    const database = new DatabaseSync(path);
    const rows = database.prepare("SELECT payload, rest FROM messages WHERE channel = ? AND dead = 1").all(
      channel,
    );
    database.close();
    return Promise.resolve(rows.map(({ payload, rest }) => ({
      payload: payload as Uint8Array,
      headers: JSON.parse(String(rest)).headers,
    })));
  },
});
