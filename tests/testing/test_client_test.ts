import assert from "node:assert/strict";
import { type } from "arktype";
import {
  catchAllRoutingStrategy,
  defineMessage,
  MessageValidationError,
  Repid,
  Router,
  silentLogger,
} from "../../mod.ts";
import { TestClient, type TestMessage } from "../../src/testing/mod.ts";
import { test } from "../harness.ts";

const error = new Error("on purpose");

function application() {
  const app = new Repid({ logger: silentLogger });
  const router = new Router({ channel: "c" });
  const double = router.actor({ name: "double", payload: type({ n: "number" }) }, ({ n }) => n * 2);
  const fail = router.actor({ name: "fail" }, () => Promise.reject(error));
  const chain = router.actor({ name: "chain" }, async (_, { message }) => {
    await message.send(double, { n: 1 });
    await message.replyJson({ channel: "answers", payload: { n: 2 } });
  });
  const answers = new Router({ channel: "answers" });
  answers.actor(
    { name: "answers", routingStrategy: catchAllRoutingStrategy, payload: type({ n: "number" }) },
    ({ n }) => n,
  );
  app.includeRouter(router).includeRouter(answers);
  app.messages.registerOperation({ operationId: "answering", channel: "answers" });
  app.messages.registerOperation({ operationId: "doubling", channel: "c" });
  app.messages.registerOperation({ operationId: "also doubling", channel: "c" });
  return { app, double, fail, chain };
}

test("TestClient: handles what is sent at once, and needs no server", async () => {
  const { app, double } = application();
  await using client = new TestClient(app);
  const message = await client.send(double, { n: 2 }, { server: "anything" });
  const result: number | undefined = message.result;
  assert.equal(result, 4);
  assert.deepEqual(
    [message.processed, message.success, message.error, message.acked, message.nacked, message.rejected],
    [true, true, undefined, true, false, false],
  );
  assert.deepEqual(client.getProcessedMessages(), [message]);
  assert.deepEqual(client.getSentMessages(), [message]);
  assert.ok(message.messageId && message.timestamp <= Date.now());
});

test("TestClient.processNext() handles what waits, first in, first out", async () => {
  const { app, double } = application();
  await using client = new TestClient(app, { autoProcess: false });
  for (const n of [1, 2]) await client.send(double, { n });
  assert.deepEqual(client.getProcessedMessages(), []);
  assert.deepEqual([(await client.processNext())?.result, (await client.processNext())?.result], [2, 4]);
  assert.equal(await client.processNext(), undefined);
});

test("TestClient: what actors send and reply waits, and processAll() follows it to the end", async () => {
  const { app, chain } = application();
  await using client = new TestClient(app);
  const first = await client.send(chain);
  assert.deepEqual([first.action, first.acked], ["replied", true]);
  assert.deepEqual(client.getSentMessages().map(({ channel }) => channel), ["c", "c", "answers"]);
  assert.equal(client.getProcessedMessages().length, 1);
  assert.deepEqual((await client.processAll()).map(({ result }) => result), [2, 2]);
  assert.equal(client.getProcessedMessages().length, 3);
  assert.deepEqual(await client.processAll(), []);
});

test("TestClient: what an actor throws is recorded, then thrown", async () => {
  const { app, fail } = application();
  await using client = new TestClient(app);
  await assert.rejects(client.send(fail), error);
  const [message] = client.getProcessedMessages();
  assert.deepEqual([message?.error, message?.success, message?.nacked], [error, false, true]);
});

test("TestClient: throwOnActorError off answers the message instead", async () => {
  const { app, fail } = application();
  await using client = new TestClient(app, { throwOnActorError: false });
  const message = await client.send(fail);
  assert.deepEqual([message.error, message.result, message.success], [error, undefined, false]);
  const invalid = await client.sendMessage({ channel: "c", payload: "[]", headers: { topic: "double" } });
  assert.ok(invalid.error instanceof MessageValidationError);
});

test("TestClient: a failure in processAll() leaves the rest waiting", async () => {
  const { app, fail, double } = application();
  await using client = new TestClient(app, { autoProcess: false });
  await client.send(fail);
  await client.send(double, { n: 1 });
  await assert.rejects(client.processAll(), error);
  assert.deepEqual((await client.processAll()).map(({ result }) => result), [2]);
});

test("TestClient: throwOnActorNotFound says whether a message that nobody takes is an error", async () => {
  const { app } = application();
  const stray = { channel: "c", payload: "", headers: { topic: "nobody" } };
  await using strict = new TestClient(app);
  await assert.rejects(strict.sendMessage(stray), /no actor matches it: channel "c"/);
  await using loose = new TestClient(app, { throwOnActorNotFound: false });
  const message = await loose.sendMessage(stray);
  assert.deepEqual([message.processed, message.success, message.isActedOn], [false, false, false]);
  assert.deepEqual([loose.getSentMessages().length, loose.getProcessedMessages().length], [1, 0]);
});

test("TestClient: throwOnOperationNotFound says whether an unknown operation is an error", async () => {
  const { app } = application();
  const unknown = { operationId: "unknown", payload: "" };
  await using strict = new TestClient(app);
  await assert.rejects(strict.sendMessage(unknown), RangeError);
  await using loose = new TestClient(app, { throwOnOperationNotFound: false });
  assert.equal((await loose.sendMessage(unknown)).processed, false);
  assert.equal((await loose.sendMessageJson(unknown)).processed, false);
  assert.deepEqual(loose.getSentMessages(), []);
  await assert.rejects(loose.sendMessage({ ...unknown, channel: "c" } as never), TypeError);
});

test("TestClient.getSentMessages() filters by channel or operation, which comes first", async () => {
  const { app, double, chain } = application();
  await using client = new TestClient(app, { autoProcess: false });
  await client.send(double, { n: 1 });
  await client.sendMessageJson({ operationId: "also doubling", payload: {} });
  await client.send(chain);
  await client.processNext();
  const count = (filter: object) => client.getSentMessages(filter).length;
  assert.deepEqual([count({}), count({ channel: "c" }), count({ channel: "d" })], [3, 3, 0]);
  assert.deepEqual([count({ operationId: "doubling" }), count({ operationId: "also doubling" })], [2, 1]);
  assert.equal(count({ operationId: "also doubling", channel: "elsewhere" }), 1);
  assert.equal(client.getProcessedMessages({ operationId: "doubling" }).length, 1);
  assert.equal(client.getProcessedMessages({ operationId: "answering" }).length, 0);
  // A copy each time.
  client.getSentMessages().pop();
  assert.equal(count({}), 3);
});

test("TestClient: a reply belongs to the first operation that sends to its channel", async () => {
  const { app, chain } = application();
  await using client = new TestClient(app);
  await client.send(chain);
  assert.deepEqual(client.getSentMessages({ channel: "answers" }).map((m) => m.operationId), ["answering"]);
});

test("TestClient.clear() forgets everything, what waits included; so does disposing", async () => {
  const { app, double } = application();
  for (const end of [(c: TestClient) => c.clear(), (c: TestClient) => c[Symbol.asyncDispose]()]) {
    const client = new TestClient(app, { autoProcess: false });
    await client.send(double, { n: 1 });
    await client.processNext();
    await client.send(double, { n: 1 });
    await end(client);
    assert.deepEqual([client.getSentMessages(), client.getProcessedMessages()], [[], []]);
    assert.equal(await client.processNext(), undefined);
  }
});

test("TestClient: the first action on a message counts, whoever does it", async () => {
  const { app } = application();
  const router = new Router({ channel: "twice" });
  const answers: boolean[] = [];
  const twice = router.actor({ name: "twice" }, async (_, { message }) => {
    answers.push(
      await message.nack(),
      await message.ack(),
      await message.reply({ channel: "x", payload: "" }),
    );
  });
  await using client = new TestClient(app.includeRouter(router));
  const message = await client.send(twice);
  answers.push(await message.ack(), await message.reject());
  assert.deepEqual([answers, message.action], [[true, false, false, false, false], "nacked"]);
  assert.deepEqual(client.getSentMessages({ channel: "x" }), []);
});

test("TestClient: a rejected message is not delivered again", async () => {
  const router = new Router();
  const later = router.actor({ name: "later" }, (_, { message }) => message.reject());
  await using client = new TestClient(new Repid().includeRouter(router));
  assert.equal((await client.send(later)).rejected, true);
  assert.deepEqual(await client.processAll(), []);
});

test("TestClient: a reply without a channel is an error and settles nothing", async () => {
  const router = new Router();
  const reply = router.actor({ name: "r", confirmationMode: "manual" }, (_, { message }) => {
    return message.reply({ payload: "" });
  });
  await using client = new TestClient(new Repid({ logger: silentLogger }).includeRouter(router), {
    throwOnActorError: false,
  });
  const message = await client.send(reply);
  assert.ok(message.error instanceof TypeError);
  assert.equal(message.isActedOn, false);
  const answered = await client.send(reply, undefined, { replyTo: "answers" });
  assert.deepEqual([answered.action, client.getSentMessages({ channel: "answers" }).length], ["replied", 1]);
});

test("TestClient: an error that is returned is a result", async () => {
  const router = new Router();
  const returns = router.actor({ name: "returns" }, () => error);
  await using client = new TestClient(new Repid().includeRouter(router));
  const message = await client.send(returns);
  assert.deepEqual([message.success, message.result, message.error], [true, error, undefined]);
});

test("TestClient: sees the actors there were when it was made", async () => {
  const { app } = application();
  await using before = new TestClient(app, { throwOnActorNotFound: false });
  const late = new Router({ channel: "late" });
  const actor = late.actor({ name: "late" }, () => "late");
  app.includeRouter(late);
  await using after = new TestClient(app);
  assert.deepEqual([(await before.send(actor)).processed, (await after.send(actor)).result], [false, "late"]);
});

test("TestClient: changes nothing about the application, nor about another client", async () => {
  const { app, double } = application();
  const { servers } = app;
  await using one = new TestClient(app);
  await using two = new TestClient(app);
  const answers = await Promise.all([one.send(double, { n: 1 }), two.send(double, { n: 2 })]);
  assert.deepEqual(answers.map(({ result }) => result), [2, 4]);
  assert.deepEqual([one.getSentMessages().length, two.getSentMessages().length], [1, 1]);
  assert.equal(app.servers, servers);
  await assert.rejects(app.send(double, { n: 1 }), /no server is registered/);
  assert.equal(one.messages, app.messages);
});

test("TestClient: a time limit applies, and the signal says so", async () => {
  const router = new Router();
  const slow = router.actor({ name: "slow", timeout: 1 }, (_, { signal }) => {
    return new Promise((_, reject) => signal.addEventListener("abort", () => reject(signal.reason)));
  });
  await using client = new TestClient(new Repid({ logger: silentLogger }).includeRouter(router), {
    throwOnActorError: false,
  });
  const message = await client.send(slow);
  assert.deepEqual([(message.error as Error).name, message.rejected], ["TimeoutError", true]);
});

test("TestClient.send() takes contracts, whose results are unknown to the compiler", async () => {
  const contract = defineMessage({ name: "double", channel: "c", payload: type({ n: "number" }) });
  await using client = new TestClient(application().app);
  const message: TestMessage<unknown> = await client.send(contract, { n: 3 });
  assert.equal(message.result, 6);
});
