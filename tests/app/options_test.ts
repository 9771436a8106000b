import assert from "node:assert/strict";
import { type } from "arktype";
import {
  consoleLogger,
  defineMessage,
  dependency,
  InMemoryServer,
  Repid,
  republish,
  retry,
  Router,
} from "../../mod.ts";
import { AmqpServer } from "../../src/servers/amqp/mod.ts";
import { PubsubServer } from "../../src/servers/pubsub/mod.ts";
import { RedisServer } from "../../src/servers/redis/mod.ts";
import { refuseUnknown } from "../../src/_internal/known_options.ts";
import { openTelemetry } from "../../src/opentelemetry/mod.ts";
import { ProcessPool } from "../../src/isolated/mod.ts";
import { TestClient } from "../../src/testing/mod.ts";
import { test } from "../harness.ts";

/** What a user of plain JavaScript, or of a cast, may give. */
const wrong = (options: Record<string, unknown>): never => options as never;

const TABLE: readonly (readonly [run: () => unknown, message: RegExp])[] = [
  [() => new Repid(wrong({ loger: console })), /no such option: loger, did you mean logger\?/],
  [() => new Router(wrong({ timout: 1 })), /no such option: timout, did you mean timeout\?/],
  [
    () => new Router().actor(wrong({ name: "a", kepAlive: 1 }), () => {}),
    /"a" as .*: kepAlive, .*keepAlive\?/,
  ],
  [() => new Router().actor(wrong({ name: "a", on_error: "nack" }), () => {}), /on_error, .*onError\?/],
  [() => new Router().actor(wrong({ name: "a", retries: 3 }), () => {}), /: retries, but .*onError/],
  [() => defineMessage(wrong({ name: "m", chanel: "c" })), /"m" as .*: chanel, did you mean channel\?/],
  [() => dependency(wrong({ header: type({ a: "string" }) }), () => 1), /: header, did you mean headers\?/],
  [() => retry(wrong({ attempt: 1 })), /: attempt, did you mean attempts\?/],
  [() => republish(wrong({ delay: 1 })), /: delay, but attempts, /],
  [() => consoleLogger(wrong({ lvl: "info" })), /: lvl, /],
  [() => new InMemoryServer(wrong({ dead_letter_channel: "d" })), /did you mean deadLetterChannel\?/],
  [() => new Repid().healthHandler(wrong({ paths: "/" })), /: paths, did you mean path\?/],
  [() => new Repid().asyncApiHandler(wrong({ sidebars: false })), /: sidebars, did you mean sidebar\?/],
  [() => new Repid().asyncApiHtml(wrong({ path: "/" })), /: path, but sidebar, /],
  [
    () => new Repid().servers.register("s", new InMemoryServer(), wrong({ default: true })),
    /: default, did you mean isDefault\?/,
  ],
  [
    () => new Repid().messages.registerOperation(wrong({ operationid: "o", channel: "c" })),
    /: operationid, did you mean operationId\?/,
  ],
  [
    () => new TestClient(new Repid(), wrong({ autoproces: false })),
    /: autoproces, did you mean autoProcess\?/,
  ],
  [
    () => new RedisServer("redis://localhost", wrong({ read_timeout: 1 })),
    /: read_timeout, did you mean readTimeout\?/,
  ],
  [() => new AmqpServer("amqp://localhost", wrong({ timeout: 1 })), /: timeout, but names, /],
  [
    () => new PubsubServer("gcpubsub://projects/p", wrong({ ackDeadline: 1 })),
    /: ackDeadline, but credentials, /,
  ],
  [() => new Router().actor("greet" as never, () => {}), /Cannot register the actor .* not an object: greet/],
  [() => new Router().actor(wrong({ nam: "a" }), () => {}), /: nam, did you mean name\?/],
  [() => defineMessage("greet" as never), /Cannot define the message .* not an object: greet/],
  [() => new Router("tasks" as never), /Cannot make a router .* not an object: tasks/],
  [() => new ProcessPool(wrong({ sise: 1 })), /: sise, did you mean size\?/],
  [() => openTelemetry(wrong({ sytem: "x" })), /: sytem, did you mean system\?/],
  [() => openTelemetry(wrong({ mode: "child" })), /neither parent nor link: child/],
  [() => new Repid(null as never), /options are not an object: null/],
];

test("refuseUnknown() refuses an option that nobody knows, wherever options are given", () => {
  for (const [run, message] of TABLE) assert.throws(run, { name: "TypeError", message }, String(run));
});

test("Options of the wrong shape are refused where they are given, whatever they are", () => {
  const actor = (options: Record<string, unknown>) => () =>
    new Router().actor(wrong({ name: "a", ...options }), () => {});
  const functionsOnly = [null, 1, "x", Symbol("s"), {}];
  const shapes: readonly (readonly [make: (value: unknown) => () => unknown, values: readonly unknown[]])[] =
    [
      [(middlewares) => actor({ middlewares }), [null, 1, "x", {}, () => {}, Symbol("s"), [undefined]]],
      [(actorMiddlewares) => () => new Repid(wrong({ actorMiddlewares })), [null, 1, "x", () => {}]],
      [(producerMiddlewares) => () => new Repid(wrong({ producerMiddlewares })), [1, "x", () => {}]],
      [(deps) => actor({ deps }), [null, 1, "x", () => {}, Symbol("s"), { a: 1 }]],
      [(keepAlive) => actor({ keepAlive }), [null, "x", {}, Symbol("s")]],
      [(converter) => actor({ converter }), [null, 1, "x", {}]],
      [(defaultSerializer) => () => new Repid(wrong({ defaultSerializer })), functionsOnly],
      [(valibot) => () => new Repid(wrong({ jsonSchemaConverters: { valibot } })), functionsOnly],
      [(jsonSchemaConverters) => () => new Repid(wrong({ jsonSchemaConverters })), [null, 1, "x"]],
      [(deadLetterChannel) => () => new InMemoryServer(wrong({ deadLetterChannel })), [
        null,
        1,
        "",
        Symbol("s"),
      ]],
      [(when) => () => retry(wrong({ when })), functionsOnly],
      [(when) => () => republish(wrong({ when })), functionsOnly],
      [(parameters) => () => republish(wrong({ parameters })), functionsOnly],
      [(otherwise) => () => republish(wrong({ otherwise })), [null, "no_action", "later", Symbol("s")]],
      [(header) => () => republish(wrong({ header })), [null, 1, "", Symbol("s")]],
    ];
  for (const [make, values] of shapes) {
    for (const value of values) {
      assert.throws(make(value), { name: "TypeError", message: /^Cannot / }, `${make} ${String(value)}`);
    }
  }
  for (const value of [null, "1", Symbol("s"), NaN]) {
    for (const name of ["attempts", "delay", "backoff", "jitter"]) {
      assert.throws(() => retry(wrong({ [name]: value })), { name: "RangeError", message: /^Cannot retry/ });
    }
    assert.throws(() => republish(wrong({ attempts: value })), RangeError);
    assert.throws(actor({ timeout: value }), RangeError);
  }
});

test("Repid.runWorker() refuses an option that it does not know", async () => {
  const app = new Repid();
  app.servers.register("memory", new InMemoryServer());
  for (
    const [options, message] of [
      [{ messageLimit: 1 }, /Cannot run a worker .*: messageLimit, did you mean messagesLimit\?/],
      [{ graceful_shutdown_time: 1 }, /did you mean gracefulShutdownTime\?/],
      [{ healthCheckServer: { prot: 0 } }, /: prot, did you mean port\?/],
      [{ asyncApiServer: { host: "localhost" } }, /: host, but hostname, /],
    ] as const
  ) {
    await assert.rejects(app.runWorker(wrong(options)), { name: "TypeError", message });
  }
});

test("refuseUnknown() takes a name for another only where they are close", () => {
  const known = { port: true, path: true, hostname: true } as const;
  const refused = (name: string): string => {
    try {
      refuseUnknown("try", { [name]: 1 }, known);
      return "";
    } catch (error) {
      return (error as Error).message;
    }
  };
  assert.equal(
    refused("Host_Name"),
    "Cannot try as there is no such option: Host_Name, did you mean hostname?",
  );
  assert.equal(refused("url"), "Cannot try as there is no such option: url, but port, path, hostname");
  assert.match(refused("__proto__"), /: __proto__, but/);
  assert.match(refused("constructor"), /: constructor, but/);
});

test("new Repid() refuses a logger without the four methods, and takes the console", () => {
  const message = /Cannot use the logger as it has no methods? /;
  for (const logger of [console.log, {}, { info() {} }, "info", null]) {
    assert.throws(() => new Repid(wrong({ logger })), { name: "TypeError", message });
  }
  assert.throws(() => new Repid(wrong({ logger: { ...console, warn: 1 } })), /no method warn: object/);
  new Repid({ logger: console });
});

test("defineMessage() refuses what is not a Standard Schema, and says what it was given", () => {
  const payload = { name: "string", age: "number" };
  assert.throws(() => defineMessage(wrong({ name: "m", payload })), {
    name: "TypeError",
    message:
      'Cannot define the message "m" as its payload is not a Standard Schema: an object with name, age',
  });
  assert.throws(() => defineMessage(wrong({ name: "m", headers: "string" })), /headers are not .*: string/);
  assert.throws(() => defineMessage(wrong({ name: "m", payload: null })), /payload is not .*: null/);
  assert.throws(() => defineMessage(wrong({ name: "m", channel: "" })), /address is not a non-empty string/);
  assert.throws(
    () => new Router().actor(wrong({ name: "a", payload }), () => {}),
    /an object with name, age/,
  );
  assert.throws(() => dependency(wrong({ payload }), () => 1), /payload is not .*: an object with name, age/);
});

test("An optional field that is undefined is as one that is not given", async () => {
  const undefinedOf = (names: string): Record<string, undefined> =>
    Object.fromEntries(names.split(" ").map((name) => [name, undefined]));
  const described = undefinedOf("title summary description tags externalDocs bindings");
  const router = new Router(undefinedOf("channel middlewares timeout keepAlive converter"));
  const actor = router.actor({
    name: "a",
    ...described,
    ...undefinedOf(
      "payload headers deps confirmationMode onError onTimeout routingStrategy operation security",
    ),
    ...undefinedOf("deprecated examples correlationId reply channel middlewares timeout keepAlive converter"),
  }, () => "done");
  const app = new Repid({
    ...undefinedOf("title description tags externalDocs version termsOfService contact license logger"),
    ...undefinedOf("defaultSerializer actorMiddlewares producerMiddlewares jsonSchemaConverters"),
  }).includeRouter(router);
  app.messages.registerOperation({
    operationId: "o",
    channel: { address: "c", ...described },
    ...described,
    ...undefinedOf("messages security"),
  });
  const bare = new Repid().includeRouter(new Router().includeRouter(router));
  bare.messages.registerOperation({ operationId: "o", channel: "c" });
  assert.deepEqual(app.asyncApiDocument(), bare.asyncApiDocument());
  const server = app.servers.register("m", new InMemoryServer(), { isDefault: undefined });
  await using _connection = await server.connect();
  await app.send(actor, undefined, undefinedOf("headers replyTo server serverSpecificParameters"));
  const limits = undefinedOf("signal gracefulShutdownTime cancellationTimeout tasksLimit server");
  const servers = undefinedOf("healthCheckServer asyncApiServer");
  assert.deepEqual(await app.runWorker({ ...limits, ...servers, osSignals: [], messagesLimit: 1 }), {
    processed: 1,
  });
  await using client = new TestClient(app, undefinedOf("autoProcess throwOnActorNotFound overrides"));
  assert.equal((await client.send(actor)).result, "done");
  retry(undefinedOf("attempts delay backoff jitter when"));
  republish(undefinedOf("attempts when otherwise header parameters"));
  consoleLogger(undefinedOf("level"));
  openTelemetry(undefinedOf("system mode"));
  await new ProcessPool(undefinedOf("size killAfter")).close();
});
