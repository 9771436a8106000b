/**
 * Seed: "Middlewares" and the cookbook's "Sentry Middleware".
 * @module
 */
import assert from "node:assert/strict";
import { type ActorMiddleware, type ProducerMiddleware, Repid, Router, silentLogger } from "@repid/core";
import { TestClient } from "@repid/core/testing";
import { test } from "../harness.ts";

const quiet = { logger: silentLogger };

test("Actor Middleware: logging around every run", async () => {
  const lines: string[] = [];
  const logging: ActorMiddleware = async ({ message }, next) => {
    lines.push(`Starting execution for channel: ${message.channel}`);
    try {
      const result = await next();
      lines.push(`Finished execution with result: ${result}`);
      return result;
    } catch (error) {
      lines.push(`Actor raised an exception: ${error}`);
      throw error;
    }
  };
  const router = new Router({ channel: "c" });
  const works = router.actor({ name: "works" }, () => 42);
  const fails = router.actor({ name: "fails" }, () => Promise.reject(new Error("x")));
  const app = new Repid({ ...quiet, actorMiddlewares: [logging] }).includeRouter(router);
  await using client = new TestClient(app, { throwOnActorError: false });
  await client.send(works);
  await client.send(fails);
  const begins = "Starting execution for channel: c";
  const ends = ["Finished execution with result: 42", "Actor raised an exception: Error: x"];
  assert.deepEqual(lines, [begins, ends[0], begins, ends[1]]);
});

test("Producer Middleware: a tracking header, if there is none", async () => {
  const lines: string[] = [];
  const tracing: ProducerMiddleware = async (call, next) => {
    const headers = { "X-Trace-Id": crypto.randomUUID(), ...call.message.headers };
    lines.push(`Publishing to '${call.channel}' with Trace ID: ${headers["X-Trace-Id"]}`);
    await next({ message: { ...call.message, headers } });
  };
  const app = new Repid({ producerMiddlewares: [tracing] });
  await using client = new TestClient(app, { autoProcess: false });
  const made = await client.sendMessage({ channel: "c", payload: "" });
  assert.match(made.headers["X-Trace-Id"] ?? "", /^[\da-f-]{36}$/);
  const given = await client.sendMessage({ channel: "c", payload: "", headers: { "X-Trace-Id": "mine" } });
  assert.equal(given.headers["X-Trace-Id"], "mine");
  assert.equal(lines[1], "Publishing to 'c' with Trace ID: mine");
});

test("Registering Middlewares: on the application, a router or an actor, in onion order", async () => {
  const order: string[] = [];
  const named = (name: string): ActorMiddleware => async (_, next) => {
    order.push(name);
    const result = await next();
    order.push(name);
    return result;
  };
  const app = new Repid({ actorMiddlewares: [named("metrics"), named("logging")] });
  const router = new Router({ middlewares: [named("router")] });
  const job = router.actor({ name: "my_job", middlewares: [named("actor")] }, () => {});
  await using client = new TestClient(app.includeRouter(router));
  await client.send(job);
  const inwards = ["metrics", "logging", "router", "actor"];
  assert.deepEqual(order, [...inwards, ...inwards.toReversed()]);
});

test("Sentry Middleware: captures what an actor throws, with tags", async () => {
  const captured: unknown[] = [];
  const sentry: ActorMiddleware = async ({ message, actor }, next) => {
    const tags = { channel: message.channel, actor: actor.name, id: typeof message.messageId };
    try {
      return await next();
    } catch (error) {
      captured.push([tags, (error as Error).message]);
      throw error;
    }
  };
  const router = new Router({ channel: "my_queue" });
  const task = router.actor(
    { name: "process_task" },
    () => Promise.reject(new Error("Something went wrong!")),
  );
  const app = new Repid({ ...quiet, actorMiddlewares: [sentry] }).includeRouter(router);
  await using client = new TestClient(app, { throwOnActorError: false });
  assert.equal((await client.send(task)).nacked, true);
  const tags = { channel: "my_queue", actor: "process_task", id: "string" };
  assert.deepEqual(captured, [[tags, "Something went wrong!"]]);
});
