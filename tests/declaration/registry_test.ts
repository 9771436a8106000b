import assert from "node:assert/strict";
import { type } from "arktype";
import { defineMessage, InMemoryServer, MessageRegistry, Repid, ServerRegistry } from "../../mod.ts";
import { TestClient } from "../../src/testing/mod.ts";
import { test } from "../harness.ts";

test("ServerRegistry: the first server is the default, until another is made so", () => {
  const servers = new ServerRegistry();
  assert.throws(() => servers.default, /no server is registered/);
  const first = servers.register("first", new InMemoryServer());
  const second = servers.register("second", new InMemoryServer());
  assert.equal(servers.default, first);
  assert.equal(servers.get(), first);
  servers.setDefault("second");
  assert.equal(servers.default, second);
  const third = servers.register("third", new InMemoryServer(), { isDefault: true });
  assert.equal(servers.default, third);
  assert.deepEqual([...servers.entries()].map(([name]) => name), ["first", "second", "third"]);
});

test("ServerRegistry: a name used again replaces its server", () => {
  const servers = new ServerRegistry();
  servers.register("one", new InMemoryServer());
  const again = servers.register("one", new InMemoryServer());
  assert.equal(servers.get("one"), again);
  assert.equal(servers.default, again);
});

test("ServerRegistry: refuses names it does not know, and those that are none", () => {
  const servers = new ServerRegistry();
  servers.register("one", new InMemoryServer());
  assert.throws(() => servers.get("two"), /"two" as it is not registered: there is "one"/);
  assert.throws(() => servers.setDefault("two"), RangeError);
  assert.throws(() => servers.register("", new InMemoryServer()), TypeError);
  assert.deepEqual([servers.has("one"), servers.has("__proto__")], [true, false]);
});

test("MessageRegistry.register(): makes an operation of a contract", async () => {
  const app = new Repid();
  const welcome = defineMessage({
    name: "welcome",
    channel: "email",
    title: "Welcome",
    payload: type({ userId: "number" }),
  });
  app.messages.register(welcome);
  const operation = app.messages.get("welcome");
  assert.deepEqual([operation.channel.address, operation.title], ["email", "Welcome"]);
  assert.deepEqual(operation.messages, [welcome]);
  await using client = new TestClient(app, { autoProcess: false });
  await client.send(welcome, { userId: 1 });
  await client.sendMessageJson({ operationId: "welcome", payload: {} });
  assert.equal(client.getSentMessages({ operationId: "welcome" }).length, 2);
});

test("MessageRegistry: refuses what has no name or no channel; a name used again replaces", () => {
  const messages = new MessageRegistry();
  assert.throws(() => messages.registerOperation({ operationId: "", channel: "c" }), TypeError);
  assert.throws(() => messages.registerOperation({ operationId: "o", channel: "" }), TypeError);
  assert.throws(() => messages.registerOperation({ operationId: "o", channel: {} as never }), TypeError);
  assert.throws(() => messages.register(defineMessage({ name: "m" })), /names no channel/);
  messages.registerOperation({ operationId: "o", channel: "one" });
  messages.registerOperation({ operationId: "o", channel: { address: "two", title: "Two" } });
  assert.deepEqual([...messages.entries()].map(([id, { channel }]) => [id, channel.address]), [["o", "two"]]);
  assert.deepEqual([messages.has("o"), messages.has("__proto__")], [true, false]);
  assert.throws(() => messages.get("p"), {
    name: "RangeError",
    message: 'Cannot use the operation "p" as it is not registered: there is "o"',
  });
});
