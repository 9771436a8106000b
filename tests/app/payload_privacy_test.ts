/**
 * Payloads are never logged, not even in pieces.
 * @module
 */
import assert from "node:assert/strict";
import { InMemoryServer, type Logger, Repid, Router } from "@repid/core";
import { type } from "arktype";
import { inspect } from "node:util";
import { test } from "../harness.ts";

/** Everything that a logger could show of its events, however deep. */
function recorder(): { logger: Logger; text: () => string } {
  const lines: string[] = [];
  const write = (event: string, fields: object): void => {
    lines.push(inspect({ event, fields }, { depth: 20, showHidden: true }));
  };
  return { logger: { debug: write, info: write, warn: write, error: write }, text: () => lines.join("\n") };
}

test("Repid.runWorker() logs nothing of a payload that is not JSON", async () => {
  const { logger, text } = recorder();
  const app = new Repid({ logger });
  const server = app.servers.register("memory", new InMemoryServer());
  const router = new Router();
  router.actor({ name: "strict", payload: type({ n: "number" }) }, () => {});
  app.includeRouter(router);
  const connection = await server.connect();
  for (const payload of ["secret-1", '{"n": secret-2', '{"pin": "secret-3", ']) {
    await app.sendMessage({ channel: "default", payload, headers: { topic: "strict" } });
  }
  await app.runWorker({ messagesLimit: 3, osSignals: [] });
  await connection.close();
  assert.match(text(), /actor\.run\.error/);
  assert.match(text(), /not valid JSON/);
  assert.doesNotMatch(text(), /secret/);
});
