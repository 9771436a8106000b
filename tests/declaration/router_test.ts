import assert from "node:assert/strict";
import { type } from "arktype";
import { jsonConverter, Repid, Router } from "../../mod.ts";
import { resolveActors } from "../../src/declaration/router.ts";
import { TestClient } from "../../src/testing/mod.ts";
import { test } from "../harness.ts";

const nothing = () => {};
const other = { contentType: "x/y", decode: () => ({}) };

test("Router: defaults go down, the nearest one wins, and the order of registration never matters", () => {
  const child = new Router({ timeout: 2 });
  const parent = new Router({ channel: "parent", timeout: 1, keepAlive: false, converter: other });
  const app = new Router({ channel: "app", keepAlive: 5 });
  app.includeRouter(parent);
  parent.includeRouter(child);
  child.actor({ name: "inherits" }, nothing);
  child.actor(
    { name: "own", channel: { address: "own" }, timeout: 3, keepAlive: true, converter: jsonConverter },
    nothing,
  );
  const pick = resolveActors(app).map(({ name, channel, timeout, keepAlive, converter }) => {
    return [name, channel.address, timeout, keepAlive, converter.contentType];
  });
  assert.deepEqual(pick, [
    ["inherits", "parent", 2, false, "x/y"],
    ["own", "own", 3, true, "application/json"],
  ]);
});

test("Router: without any default an actor listens on default, without a time limit", () => {
  const router = new Router();
  router.actor({ name: "a" }, nothing);
  const [actor] = resolveActors(router);
  assert.deepEqual([actor?.channel.address, actor?.timeout, actor?.keepAlive, actor?.confirmationMode], [
    "default",
    Infinity,
    true,
    "auto",
  ]);
  assert.deepEqual(actor?.info, {
    name: "a",
    channel: "default",
    confirmationMode: "auto",
    timeout: Infinity,
  });
});

test("Router.includeRouter(): twice in one parent is once, in two parents it is twice", () => {
  const child = new Router();
  child.actor({ name: "a" }, nothing);
  const one = new Router({ channel: "one" }).includeRouter(child).includeRouter(child);
  const two = new Router({ channel: "two" }).includeRouter(child);
  const both = new Router().includeRouter(one).includeRouter(two);
  assert.deepEqual(resolveActors(both).map(({ channel }) => channel.address), ["one", "two"]);
});

test("Router.includeRouter(): actors appear where their router was first included", () => {
  const parent = new Router();
  const child = new Router();
  parent.actor({ name: "first" }, nothing);
  parent.includeRouter(child);
  parent.actor({ name: "last" }, nothing);
  parent.includeRouter(child);
  child.actor({ name: "middle" }, nothing);
  assert.deepEqual(resolveActors(parent).map(({ name }) => name), ["first", "middle", "last"]);
});

test("Router.includeRouter(): refuses itself, cycles of any length, and what is no router", () => {
  const [a, b, c] = [new Router(), new Router(), new Router()];
  a.includeRouter(b);
  b.includeRouter(c);
  for (const router of [a, b, c]) assert.throws(() => c.includeRouter(router), /the routers form a cycle/);
  assert.throws(() => a.includeRouter({} as never), TypeError);
  assert.throws(() => new Repid().includeRouter(undefined as never), TypeError);
});

test("Router.actor(): refuses names that are none", () => {
  for (const name of [undefined, "", 1, null]) {
    assert.throws(() => new Router().actor({ name } as never, nothing), /its name is not a non-empty string/);
  }
});

test("Router.actor(): refuses schemas and handlers that are none", () => {
  const router = new Router();
  assert.throws(() => router.actor({ name: "a", payload: {} } as never, nothing), /not a Standard Schema/);
  assert.throws(
    () => router.actor({ name: "a", headers: "text" } as never, nothing),
    /not a Standard Schema/,
  );
  assert.throws(() => router.actor({ name: "a" }, undefined as never), /its handler is not a function/);
});

test("Router: refuses durations that are none, and channels without an address", () => {
  for (const wrong of [0, -1, NaN, "10"] as number[]) {
    assert.throws(() => new Router({ timeout: wrong }), RangeError);
    assert.throws(() => new Router().actor({ name: "a", timeout: wrong }, nothing), RangeError);
    if (typeof wrong === "number") assert.throws(() => new Router({ keepAlive: wrong }), RangeError);
  }
  for (const channel of ["", {}, { address: "" }] as string[]) {
    assert.throws(() => new Router({ channel }), TypeError);
  }
});

test("Router.actor(): answers the very function it was given", async () => {
  const handler = ({ n }: { n: number }) => n + 1;
  const actor = new Router().actor({ name: "a", payload: type({ n: "number" }) }, handler);
  assert.equal(actor.handler, handler);
  assert.equal(await actor.handler({ n: 1 }), 2);
});

test("Router.actor(): what is done to the options later changes nothing", async () => {
  const options = { name: "a", channel: "c" };
  const router = new Router();
  const actor = router.actor(options, () => "ran");
  options.channel = "elsewhere";
  await using client = new TestClient(new Repid().includeRouter(router));
  const message = await client.send(actor);
  assert.deepEqual([message.channel, message.result], ["c", "ran"]);
});
