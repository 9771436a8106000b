/**
 * Seed: "Workers", "Built-in Servers", "Concurrency limit" and "Worker Lifecycle & Production". What needs a process of its
 * own, such as signals by default, is in `tests/processes`.
 * @module
 */
import assert from "node:assert/strict";
import process from "node:process";
import { InMemoryServer, type Logger, Repid, Router, type WorkerOptions } from "@repid/core";
import { type } from "arktype";
import { test } from "../harness.ts";

interface Told {
  readonly app: Repid;
  readonly server: InMemoryServer;
  /** Resolves with the fields of the event when it happens. */
  readonly event: (name: string) => Promise<Record<string, unknown>>;
}

function application(router: Router): Told {
  const waiting = new Map<string, (fields: Record<string, unknown>) => void>();
  const log = (name: string, fields: object): void => waiting.get(name)?.({ ...fields });
  const app = new Repid({ logger: { debug: log, info: log, warn: log, error: log } satisfies Logger });
  const server = app.servers.register("default", new InMemoryServer(), { isDefault: true });
  app.includeRouter(router);
  return { app, server, event: (name) => new Promise((resolve) => void waiting.set(name, resolve)) };
}

test("Running a Worker: it blocks until it is stopped", async () => {
  const router = new Router();
  const stop = new AbortController();
  const events: string[] = [];
  const processUserEvent = router.actor(
    { name: "process_user_event", channel: "user_events", payload: type({ eventType: "string" }) },
    ({ eventType }) => {
      events.push(eventType);
      if (events.length === 2) stop.abort();
    },
  );
  const { app, server } = application(router);
  const connection = await server.connect();
  await app.send(processUserEvent, { eventType: "login" });
  await app.send(processUserEvent, { eventType: "logout" });
  assert.deepEqual(await app.runWorker({ signal: stop.signal, osSignals: [] }), { processed: 2 });
  assert.deepEqual(events, ["login", "logout"]);
  await connection.close();
});

test("Messages Limit: the worker ends after exactly 1000 messages and returns control", async () => {
  const router = new Router({ channel: "tasks" });
  const work = router.actor({ name: "work" }, () => {});
  const { app, server } = application(router);
  const connection = await server.connect();
  for (let sent = 0; sent < 1_500; sent++) await app.send(work, undefined);
  assert.deepEqual(await app.runWorker({ messagesLimit: 1_000 }), { processed: 1_000 });
  assert.equal(server.size("tasks"), 500);
  await connection.close();
});

test("Concurrency limit: 1000 by default, and what one says otherwise", async () => {
  const limits: readonly (readonly [options: WorkerOptions, most: number])[] = [[{}, 1_000], [{
    tasksLimit: 20,
  }, 20]];
  for (const [options, expected] of limits) {
    const router = new Router({ channel: "tasks" });
    let running = 0;
    let most = 0;
    const full = Promise.withResolvers<void>();
    const work = router.actor({ name: "work" }, async () => {
      most = Math.max(most, ++running);
      if (running === expected) full.resolve();
      await full.promise;
      running--;
    });
    const { app, server } = application(router);
    const connection = await server.connect();
    for (let sent = 0; sent < 1_200; sent++) await app.send(work, undefined);
    await app.runWorker({ ...options, messagesLimit: 1_200, osSignals: [] });
    assert.equal(most, expected);
    await connection.close();
  }
});

test("Health Check Server: 200 while the loop turns and the server is connected", async () => {
  const router = new Router();
  router.actor({ name: "work" }, () => {});
  const { app, event } = application(router);
  const stop = new AbortController();
  const listening = event("health_check.server.start");
  const consuming = event("worker.consumer.start");
  const running = app.runWorker({
    signal: stop.signal,
    osSignals: [],
    healthCheckServer: { hostname: "127.0.0.1", port: 0, path: "/healthz" },
  });
  const { url } = await listening;
  await consuming;
  const response = await fetch(`${url}/healthz`);
  assert.equal(response.status, 200);
  await response.body?.cancel();
  stop.abort();
  await running;
  await assert.rejects(fetch(`${url}/healthz`));
});

test("The Shutdown Sequence: some actors finish in time, others are cancelled and their messages go back", async () => {
  const router = new Router({ channel: "tasks" });
  const stop = new AbortController();
  const finish = Promise.withResolvers<void>();
  const quick = router.actor({ name: "quick" }, () => finish.promise);
  const slow = router.actor({ name: "slow" }, async (_, { signal }) => {
    stop.abort();
    await new Promise((_, reject) => signal.addEventListener("abort", () => reject(signal.reason)));
  });
  const { app, server, event } = application(router);
  const connection = await server.connect();
  await app.send(quick, undefined);
  await app.send(slow, undefined);
  const stopping = event("worker.shutdown.start");
  const running = app.runWorker({ signal: stop.signal, osSignals: [], gracefulShutdownTime: 100 });
  await stopping;
  await app.send(quick, undefined);
  finish.resolve();
  assert.deepEqual(await running, { processed: 1 });
  assert.equal(server.size("tasks"), 2);
  await connection.close();
});

test("Custom Shutdown Signals: only those that were named", async () => {
  const router = new Router();
  router.actor({ name: "work" }, () => {});
  const { app, event } = application(router);
  const consuming = event("worker.consumer.start");
  const stopped = event("worker.signal.stop");
  const running = app.runWorker({ osSignals: ["SIGUSR2"] });
  await consuming;
  process.kill(process.pid, "SIGUSR2");
  assert.deepEqual(await stopped, { signal: "SIGUSR2" });
  assert.deepEqual(await running, { processed: 0 });
});
