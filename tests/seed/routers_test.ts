/**
 * Seed: "Connecting & Nesting Routers" and "Routing Strategies (Topics)".
 * @module
 */
import assert from "node:assert/strict";
import {
  catchAllRoutingStrategy,
  InMemoryServer,
  Repid,
  Router,
  type RoutingStrategy,
  silentLogger,
} from "@repid/core";
import { TestClient } from "@repid/core/testing";
import { test } from "../harness.ts";

const clientOf = (router: Router): TestClient =>
  new TestClient(new Repid({ logger: silentLogger }).includeRouter(router));

test("Connecting: all actors of a router are registered with the application", async () => {
  const router = new Router();
  router.actor({ name: "task" }, () => "ran");
  await using client = clientOf(router);
  const sent = await client.sendMessage({ channel: "default", payload: "", headers: { topic: "task" } });
  assert.equal(sent.result, "ran");
});

test("Default Configurations: actors inherit what they do not override", async () => {
  const router = new Router({ channel: "background_jobs", timeout: 10_000 });
  const taskA = router.actor({ name: "task_a" }, (_, { actor }) => [actor.channel, actor.timeout]);
  const taskB = router.actor(
    { name: "task_b", timeout: 30_000 },
    (_, { actor }) => [actor.channel, actor.timeout],
  );
  await using client = clientOf(router);
  assert.deepEqual((await client.send(taskA)).result, ["background_jobs", 10_000]);
  assert.deepEqual((await client.send(taskB)).result, ["background_jobs", 30_000]);
});

test("Nesting Routers: defaults propagate downwards, middlewares concatenate", async () => {
  const order: string[] = [];
  const parent = new Router({
    channel: "main_queue",
    timeout: 60_000,
    middlewares: [(_, next) => (order.push("parent"), next())],
  });
  const child = new Router({ middlewares: [(_, next) => (order.push("child"), next())] });
  const nested = child.actor({ name: "my_nested_actor" }, (_, { actor }) => [actor.channel, actor.timeout]);
  parent.includeRouter(child);
  await using client = clientOf(parent);
  assert.deepEqual((await client.send(nested)).result, ["main_queue", 60_000]);
  assert.deepEqual(order, ["parent", "child"]);
});

test("Modifying the Topic Name: the actor's name is its topic", async () => {
  const router = new Router({ channel: "user_tasks" });
  const emailWorker = router.actor({ name: "email_worker" }, function sendWelcomeEmail() {});
  await using client = clientOf(router);
  const sent = await client.send(emailWorker);
  assert.deepEqual([sent.headers.topic, sent.success], ["email_worker", true]);
});

test("Catch-all Routing Strategy: everything on the channel, whatever its topic", async () => {
  const router = new Router({ channel: "user_tasks" });
  router.actor({ name: "everything", routingStrategy: catchAllRoutingStrategy }, () => "caught");
  await using client = clientOf(router);
  for (const headers of [{}, { topic: "anything" }]) {
    assert.equal(
      (await client.sendMessage({ channel: "user_tasks", payload: "", headers })).result,
      "caught",
    );
  }
});

test("Custom Routing Strategy: any function of the message", async () => {
  const byAction: RoutingStrategy = {
    matches: (message, actor) => message.headers.action === actor.name,
  };
  const router = new Router({ channel: "user_tasks" });
  router.actor({ name: "send_email_action", routingStrategy: byAction }, () => "processed");
  await using client = clientOf(router);
  const headers = { action: "send_email_action" };
  assert.equal(
    (await client.sendMessage({ channel: "user_tasks", payload: "", headers })).result,
    "processed",
  );
});

test("Routing Priority: the first match wins", async () => {
  const router = new Router({ channel: "user_tasks" });
  router.actor({ name: "everything", routingStrategy: catchAllRoutingStrategy }, () => "caught");
  const specific = router.actor({ name: "specific" }, () => "specific");
  await using client = clientOf(router);
  const result: unknown = (await client.send(specific)).result;
  assert.equal(result, "caught");
});

test("No Matches: put back nine times, given up the tenth", async () => {
  const events: string[] = [];
  const note = (event: string) => void events.push(event);
  const app = new Repid({ logger: { debug() {}, info() {}, warn: note, error: note } });
  const server = app.servers.register("memory", new InMemoryServer({ deadLetterChannel: "dead" }));
  const router = new Router({ channel: "user_tasks" });
  router.actor({ name: "known" }, () => {});
  app.includeRouter(router);
  await using _connection = await server.connect();
  await app.sendMessage({ channel: "user_tasks", payload: "", headers: { topic: "unknown" } });
  const stop = new AbortController();
  const worker = app.runWorker({ signal: stop.signal, osSignals: [] });
  while (server.size("dead") === 0) await new Promise((resolve) => setTimeout(resolve, 0));
  stop.abort();
  await worker;
  assert.deepEqual(events, [...Array(9).fill("actor.route.not_found"), "actor.route.poison_message"]);
});
