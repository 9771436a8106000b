/**
 * Seed: "Message Registry", "Messages", "Raw Message & Eager response" and "Server Registry".
 * @module
 */
import assert from "node:assert/strict";
import { InMemoryServer, Repid, Router } from "@repid/core";
import { TestClient } from "@repid/core/testing";
import { type } from "arktype";
import { test } from "../harness.ts";

function registered(): Repid {
  const app = new Repid();
  app.messages.registerOperation({
    operationId: "send_welcome_email",
    channel: "email_queue",
    title: "Send Welcome Email",
    description: "Publishes a message to send a welcome email to a newly registered user.",
  });
  return app;
}

test("Message Registry: an operation is used instead of a channel", async () => {
  await using client = new TestClient(registered(), { autoProcess: false });
  const sent = await client.sendMessageJson({
    operationId: "send_welcome_email",
    payload: { userId: 123 },
    headers: { topic: "send_email_actor" },
  });
  assert.deepEqual([sent.channel, sent.operationId], ["email_queue", "send_welcome_email"]);
});

test("Message Registry: operations can be retrieved", () => {
  const operation = registered().messages.get("send_welcome_email");
  assert.equal(operation.channel.address, "email_queue");
  assert.equal(operation.title, "Send Welcome Email");
});

test("Messages: raw data", async () => {
  const app = new Repid();
  const server = app.servers.register("default", new InMemoryServer(), { isDefault: true });
  await using _connection = await app.servers.default.connect();
  await app.sendMessage({
    channel: "my_channel",
    payload: new TextEncoder().encode("Hello, world!"),
    contentType: "text/plain",
    headers: { topic: "my_actor" },
  });
  assert.equal(server.size("my_channel"), 1);
});

test("Messages: JSON, by channel or by operation, never both", async () => {
  const app = registered();
  await using client = new TestClient(app, { autoProcess: false });
  const payload = { to: "user@example.com", subject: "Welcome!" };
  const headers = { topic: "send_welcome_email" };
  const sent = await client.sendMessageJson({ channel: "email_queue", payload, headers });
  assert.equal(sent.contentType, "application/json");
  assert.deepEqual(JSON.parse(new TextDecoder().decode(sent.payload)), payload);
  const both = { channel: "email_queue", operationId: "send_welcome_email", payload } as never;
  await assert.rejects(client.sendMessageJson(both), TypeError);
});

test("Submitting Pydantic Models as Payloads: objects say themselves what they become, also within others", async () => {
  class Job {
    readonly #userId: number;
    constructor(userId: number) {
      this.#userId = userId;
    }
    toJSON(): object {
      return { userId: this.#userId, actions: ["First action"] };
    }
  }
  await using client = new TestClient(new Repid(), { autoProcess: false });
  const bodyOf = async (payload: unknown): Promise<unknown> => {
    const { payload: bytes } = await client.sendMessageJson({ channel: "some_channel", payload });
    return JSON.parse(new TextDecoder().decode(bytes));
  };
  const job = { userId: 123, actions: ["First action"] };
  assert.deepEqual(await bodyOf(new Job(123)), job);
  assert.deepEqual(await bodyOf({ jobs: [new Job(123)] }), { jobs: [job] });
});

test("The Message object: payload, headers, channel and id", async () => {
  const router = new Router();
  const actor = router.actor({ name: "my_actor" }, (_, { message }) => {
    return [message.text(), message.headers.topic, message.channel, typeof message.messageId];
  });
  await using client = new TestClient(new Repid().includeRouter(router));
  await client.sendMessage({ channel: "default", payload: "raw", headers: { topic: actor.name } });
  assert.deepEqual(client.getProcessedMessages()[0]?.result, ["raw", "my_actor", "default", "string"]);
});

test("Eager responses: acknowledged before the work, or nacked at once", async () => {
  const done: number[] = [];
  const router = new Router();
  const actor = router.actor(
    { name: "my_actor", payload: type({ userId: "number" }) },
    async (p, { message }) => {
      if (p.userId < 0) return void await message.nack();
      await message.ack();
      assert.equal(message.isActedOn, true);
      done.push(p.userId);
    },
  );
  await using client = new TestClient(new Repid().includeRouter(router));
  assert.equal((await client.send(actor, { userId: -1 })).nacked, true);
  assert.equal((await client.send(actor, { userId: 1 })).acked, true);
  assert.deepEqual(done, [1]);
});

test("Available Actions: ack, nack, reject, reply and replyJson; later ones are discarded", async () => {
  const router = new Router();
  const act = router.actor({ name: "act", payload: type({ action: "string" }) }, async (p, { message }) => {
    if (p.action === "reply") await message.reply({ payload: "..." });
    else if (p.action === "replyJson") await message.replyJson({ payload: { status: "ok" } });
    else await message[p.action as "ack" | "nack" | "reject"]();
    return await message.ack();
  });
  await using client = new TestClient(new Repid().includeRouter(router));
  const actions = ["acked", "nacked", "rejected", "replied", "replied"];
  for (const [i, action] of ["ack", "nack", "reject", "reply", "replyJson"].entries()) {
    const message = await client.send(act, { action }, { replyTo: "answers" });
    assert.deepEqual([message.action, message.result], [actions[i], false]);
  }
  const types = client.getSentMessages({ channel: "answers" }).map(({ contentType }) => contentType);
  assert.deepEqual(types, [undefined, "application/json"]);
});

test("Sending New Messages: from an actor", async () => {
  const router = new Router();
  const processOrder = router.actor(
    { name: "process_order", payload: type({ orderId: "number" }) },
    async ({ orderId }, { message }) => {
      await message.sendMessageJson({
        channel: "notifications",
        payload: { event: "order_processed", orderId },
      });
    },
  );
  await using client = new TestClient(new Repid().includeRouter(router));
  await client.send(processOrder, { orderId: 1 });
  const [sent] = client.getSentMessages({ channel: "notifications" });
  assert.equal(new TextDecoder().decode(sent?.payload), '{"event":"order_processed","orderId":1}');
});

test("Server Registry: several servers, one of them the default", async () => {
  const app = new Repid();
  const rabbitmq = app.servers.register("rabbitmq", new InMemoryServer(), { isDefault: true });
  const redis = app.servers.register("redis", new InMemoryServer());
  assert.equal(app.servers.get("rabbitmq"), rabbitmq);
  assert.equal(app.servers.default, rabbitmq);
  await using _one = await rabbitmq.connect();
  await using _two = await redis.connect();
  await app.sendMessage({ channel: "tasks", payload: "..." });
  await app.sendMessage({ channel: "tasks", payload: "...", server: "redis" });
  assert.deepEqual([rabbitmq.size("tasks"), redis.size("tasks")], [1, 1]);
  app.servers.setDefault("redis");
  assert.equal(app.servers.default, redis);
});

test("Server Registry: a worker consumes from the server it is told", async () => {
  const app = new Repid();
  app.servers.register("rabbitmq", new InMemoryServer(), { isDefault: true });
  const redis = app.servers.register("redis", new InMemoryServer());
  const router = new Router({ channel: "tasks" });
  const task = router.actor({ name: "task" }, () => {});
  app.includeRouter(router);
  await using _connection = await redis.connect();
  await app.send(task, undefined, { server: "redis" });
  const info = await app.runWorker({ server: "redis", messagesLimit: 1, osSignals: [] });
  assert.deepEqual([info.processed, redis.size("tasks")], [1, 0]);
});
