/**
 * The same for a server of one's own: how fast is the folder of `examples/own_server.ts`, by itself and below the framework?
 *
 * deno run -A bench/own_server.ts   or   bun bench/own_server.ts
 * @module
 */
import { benchServer } from "@repid/core/testing";
import { mkdtemp, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { FolderServer } from "../examples/own_server.ts";

const root = await mkdtemp(join(tmpdir(), "repid-bench-folder-"));
try {
  await benchServer("FolderServer", {
    create: () => new FolderServer(root),
    channel: () => crypto.randomUUID(),
  }, { messages: 500 });
} finally {
  await rm(root, { recursive: true });
}
