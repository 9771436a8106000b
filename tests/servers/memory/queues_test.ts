/**
 * What is special to the in-memory server: the order of its queues, its ids and its dead letters.
 * @module
 */
import type { Delivery, Subscription } from "@repid/core/server";
import { InMemoryServer, type InMemoryServerOptions, type MessageData } from "@repid/core";
import assert from "node:assert/strict";
import { test } from "../../harness.ts";

/** Long enough to show that a take does not wait for it. */
const LONG = 60_000;

async function open(options?: InMemoryServerOptions): Promise<InMemoryServer> {
  const server = new InMemoryServer(options);
  await server.connect();
  return server;
}

function message(body: string): MessageData {
  const payload = new TextEncoder().encode(body);
  return { payload, headers: { of: body }, contentType: "text/plain", replyTo: "answers" };
}

async function publish(server: InMemoryServer, channel: string, ...bodies: string[]): Promise<void> {
  for (const body of bodies) await server.publish(channel, message(body), {});
}

function textOf({ payload }: Delivery): string {
  return new TextDecoder().decode(payload);
}

async function texts(subscription: Subscription, max: number): Promise<string[]> {
  return (await subscription.take(max, LONG)).map(textOf);
}

test("InMemoryServer delivers first what was published first", async () => {
  const server = await open();
  // More than the deque keeps before it moves up.
  const bodies = Array.from({ length: 5_000 }, (_, index) => String(index));
  await publish(server, "a", ...bodies);
  const subscription = await server.subscribe(["a"]);
  const taken: string[] = [];
  while (taken.length < bodies.length) taken.push(...await texts(subscription, 7));
  assert.deepEqual(taken, bodies);
});

test("InMemoryServer puts what is rejected at the end of its queue", async () => {
  const server = await open();
  await publish(server, "a", "1", "2", "3");
  const subscription = await server.subscribe(["a"]);
  const [first] = await subscription.take(1, LONG);
  await first?.settle("reject");
  assert.deepEqual(await texts(subscription, 3), ["2", "3", "1"]);
});

test("InMemoryServer puts what was not settled before the rest, in its order, when a subscription is closed", async () => {
  const server = await open();
  await publish(server, "a", "1", "2", "3", "4");
  const first = await server.subscribe(["a"]);
  const [, second] = await first.take(3, LONG);
  await second?.settle("ack");
  await first.close();
  assert.equal(server.size("a"), 3);
  assert.deepEqual(await texts(await server.subscribe(["a"]), 4), ["1", "3", "4"]);
});

test("InMemoryServer takes one message of each channel in turn", async () => {
  const server = await open();
  await publish(server, "busy", "b1", "b2", "b3", "b4");
  await publish(server, "calm", "c1", "c2");
  const subscription = await server.subscribe(["busy", "calm"]);
  const one = [
    ...await texts(subscription, 1),
    ...await texts(subscription, 1),
    ...await texts(subscription, 1),
  ];
  assert.deepEqual(one, ["b1", "c1", "b2"]);
  assert.deepEqual(await texts(subscription, 10), ["c2", "b3", "b4"]);
});

test("InMemoryServer moves what is nacked to its dead-letter channel, unchanged", async () => {
  const server = await open({ deadLetterChannel: "dead" });
  await server.publish("a", message("given up"), { message_id: "one" });
  const [delivery] = await (await server.subscribe(["a"])).take(1, LONG);
  assert.equal(await delivery?.settle("nack"), "done");
  assert.deepEqual([server.size("a"), server.size("dead")], [0, 1]);
  const [dead] = await (await server.subscribe(["dead"])).take(1, LONG);
  assert.ok(dead);
  const { payload, headers, contentType, replyTo, messageId, deliveryCount } = dead;
  assert.deepEqual({ payload, headers, contentType, replyTo }, message("given up"));
  assert.deepEqual([messageId, deliveryCount], ["one", 1]);
});

test("InMemoryServer asks for the dead-letter channel with the message's own", async () => {
  const server = await open({ deadLetterChannel: (channel) => `${channel}/dead` });
  await publish(server, "a", "given up");
  const [delivery] = await (await server.subscribe(["a"])).take(1, LONG);
  await delivery?.settle("nack");
  assert.equal(server.size("a/dead"), 1);
});

test("InMemoryServer drops what is nacked where it has no dead-letter channel", async () => {
  const server = await open();
  assert.equal(server.capabilities.deadLetter, false);
  await publish(server, "a", "given up");
  const subscription = await server.subscribe(["a"]);
  const [delivery] = await subscription.take(1, LONG);
  assert.equal(await delivery?.settle("nack"), "done");
  await subscription.close();
  assert.equal(server.size("a"), 0);
});

test("InMemoryServer takes the id of a message from message_id, and keeps it", async () => {
  const server = await open();
  await server.publish("a", message("named"), { message_id: "mine" });
  const subscription = await server.subscribe(["a"]);
  for (const count of [1, 2]) {
    const [delivery] = await subscription.take(1, LONG);
    assert.deepEqual([delivery?.messageId, delivery?.deliveryCount], ["mine", count]);
    await delivery?.settle("reject");
  }
});

test("InMemoryServer refuses a message_id that is not a non-empty string", async () => {
  const server = await open();
  for (const message_id of ["", 1, null, {}]) {
    await assert.rejects(server.publish("a", message("x"), { message_id }), TypeError);
  }
  assert.equal(server.size("a"), 0);
});

test("InMemoryServer keeps two messages with the same id and content apart", async () => {
  const server = await open();
  for (let time = 0; time < 2; time++) await server.publish("a", message("same"), { message_id: "same" });
  const subscription = await server.subscribe(["a"]);
  const deliveries = await subscription.take(2, LONG);
  assert.deepEqual(await Promise.all(deliveries.map((delivery) => delivery.settle("ack"))), ["done", "done"]);
  await subscription.close();
  assert.equal(server.size("a"), 0);
});

test("InMemoryServer keeps its queues while nobody is connected", async () => {
  const server = new InMemoryServer();
  const before = await server.connect();
  await publish(server, "a", "kept");
  await before.close();
  assert.equal(server.isConnected, false);
  await server.connect();
  assert.deepEqual(await texts(await server.subscribe(["a"]), 1), ["kept"]);
});

test("InMemoryServer.size() counts what waits, not what is being handled", async () => {
  const server = await open();
  assert.equal(server.size("a"), 0);
  await publish(server, "a", "1", "2", "3");
  assert.equal(server.size("a"), 3);
  const subscription = await server.subscribe(["a"]);
  const [first] = await subscription.take(2, LONG);
  assert.equal(server.size("a"), 1);
  await first?.settle("ack");
  await subscription.close();
  assert.equal(server.size("a"), 2);
});

test("InMemoryServer replies and acknowledges in one step, or does neither", async () => {
  const server = await open();
  await publish(server, "a", "question");
  const subscription = await server.subscribe(["a"]);
  const [delivery] = await subscription.take(1, LONG);
  assert.equal(await delivery?.reply?.("answers", message("answer"), {}), "done");
  assert.deepEqual([server.size("answers"), server.size("a")], [1, 0]);
  assert.equal(await delivery?.reply?.("answers", message("twice"), {}), "lost");
  assert.equal(await delivery?.settle("reject"), "lost");
  assert.deepEqual([server.size("answers"), server.size("a")], [1, 0]);
});
