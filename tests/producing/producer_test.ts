import assert from "node:assert/strict";
import { type } from "arktype";
import * as z from "zod";
import {
  defineMessage,
  InMemoryServer,
  MessageValidationError,
  NotConnectedError,
  Repid,
  Router,
  type Sendable,
} from "../../mod.ts";
import { TestClient } from "../../src/testing/mod.ts";
import { test } from "../harness.ts";

function connectable() {
  const app = new Repid();
  const server = app.servers.register("memory", new InMemoryServer());
  return { app, server };
}

test("Repid.sendMessage(): wants a channel or an operation, not both and not neither", async () => {
  const { app } = connectable();
  app.messages.registerOperation({ operationId: "o", channel: "c" });
  const wrong = [{ payload: "" }, { channel: "c", operationId: "o", payload: "" }] as never[];
  for (const options of wrong) {
    await assert.rejects(
      app.sendMessage(options),
      /needs either a channel or an operationId: (neither|both)/,
    );
    await assert.rejects(app.sendMessageJson(options), TypeError);
  }
});

test("Repid.sendMessage(): refuses unknown operations and servers, and says so before it connects", async () => {
  const { app } = connectable();
  await assert.rejects(app.sendMessage({ operationId: "nope", payload: "" }), RangeError);
  await assert.rejects(app.sendMessage({ channel: "c", payload: "", server: "nope" }), /"nope".*"memory"/);
  await assert.rejects(new Repid().sendMessage({ channel: "c", payload: "" }), /no server is registered/);
  await assert.rejects(app.sendMessage({ channel: "", payload: "" }), TypeError);
});

test("Repid.sendMessage(): refuses payloads and headers that are no text", async () => {
  const { app, server } = connectable();
  await using _connection = await server.connect();
  await assert.rejects(
    app.sendMessage({ channel: "c", payload: { a: 1 } as never }),
    /neither bytes nor text/,
  );
  const headers = { count: 1 } as never;
  await assert.rejects(app.sendMessage({ channel: "c", payload: "", headers }), /header "count".*number/);
  const circular: Record<string, unknown> = {};
  circular.self = circular;
  for (const payload of [undefined, () => {}, 1n, circular]) {
    await assert.rejects(app.sendMessageJson({ channel: "c", payload }), /Cannot serialize the payload/);
  }
  assert.equal(server.size("c"), 0);
});

test("Repid.sendMessage(): needs a connection", async () => {
  const { app } = connectable();
  await assert.rejects(app.sendMessage({ channel: "c", payload: "" }), NotConnectedError);
});

test("Repid.sendMessage(): leaves out headers that are undefined, passes on what it does not know", async () => {
  await using client = new TestClient(new Repid(), { autoProcess: false });
  const sent = await client.sendMessage({
    channel: "c",
    payload: "text",
    contentType: "text/plain",
    headers: { a: "1", b: undefined },
    replyTo: "answers",
    serverSpecificParameters: { maxlen: 3 },
  });
  assert.deepEqual(
    [Object.keys(sent.headers), sent.contentType, sent.replyTo, sent.serverSpecificParameters],
    [["a"], "text/plain", "answers", { maxlen: 3 }],
  );
  assert.deepEqual(sent.payload, new TextEncoder().encode("text"));
});

const noted = defineMessage({ name: "noted", channel: "c", payload: type({ "note?": "string" }) });
const dated = defineMessage({ name: "dated", channel: "c", payload: z.object({ at: z.date() }) });

test("Repid.send(): validates what it serialized, as JSON drops undefined and turns dates into text", async () => {
  await using client = new TestClient(new Repid(), { autoProcess: false });
  await client.send(noted, { note: undefined } as never);
  await assert.rejects(client.send(dated, { at: new Date(0) }), /payload.at.*date/i);
  assert.equal(client.getSentMessages().length, 1);
});

test("Repid.send(): says every issue before anything is sent", async () => {
  const { app, server } = connectable();
  await using _connection = await server.connect();
  const contract = defineMessage({
    name: "m",
    channel: "c",
    payload: type({ n: "number" }),
    headers: type({ tenant: "string" }),
  });
  const sending = app.send(contract, { n: "1" } as never, {} as never);
  await assert.rejects(sending, (error) => {
    assert.ok(error instanceof MessageValidationError);
    assert.deepEqual(error.issues.map((issue) => issue.in), ["payload", "headers"]);
    return true;
  });
  assert.equal(server.size("c"), 0);
});

test("Repid.send(): sets the header that routes, also where headers of another message are passed on", async () => {
  await using client = new TestClient(new Repid(), { autoProcess: false });
  assert.deepEqual((await client.send(noted, {})).headers, { topic: "noted" });
  const other = await client.send(noted, {}, { headers: { topic: "other", a: "b" } });
  assert.deepEqual(other.headers, { topic: "noted", a: "b" });
});

test("Repid.send(): goes to an actor's channel, from whichever router it has it", async () => {
  const app = new Repid();
  const router = new Router();
  const actor = router.actor({ name: "a" }, () => {});
  const parent = new Router({ channel: { address: "inherited" } }).includeRouter(router);
  await using before = new TestClient(app);
  await assert.rejects(before.send(actor), /names no channel and belongs to no router/);
  app.includeRouter(parent);
  await using client = new TestClient(app);
  assert.equal((await client.send(actor)).channel, "inherited");
});

test("Repid.send(): refuses what is neither a contract nor an actor", async () => {
  await using client = new TestClient(new Repid());
  for (const target of [{}, { name: 1 }, () => {}]) {
    await assert.rejects(client.send(target as Sendable), TypeError);
  }
  const { app } = connectable();
  await assert.rejects(
    app.send(undefined as never),
    /Cannot send as the target is neither a contract nor an actor/,
  );
});

test("Repid.send(): through the server named, else through the default one", async () => {
  const { app, server } = connectable();
  const other = app.servers.register("other", new InMemoryServer());
  await using _one = await server.connect();
  await using _two = await other.connect();
  await app.send(noted, {});
  await app.send(noted, {}, { server: "other" });
  await app.sendMessage({ channel: "c", payload: "", server: "other" });
  assert.deepEqual([server.size("c"), other.size("c")], [1, 2]);
});

test("Message.send(): from an actor goes through the server its message came from", async () => {
  const { app, server } = connectable();
  const other = app.servers.register("other", new InMemoryServer());
  const router = new Router({ channel: "in" });
  const actor = router.actor({ name: "a" }, async (_, { message }) => {
    await message.send(noted, { note: "x" });
    await message.sendMessageJson({ channel: "c", payload: {} });
    await message.send(noted, {}, { server: "memory" });
    await message.replyJson({ channel: "answers", payload: 1 });
  });
  app.includeRouter(router);
  await using _one = await server.connect();
  await using _two = await other.connect();
  await app.send(actor, undefined, { server: "other" });
  await app.runWorker({ server: "other", messagesLimit: 1, osSignals: [] });
  assert.deepEqual([server.size("c"), other.size("c"), other.size("answers")], [1, 2, 1]);
});

test("Message.sendMessage() sends through an operation, and through another server", async () => {
  const app = new Repid();
  const here = app.servers.register("here", new InMemoryServer());
  const there = app.servers.register("there", new InMemoryServer());
  app.messages.registerOperation({ operationId: "tell", channel: "told" });
  const router = new Router({ channel: "work" });
  const actor = router.actor({ name: "a" }, async (_, { message }) => {
    await message.sendMessage({ operationId: "tell", payload: "text" });
    await message.sendMessage({ operationId: "tell", server: "there", payload: "text" });
    await message.sendMessageJson({ channel: "told", operationId: undefined, server: "there", payload: {} });
    await message.sendMessage({ ...message, channel: "passed on", server: undefined });
  });
  app.includeRouter(router);
  await using _here = await here.connect();
  await using _there = await there.connect();
  await app.send(actor);
  await app.runWorker({ messagesLimit: 1, osSignals: [] });
  assert.deepEqual([here.size("told"), there.size("told"), here.size("passed on")], [1, 2, 1]);
});
