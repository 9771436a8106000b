/**
 * What users of plain JavaScript do by mistake, and what must not hang, end the process or vanish silently then.
 * @module
 */
import assert from "node:assert/strict";
import {
  type ActorOptions,
  consoleLogger,
  type Converter,
  defineMessage,
  dependency,
  InMemoryServer,
  type Logger,
  Repid,
  type RepidOptions,
  Router,
  silentLogger,
  unchecked,
} from "../../mod.ts";
import { override, TestClient } from "../../src/testing/mod.ts";
import { test } from "../harness.ts";
import { handleOne, json } from "../execution/one_message.ts";

/** What does not let itself be looked at. */
const unspeakable = new Proxy({}, {
  get: () => assert.fail("get"),
  getPrototypeOf: () => assert.fail("getPrototypeOf"),
});

interface Stage {
  readonly app: Repid;
  readonly server: InMemoryServer;
  readonly router: Router;
}

function stage(options: RepidOptions = {}, deadLetterChannel: unknown = "dead"): Stage {
  const app = new Repid({ logger: silentLogger, ...options });
  const server = app.servers.register("memory", new InMemoryServer({ deadLetterChannel } as never));
  const router = new Router({ channel: "jobs" });
  app.includeRouter(router);
  return { app, server, router };
}

/** Handles one message, which was sent before. */
async function work({ app }: Stage, messagesLimit = 1): Promise<void> {
  await app.runWorker({ messagesLimit, osSignals: [] });
}

test("Execution.handle() settles a message whatever its policy throws", async () => {
  const onError = () => {
    throw unspeakable;
  };
  const { settlements, events } = await handleOne({ onError }, () => Promise.reject(new Error("first")));
  assert.deepEqual(settlements, ["nack"]);
  assert.ok(events.includes("actor.policy.error"));
});

test("Logger: a method that rejects later does not end the process", async () => {
  let logged = 0;
  const method = async (): Promise<void> => {
    logged++;
    await Promise.resolve();
    throw new Error("the disk is full");
  };
  const logger = { debug: method, info: method, warn: method, error: method } as unknown as Logger;
  const on = stage({ logger });
  const job = on.router.actor({ name: "job" }, () => {});
  await using _connection = await on.server.connect();
  await on.app.send(job);
  await work(on);
  assert.ok(logged > 0);
});

test("consoleLogger() writes an event whatever was thrown", () => {
  const lines: unknown[][] = [];
  const { error } = console;
  console.error = (...parts) => void lines.push(parts);
  try {
    const where = { actor: "a", channel: "c", messageId: "1", action: "nacked" };
    consoleLogger().error("actor.run.error", { ...where, error: unspeakable });
  } finally {
    console.error = error;
  }
  const [[text] = []] = lines;
  assert.match(String(text), /actor\.run\.error actor=a.*\n {2}\(something that cannot be shown\)$/);
});

test("Repid.send() refuses options that it does not know, and headers that would be lost", async () => {
  const { app, server } = stage();
  const job = defineMessage({ name: "job", channel: "jobs" });
  await using _connection = await server.connect();
  const refused: readonly (readonly [options: unknown, message: RegExp])[] = [
    [{ header: { a: "b" } }, /Cannot send "job" as there is no such option: header, did you mean headers\?/],
    [{ delay: 1_000 }, /: delay, but headers, replyTo, server, serverSpecificParameters/],
    [null, /options are not an object: null/],
    [{ headers: new Headers({ a: "b" }) }, /headers as they are not a plain object: \[object Headers\]/],
    [{ headers: new Map() }, /\[object Map\]/],
    [{ headers: "a: b" }, /\[object String\]/],
    [{ headers: null }, /\[object Null\]/],
    [{ replyTo: "" }, /replyTo is not a non-empty string: ""/],
    [{ replyTo: 5 }, /replyTo is not a non-empty string: number/],
  ];
  for (const [options, message] of refused) {
    await assert.rejects(app.send(job, undefined, options as never), { name: "TypeError", message });
  }
  for (const options of [{ header: {} }, { contentType: 5 }, { headers: [] }, { delay: 5 }]) {
    const wrong = { channel: "jobs", payload: "", ...options } as never;
    await assert.rejects(app.sendMessage(wrong), TypeError);
    await assert.rejects(app.sendMessageJson(wrong), TypeError);
  }
  await assert.rejects(app.sendMessage(undefined as never), /options are not an object: undefined/);
  assert.equal(server.size("jobs"), 0);
});

test("Message.sendMessage() passes a message on as it came, its id and count left behind", async () => {
  const on = stage();
  const job = on.router.actor({ name: "job" }, async (_, { message }) => {
    await message.sendMessage({ ...message, channel: "other" });
  });
  await using _connection = await on.server.connect();
  await on.app.send(job);
  await work(on);
  assert.equal(on.server.size("other"), 1);
});

test("Message.reply() refuses headers that would be lost", async () => {
  const { outcome } = await handleOne({}, async (_, { message }) => {
    await message.reply({ channel: "answers", payload: "", headers: new Headers() as never });
  });
  assert.ok(outcome.kind === "threw" && outcome.error instanceof TypeError);
});

test("Repid.send() takes text from encoders for text, and refuses what is neither text nor bytes", async () => {
  const payloads: [body: unknown, expected: string | undefined][] = [
    ["[1]", "[1]"],
    [new TextEncoder().encode("[1]"), "[1]"],
    [Promise.resolve("[1]"), undefined],
    [undefined, undefined],
  ];
  for (const [body, expected] of payloads) {
    const converter = { decode: () => 1, encode: () => body } as unknown as Converter;
    const on = stage({ defaultSerializer: (() => body) as never });
    const seen: string[] = [];
    const [byConverter, bySerializer] = [converter, undefined].map((converter) =>
      on.router.actor(
        { name: "job", channel: converter ? "one" : "other", payload: unchecked<number>(), converter },
        (_, { message }) => void seen.push(message.text()),
      )
    );
    assert.ok(byConverter && bySerializer);
    await using _connection = await on.server.connect();
    for (const actor of [byConverter, bySerializer]) {
      const sending = on.app.send(actor, 1);
      await (expected === undefined ? assert.rejects(sending) : sending);
    }
    if (expected === undefined) continue;
    await work(on, 2);
    assert.deepEqual(seen, [expected, expected]);
  }
});

test("Converter.decode() that answers a promise makes the message invalid", async () => {
  const converter = { decode: () => Promise.reject(new Error("later")) };
  const { settlements, outcome } = await handleOne(
    { payload: unchecked<number>(), converter },
    () => assert.fail("it ran"),
    { message: json(1) },
  );
  assert.deepEqual([settlements, outcome.kind], [["nack"], "invalid"]);
  assert.match(String(outcome.kind === "invalid" && outcome.error), /decode\(\) must not be async/);
});

test("RoutingStrategy.matches() that answers a promise matches nothing, and is reported", async () => {
  const reported: string[] = [];
  const note = (event: string): void => void reported.push(event);
  const on = stage({ logger: { ...silentLogger, warn: note, error: note } });
  const options = { routingStrategy: { matches: () => Promise.resolve(true) } } as unknown as ActorOptions;
  on.router.actor({ ...options, name: "any" }, () => assert.fail("it ran"));
  let ran = 0;
  const job = on.router.actor({ name: "job" }, () => void ran++);
  await using _connection = await on.server.connect();
  await on.app.send(job);
  await work(on);
  assert.deepEqual([ran, reported], [1, ["actor.route.error"]]);
});

test("InMemoryServer: a dead-letter channel without a name loses no message", async () => {
  const reported: string[] = [];
  const note = (event: string): void => void reported.push(event);
  const on = stage({ logger: { ...silentLogger, error: note } }, () => undefined);
  const job = on.router.actor({ name: "job" }, () => assert.fail("on purpose"));
  await using _connection = await on.server.connect();
  await on.app.send(job);
  await work(on);
  assert.deepEqual([on.server.size("jobs"), reported], [1, ["message.settle.error", "actor.run.error"]]);
});

test("Repid.runWorker() refuses signals and durations that are none", async () => {
  const { app, router } = stage();
  router.actor({ name: "job" }, () => {});
  const osSignals = ["SIGINT", null, ["SIGNOPE"], ["SIGKILL"], [1]].map((osSignals) => ({ osSignals }));
  for (const options of [{ signal: {} }, { signal: "x" }, ...osSignals]) {
    await assert.rejects(app.runWorker(options as never), {
      name: "TypeError",
      message: /^Cannot run a worker/,
    });
  }
  for (const options of [{ gracefulShutdownTime: null }, { cancellationTimeout: "5" }, { tasksLimit: "5" }]) {
    await assert.rejects(app.runWorker(options as never), RangeError);
  }
});

test("new Router() and new Repid() keep their options as they were given", async () => {
  const options = { channel: "jobs" };
  const router = new Router(options);
  const job = router.actor({ name: "job" }, () => {});
  options.channel = "elsewhere";
  const { app, server } = stage();
  app.includeRouter(router);
  await using _connection = await server.connect();
  await app.send(job);
  assert.deepEqual([server.size("jobs"), server.size("elsewhere")], [1, 0]);
  assert.throws(() => Object.assign(app.options, { title: "other" }), TypeError);
});

test("Repid.send() looks for the places of all actors at once", async () => {
  const { app, server, router } = stage();
  const jobs = Array.from({ length: 10_000 }, (_, i) => router.actor({ name: `job ${i}` }, () => {}));
  await using _connection = await server.connect();
  // One by one it took minutes.
  for (const job of jobs) await app.send(job);
  assert.equal(server.size("jobs"), jobs.length);
});

test("TestClient.processAll() ends where a chain of messages has no end", async () => {
  const router = new Router();
  const poll = router.actor({ name: "poll", channel: "jobs" }, async (_, { message }) => {
    await message.send(poll, undefined);
  });
  await using client = new TestClient(new Repid().includeRouter(router));
  await client.send(poll, undefined);
  await assert.rejects(client.processAll(), /more of them keep coming: 10000 were processed/);
});

test("TestClient: refuses what is no application, no filter and no target", async () => {
  for (const app of [null, {}, new Router()]) {
    assert.throws(() => new TestClient(app as never), /the first argument is not an application/);
  }
  await using client = new TestClient(new Repid());
  assert.throws(() => client.getSentMessages({ chanel: "jobs" } as never), /chanel, did you mean channel\?/);
  assert.throws(() => client.getProcessedMessages({ name: "a" } as never), /no such option: name/);
  await assert.rejects(
    client.send(null as never, undefined as never, {} as never),
    /neither a contract nor an actor: null/,
  );
  await assert.rejects(client.sendMessage(null as never), /options are not an object: null/);
});

test("override() and Dependency.override() refuse a value where a function is wanted", () => {
  const now = dependency(() => 1);
  assert.throws(() => now.override(5 as never), /the replacement is not a function: number/);
  assert.throws(() => override(now, 5 as never), /the replacement is not a function: number/);
  assert.throws(() => override((() => 1) as never, () => 1), /not made with dependency\(\): function/);
});
