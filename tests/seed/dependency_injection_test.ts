/**
 * Seed: "Dependency injection".
 * @module
 */
import assert from "node:assert/strict";
import { dependency, Repid, Router, silentLogger } from "@repid/core";
import { TestClient } from "@repid/core/testing";
import { type } from "arktype";
import { test } from "../harness.ts";

const quiet = { logger: silentLogger };

test("Depends: a dependency's value is injected", async () => {
  const router = new Router();
  const greeting = dependency(() => "Hello!");
  const actor = router.actor({ name: "my_actor", deps: { greeting } }, (_, { deps }) => deps.greeting);
  await using client = new TestClient(new Repid().includeRouter(router));
  assert.equal((await client.send(actor)).result, "Hello!");
});

test("Sub-dependencies: a dependency may have dependencies of its own", async () => {
  const router = new Router();
  const subdependency = dependency(() => "world!");
  const greeting = dependency({ deps: { sub: subdependency } }, ({ deps }) => `Hello ${deps.sub}`);
  const actor = router.actor({ name: "my_actor", deps: { greeting } }, (_, { deps }) => deps.greeting);
  await using client = new TestClient(new Repid().includeRouter(router));
  assert.equal((await client.send(actor)).result, "Hello world!");
});

test("Extracting parameters from payload: a dependency asks for fields and headers", async () => {
  const router = new Router();
  const verifyUser = dependency(
    {
      payload: type({ userId: "number", verificationToken: "string" }),
      headers: type({ "X-Correlation-ID?": "string" }),
    },
    ({ payload: { userId }, headers: { "X-Correlation-ID": correlationId = "none" } }) => {
      if (userId <= 0) throw new RangeError(`Invalid userId (${correlationId})`);
      return true;
    },
  );
  const updateUser = router.actor(
    { name: "update_user", payload: type({ userId: "number" }), deps: { isVerified: verifyUser } },
    ({ userId }, { deps: { isVerified } }) => `User ${userId} is verified: ${isVerified}`,
  );
  await using client = new TestClient(new Repid(quiet).includeRouter(router));
  const sent = await client.send(updateUser, { userId: 1, verificationToken: "t" });
  assert.equal(sent.result, "User 1 is verified: true");
  const topic = { topic: "update_user" };
  const incomplete = client.sendMessageJson({ channel: "default", payload: { userId: 1 }, headers: topic });
  await assert.rejects(incomplete, /payload\.verificationToken/);
  const headers = { "X-Correlation-ID": "abc" };
  const invalid = client.send(updateUser, { userId: -1, verificationToken: "t" }, { headers });
  await assert.rejects(invalid, /Invalid userId \(abc\)/);
});

test("Sync and Async dependencies: both work", async () => {
  const router = new Router();
  const sync = dependency(() => "Hello world!");
  const asynchronous = dependency(async () => {
    await new Promise((resolve) => setTimeout(resolve, 0));
    return "Hello world!";
  });
  const actor = router.actor(
    { name: "my_actor", deps: { sync, asynchronous } },
    (_, { deps }) => deps.sync === deps.asynchronous,
  );
  await using client = new TestClient(new Repid().includeRouter(router));
  assert.equal((await client.send(actor)).result, true);
});

test("Overriding dependencies: until the override is disposed", async () => {
  const router = new Router();
  const d = dependency(() => "Hello!");
  const actor = router.actor({ name: "my_actor", deps: { d } }, (_, { deps }) => deps.d);
  await using client = new TestClient(new Repid().includeRouter(router));
  {
    using _ = d.override(() => "Overridden!");
    assert.equal((await client.send(actor)).result, "Overridden!");
  }
  assert.equal((await client.send(actor)).result, "Hello!");
});
