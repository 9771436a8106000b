/**
 * Seed: "Testing" and "Chaining jobs".
 * @module
 */
import assert from "node:assert/strict";
import { defineMessage, InMemoryServer, Repid, Router } from "@repid/core";
import { TestClient } from "@repid/core/testing";
import { type } from "arktype";
import { test } from "../harness.ts";

const app = new Repid({ title: "My App" });
const router = new Router();
const actorWithArgs = router.actor({
  name: "actor_with_args",
  channel: "user_messages",
  payload: type({ userId: "number", userName: "string", userMessages: "string[]" }),
}, ({ userId, userName, userMessages }) => [...userMessages, `Hi ${userName}! Your id is: ${userId}.`]);
app.includeRouter(router);
const alex = { userId: 123, userName: "Alex", userMessages: [] };
const expected = ["Hi Alex! Your id is: 123."];

test("Using the TestClient: messages are processed as they are sent", async () => {
  await using client = new TestClient(app);
  await client.sendMessageJson({
    channel: "user_messages",
    payload: alex,
    headers: { topic: "actor_with_args" },
  });
  const processed = client.getProcessedMessages();
  assert.equal(processed.length, 1);
  assert.equal(processed[0]?.success, true);
  assert.deepEqual(processed[0]?.result, expected);
});

test("Manual Message Processing: messages wait until they are asked for", async () => {
  await using client = new TestClient(app, { autoProcess: false });
  await client.send(actorWithArgs, alex);
  assert.equal(client.getProcessedMessages().length, 0);
  const message = await client.processNext();
  assert.equal(message?.success, true);
  assert.deepEqual(message?.result, expected);
});

test("Inspecting Messages: what became of it", async () => {
  await using client = new TestClient(app);
  const message = await client.send(actorWithArgs, alex);
  assert.deepEqual([message.acked, message.nacked, message.rejected], [true, false, false]);
  assert.equal(message.error, undefined);
  assert.deepEqual(message.result, expected);
  assert.deepEqual(client.getSentMessages({ channel: "user_messages" }), [message]);
});

test("Unit Testing Actors: the function, called directly", () => {
  assert.deepEqual(actorWithArgs.handler(alex), expected);
});

test("Chaining jobs: one actor sends to the next", async () => {
  const lines: string[] = [];
  const chained = new Repid();
  chained.servers.register("default", new InMemoryServer(), { isDefault: true });
  const jobs = new Router();
  const sendWelcomeEmail = defineMessage({
    name: "send_welcome_email",
    channel: "email",
    payload: type({ userId: "number", username: "string" }),
  });
  const createUser = jobs.actor(
    { name: "create_user", channel: "registration", payload: type({ username: "string" }) },
    async ({ username }, { message }) => {
      const userId = 123;
      lines.push(`Created user ${username} with ID ${userId}`);
      await message.send(sendWelcomeEmail, { userId, username });
    },
  );
  jobs.actor(sendWelcomeEmail, ({ userId, username }) => {
    lines.push(`Sending welcome email to User #${userId} (${username})!`);
  });
  chained.includeRouter(jobs);
  await using _connection = await chained.servers.default.connect();
  await chained.send(createUser, { username: "Alex" });
  await chained.runWorker({ messagesLimit: 2, osSignals: [] });
  assert.deepEqual(lines, ["Created user Alex with ID 123", "Sending welcome email to User #123 (Alex)!"]);
});
