/**
 * The same for a server of one's own: how fast is the table of `examples/own_server.ts`, by itself and below the framework?
 *
 * deno run -A bench/own_server.ts   or   bun bench/own_server.ts
 * @module
 */
import { benchServer } from "@repid/core/conformance";
import { mkdtemp, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { TableServer } from "../examples/own_server.ts";

const folder = await mkdtemp(join(tmpdir(), "repid-bench-table-"));
try {
  await benchServer("TableServer", {
    create: () => new TableServer(join(folder, "messages.db")),
    channel: () => crypto.randomUUID(),
  });
} finally {
  await rm(folder, { recursive: true });
}
