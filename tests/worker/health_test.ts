import assert from "node:assert/strict";
import { createServer } from "node:net";
import { InMemoryServer, Repid, Router, silentLogger } from "../../mod.ts";
import { healthHandler, type WorkerHealth } from "../../src/worker/health.ts";
import { test } from "../harness.ts";
import { bundleForNode } from "../processes/node.ts";
import { type Answer, playHealthScene } from "./fixtures/health_scene.ts";

const AWAY = ["the worker is reconnecting", "the broker is not connected", "the subscription is not active"];
const BLOCKED = ["the event loop is blocked"];

const EXPECTED: readonly Answer[] = [
  { when: "no worker", asked: "GET /livez", status: 200, reasons: [] },
  { when: "no worker", asked: "GET /readyz", status: 503, reasons: ["no worker is running"] },
  { when: "running", asked: "GET /livez", status: 200, reasons: [] },
  { when: "running", asked: "GET /readyz", status: 200, reasons: [] },
  { when: "running", asked: "GET /healthz", status: 200, reasons: [] },
  { when: "running", asked: "GET /readyz", status: 200, reasons: [] },
  { when: "running", asked: "HEAD /readyz", status: 200 },
  { when: "running", asked: "POST /readyz", status: 405 },
  { when: "running", asked: "GET /other", status: 404 },
  { when: "outage", asked: "GET /livez", status: 200, reasons: [] },
  { when: "outage", asked: "GET /readyz", status: 503, reasons: AWAY },
  { when: "outage", asked: "GET /healthz", status: 503, reasons: AWAY },
  { when: "after the outage", asked: "GET /livez", status: 200, reasons: [] },
  { when: "after the outage", asked: "GET /readyz", status: 200, reasons: [] },
  { when: "after the outage", asked: "GET /healthz", status: 200, reasons: [] },
  { when: "blocked", asked: "GET /livez", status: 503, reasons: BLOCKED },
  { when: "blocked", asked: "GET /readyz", status: 503, reasons: BLOCKED },
  { when: "after the block", asked: "GET /livez", status: 200, reasons: [] },
  { when: "after the block", asked: "GET /readyz", status: 200, reasons: [] },
  { when: "stopped", asked: "GET /readyz", status: 503, reasons: ["no worker is running"] },
];

test("healthHandler() tells the truth before, during and after an outage and a blocked event loop", async () => {
  assert.deepEqual(await playHealthScene(), EXPECTED);
});

if (!("Deno" in globalThis)) {
  test("healthHandler() tells the truth on Node as well", async () => {
    const { code, lines } = await bundleForNode(
      new URL("./fixtures/print_health_scene.ts", import.meta.url),
    )().ends();
    assert.equal(code, 0);
    assert.deepEqual(JSON.parse(lines.join("")), EXPECTED);
  });
}

test("healthHandler() says that the consume loop does not turn", async () => {
  const stalled: WorkerHealth = {
    state: "consuming",
    connected: true,
    consuming: true,
    blocked: false,
    stalled: true,
    lastTurn: 30_000,
    running: 0,
    abandoned: 0,
  };
  const handler = healthHandler(() => [stalled]);
  const response = await handler(new Request("http://localhost/livez"));
  assert.equal(response.status, 503);
  assert.deepEqual((await response.json()).reasons, ["the consume loop does not turn"]);
});

test("healthHandler() answers on a path of the caller's choice", async () => {
  const handler = healthHandler(() => [], { path: "/alive" });
  assert.equal((await handler(new Request("http://localhost/alive?probe=1"))).status, 503);
  assert.equal((await handler(new Request("http://localhost/healthz"))).status, 404);
});

test("healthHandler() refuses a path that no request can have", () => {
  for (const path of ["alive", "", "https://example.com/alive"]) {
    assert.throws(() => healthHandler(() => [], { path }), {
      name: "TypeError",
      message: `Cannot answer health checks as the path does not start with a slash: ${path}`,
    });
  }
});

test("Repid.runWorker() rejects before it consumes where the port of the health server is in use", async () => {
  const taken = createServer();
  const port = await new Promise<number>((resolve) =>
    taken.listen(0, "127.0.0.1", () => resolve((taken.address() as { port: number }).port))
  );
  const app = new Repid({ logger: silentLogger });
  const server = app.servers.register("memory", new InMemoryServer());
  const router = new Router({ channel: "jobs" });
  const work = router.actor({ name: "work" }, () => {});
  app.includeRouter(router);
  const connection = await server.connect();
  await app.send(work, undefined);
  const running = app.runWorker({ osSignals: [], healthCheckServer: { hostname: "127.0.0.1", port } });
  await assert.rejects(running, new RegExp(`Cannot listen on 127.0.0.1:${port} as the runtime refuses`));
  assert.equal(server.size("jobs"), 1);
  await connection.close();
  await new Promise((resolve) => taken.close(resolve));
});
