/**
 * A worker shares its event loop.
 * @module
 */
import assert from "node:assert/strict";
import { InMemoryServer, Repid, Router, silentLogger } from "@repid/core";
import { test } from "../harness.ts";

test("Repid.runWorker() lets timers and signals in while it drains a backlog", async () => {
  const app = new Repid({ logger: silentLogger });
  const server = app.servers.register("memory", new InMemoryServer());
  const router = new Router();
  router.actor({ name: "quick" }, () => {});
  app.includeRouter(router);
  const connection = await server.connect();
  const backlog = 200_000;
  const message = {
    payload: new Uint8Array(),
    headers: { topic: "quick" },
    contentType: undefined,
    replyTo: undefined,
  };
  for (let i = 0; i < backlog; i++) void server.publish("default", message, { message_id: String(i) });

  const controller = new AbortController();
  setTimeout(() => controller.abort(), 1);
  const { processed } = await app.runWorker({ signal: controller.signal, tasksLimit: 10, osSignals: [] });

  assert.ok(processed < backlog, `stopped only after all ${processed}`);
  await connection.close();
});
