/**
 * A message in memory is as it was published, whatever its sender and its handlers do with their objects.
 * @module
 */
import assert from "node:assert/strict";
import type { Delivery, Subscription } from "@repid/core/server";
import { InMemoryServer } from "@repid/core";
import { test } from "../../harness.ts";

const LONG = 60_000;
const bytes = (text: string): Uint8Array => new TextEncoder().encode(text);
const seen = ({ payload, headers }: Delivery) => [new TextDecoder().decode(payload), { ...headers }];

/** What a handler does that takes its message for its own. */
function spoil({ payload, headers }: Delivery): void {
  payload.fill(0);
  (headers as Record<string, string>)["topic"] = "other";
}

async function next(subscription: Subscription): Promise<Delivery> {
  const [delivery] = await subscription.take(1, LONG);
  assert.ok(delivery);
  return delivery;
}

test("InMemoryServer redelivers a message as it was published, whatever a handler did to it", async () => {
  const server = new InMemoryServer({ deadLetterChannel: "dead" });
  await server.connect();
  const message = {
    payload: bytes("body"),
    headers: { topic: "a" },
    contentType: undefined,
    replyTo: undefined,
  };
  await server.publish("jobs", message, {});
  const subscription = await server.subscribe(["jobs"]);
  for (const settlement of ["reject", "nack"] as const) {
    const delivery = await next(subscription);
    assert.deepEqual(seen(delivery), ["body", { topic: "a" }]);
    spoil(delivery);
    await delivery.settle(settlement);
  }
  assert.deepEqual(seen(await next(await server.subscribe(["dead"]))), ["body", { topic: "a" }]);
});

test("InMemoryServer gives back a message as it was published when its subscription is closed", async () => {
  const server = new InMemoryServer();
  await server.connect();
  const message = {
    payload: bytes("body"),
    headers: { topic: "a" },
    contentType: undefined,
    replyTo: undefined,
  };
  await server.publish("jobs", message, {});
  const subscription = await server.subscribe(["jobs"]);
  spoil(await next(subscription));
  await subscription.close();
  assert.deepEqual(seen(await next(await server.subscribe(["jobs"]))), ["body", { topic: "a" }]);
});

test("InMemoryServer keeps what was published although the sender changes its objects", async () => {
  const server = new InMemoryServer();
  await server.connect();
  const [payload, headers] = [bytes("body"), { topic: "a" } as Record<string, string>];
  const message = { payload, headers, contentType: undefined, replyTo: undefined };
  await server.publish("jobs", message, {});
  await server.publish("jobs", message, {});
  payload.fill(0);
  headers["topic"] = "other";
  const deliveries = await (await server.subscribe(["jobs"])).take(2, LONG);
  assert.equal(deliveries.length, 2);
  for (const delivery of deliveries) {
    assert.deepEqual(seen(delivery), ["body", { topic: "a" }]);
    spoil(delivery);
  }
});
