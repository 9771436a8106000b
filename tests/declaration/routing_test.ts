import assert from "node:assert/strict";
import {
  catchAllRoutingStrategy,
  headerRoutingStrategy,
  Repid,
  Router,
  type RoutingStrategy,
  silentLogger,
  topicBasedRoutingStrategy,
} from "../../mod.ts";
import { TestClient } from "../../src/testing/mod.ts";
import { test } from "../harness.ts";

const message = (headers: Record<string, string>) => ({
  headers,
  payload: new Uint8Array(),
  contentType: undefined,
  replyTo: undefined,
});

test("topicBasedRoutingStrategy: the topic is the actor's name, exactly", () => {
  const matches = (headers: Record<string, string>) =>
    topicBasedRoutingStrategy.matches(message(headers), { name: "a" });
  assert.deepEqual([matches({ topic: "a" }), matches({ topic: "A" }), matches({ Topic: "a" }), matches({})], [
    true,
    false,
    false,
    false,
  ]);
  assert.deepEqual(topicBasedRoutingStrategy.headers?.({ name: "a" }), { topic: "a" });
});

test("catchAllRoutingStrategy: takes everything, and sets no header", () => {
  assert.equal(catchAllRoutingStrategy.matches(message({}), { name: "a" }), true);
  assert.equal(catchAllRoutingStrategy.headers, undefined);
});

test("headerRoutingStrategy(): a header of one's choice names the actor", () => {
  const strategy = headerRoutingStrategy("action");
  assert.equal(strategy.matches(message({ action: "a" }), { name: "a" }), true);
  assert.equal(strategy.matches(message({ topic: "a" }), { name: "a" }), false);
  assert.deepEqual(strategy.headers?.({ name: "a" }), { action: "a" });
  assert.throws(() => headerRoutingStrategy(""), TypeError);
});

/** Which of a channel's actors takes a message with these headers. */
async function taken(strategies: readonly RoutingStrategy[], headers: Record<string, string>) {
  const router = new Router({ channel: "c" });
  strategies.forEach((routingStrategy, i) => router.actor({ name: "a", routingStrategy }, () => i));
  const app = new Repid({ logger: silentLogger }).includeRouter(router);
  await using client = new TestClient(app, { throwOnActorNotFound: false });
  return (await client.sendMessage({ channel: "c", payload: "", headers })).result;
}

test("routing: the first actor that matches takes the message, in the order of registration", async () => {
  const topic = topicBasedRoutingStrategy;
  const all = catchAllRoutingStrategy;
  assert.equal(await taken([topic, all], { topic: "a" }), 0);
  assert.equal(await taken([topic, all], { topic: "b" }), 1);
  assert.equal(await taken([all, topic], { topic: "a" }), 0);
  assert.equal(await taken([topic, topic], { topic: "a" }), 0);
  assert.equal(await taken([headerRoutingStrategy("x"), topic], { topic: "a", x: "a" }), 0);
  assert.equal(await taken([topic, headerRoutingStrategy("x")], { x: "a" }), 1);
  assert.equal(await taken([topic], { topic: "b" }), undefined);
  assert.equal(await taken([topic], { topic: "__proto__" }), undefined);
});

test("routing: a strategy that throws is for nobody, and the next one is asked", async () => {
  const broken: RoutingStrategy = {
    matches() {
      throw new Error("on purpose");
    },
  };
  assert.equal(await taken([broken, catchAllRoutingStrategy], {}), 1);
});
