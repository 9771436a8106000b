/**
 * What the suite for servers does not ask: AMQP's own words, what RabbitMQ refuses, and what rhea does wrong.
 * @module
 */
import { Repid, Router, silentLogger } from "@repid/core";
import type { Delivery, Message, MessageData, Subscription } from "@repid/core";
import { AmqpError, AmqpServer, type AmqpServerOptions, annotationsOf, modify } from "@repid/core/amqp";
import assert from "node:assert/strict";
import { execFileSync } from "node:child_process";
import { readFileSync } from "node:fs";
import { join } from "node:path";
import { freePorts, temporaryDirectory } from "../brokers/process.ts";
import { type PrivateRabbit, provideRabbit, startRabbit } from "../brokers/rabbitmq.ts";
import { skip, test } from "../harness.ts";

const found = await provideRabbit("RabbitMQ 4");
if (found.kind === "program") {
  const tls = await certificates();
  // Outside of any test, as it outlives them; it ends with the test run.
  registerTests(await startRabbit(found, { configuration: tls.configuration }), tls);
} else {
  const reason = found.kind === "url" ? "its tests need a broker of their own" : found.reason;
  skip("AmqpServer on RabbitMQ", reason);
}

function registerTests(rabbit: PrivateRabbit, tls: Certificates): void {
  const register = (name: string, fn: (connected: Connected) => Promise<void>): void => {
    test(name, async () => {
      const connected = await connect(rabbit);
      try {
        await fn(connected);
      } finally {
        await connected.close();
      }
    }, { sanitizeOps: false, sanitizeResources: false });
  };

  register(
    "AmqpServer settles accepts and rejects of one turn as what they are",
    async ({ server, subscribe }) => {
      const queue = await newQueue(rabbit);
      await publish(server, queue, numbered(100));
      const subscription = await subscribe(queue);
      const deliveries = await collect(subscription, 100);
      await Promise.all(
        deliveries.map((delivery, index) => delivery.settle(index % 2 === 0 ? "ack" : "nack")),
      );
      const dead = await subscribe(`${queue}.dead`);
      const odd = (await collect(dead, 50)).map(textOf);
      assert.deepEqual(odd.toSorted(), numbered(100).filter((_, index) => index % 2 === 1).toSorted());
      assert.deepEqual(await subscription.take(1, 200), []);
    },
  );

  register(
    "AmqpServer goes on while one message is held and 10 000 others pass",
    async ({ server, subscribe }) => {
      const queue = await newQueue(rabbit);
      const bodies = numbered(10_001);
      await publish(server, queue, bodies);
      const subscription = await subscribe(queue);
      const [held] = await subscription.take(1, 5_000);
      for (let passed = 0; passed < 10_000;) {
        const deliveries = await subscription.take(500, 5_000);
        assert.notEqual(deliveries.length, 0, `after ${passed} messages none comes`);
        passed += deliveries.length;
        await Promise.all(deliveries.map((delivery) => delivery.settle("ack")));
      }
      assert.equal(await held?.settle("ack"), "done");
      assert.deepEqual(await subscription.take(1, 200), []);
    },
  );

  register(
    "AmqpServer has no more than one message in flight where one is wanted",
    async ({ server, subscribe }) => {
      const queue = await newQueue(rabbit);
      const bodies = numbered(20);
      await publish(server, queue, bodies);
      const modest = await subscribe(queue);
      // RabbitMQ 4.0 counts deliveries from just before 2^32: each of the first takes is beyond it.
      const own: Delivery[] = [];
      for (let count = 0; count < 8; count++) own.push(...await modest.take(1, 5_000));
      assert.equal(own.length, 8);
      const rest = await collect(await subscribe(queue), 12);
      assert.deepEqual([...own, ...rest].map(textOf).toSorted(), bodies.toSorted());
    },
  );

  register("AmqpServer lets actors publish to new addresses with all room taken", async ({ server }) => {
    const [first, second] = [await newQueue(rabbit), await newQueue(rabbit)];
    const targets = await Promise.all([0, 1, 2, 3].map(() => newQueue(rabbit)));
    const app = new Repid({ logger: silentLogger });
    app.servers.register("amqp", server);
    const router = new Router();
    let next = 0;
    const forward = async (message: Message): Promise<void> => {
      await message.sendMessage({ channel: targets[next++ % 4] ?? "", payload: "onwards" });
    };
    router.actor({ name: "one", channel: first }, (_, { message }) => forward(message));
    router.actor({ name: "two", channel: second }, (_, { message }) => forward(message));
    app.includeRouter(router);
    await publish(server, first, numbered(10), "one");
    await publish(server, second, numbered(10), "two");
    assert.equal((await app.runWorker({ tasksLimit: 2, messagesLimit: 20, osSignals: [] })).processed, 20);
  });

  register("modify() gives a message back with what happened to it", async ({ server, subscribe }) => {
    const queue = await newQueue(rabbit);
    await publish(server, queue, ["again"]);
    const subscription = await subscribe(queue);
    const [first] = await subscription.take(1, 5_000);
    assert.ok(first);
    assert.equal(first.deliveryCount, 1);
    await modify(asMessage(first), { deliveryFailed: true, annotations: { "x-opt-why": "busy" } });
    const [second] = await subscription.take(1, 5_000);
    assert.ok(second);
    assert.equal(second.deliveryCount, 2);
    assert.equal(annotationsOf(second)["x-opt-why"], "busy");
    await modify(asMessage(second), { undeliverableHere: true });
    const [dead] = await (await subscribe(`${queue}.dead`)).take(1, 5_000);
    assert.ok(dead);
    assert.equal(annotationsOf(dead)["x-first-death-queue"], queue);
  });

  register(
    "AmqpServer publishes to exchanges, and rejects where nothing takes the message",
    async ({ server, subscribe }) => {
      const queue = await newQueue(rabbit);
      await rabbit.api("POST", `bindings/%2F/e/amq.topic/q/${queue}`, { routing_key: `${queue}.#` });
      await server.publish("amq.topic", toMessage("by key"), { routingKey: `${queue}.here` });
      await server.publish("anything", toMessage("by address"), {
        to: `/exchanges/amq.topic/${queue}.there`,
      });
      const texts = (await collect(await subscribe(queue), 2)).map(textOf);
      assert.deepEqual(texts.toSorted(), ["by address", "by key"]);
      await assert.rejects(server.publish("amq.topic", toMessage("nobody"), { routingKey: "nowhere" }), {
        name: "AmqpError",
        scope: "message",
        retriable: true,
      });
    },
  );

  register(
    "AmqpServer rejects a publication to a queue that does not exist, and only that",
    async ({ server }) => {
      const queue = await newQueue(rabbit);
      const outcomes = await Promise.allSettled([
        publish(server, queue, numbered(200)),
        server.publish("missing", toMessage("x"), {}),
      ]);
      assert.deepEqual(outcomes.map(({ status }) => status), ["fulfilled", "rejected"]);
      const { reason } = outcomes[1] as PromiseRejectedResult;
      assert.equal((reason as AmqpError).condition, "amqp:not-found");
      await rabbit.declareQueue("missing");
      await server.publish("missing", toMessage("x"), {});
      await rabbit.deleteQueue("missing");
    },
  );

  register(
    "AmqpServer sends more at once than rhea can hold, and to more addresses than it keeps",
    async ({ server, subscribe }) => {
      const queue = await newQueue(rabbit);
      await rabbit.api("POST", `bindings/%2F/e/amq.topic/q/${queue}`, { routing_key: "many.#" });
      const subscription = await subscribe(queue);
      await publish(server, queue, numbered(3_000));
      await Promise.all(
        numbered(80).map((key) => {
          return server.publish("amq.topic", toMessage(key), { routingKey: `many.${key}` });
        }),
      );
      assert.equal((await collect(subscription, 3_080)).length, 3_080);
    },
  );

  register(
    "AmqpServer tells a subscription whose queue is deleted, and subscribes again",
    async ({ server, subscribe }) => {
      const queue = await newQueue(rabbit);
      const subscription = await subscribe(queue);
      const broken = assert.rejects(subscription.take(1, 60_000), { name: "AmqpError", retriable: true });
      await rabbit.deleteQueue(queue);
      await broken;
      assert.equal(subscription.isActive, false);
      await assert.rejects(server.subscribe([queue]), {
        name: "AmqpError",
        condition: "amqp:not-found",
        retriable: true,
      });
      await rabbit.declareWithDeadLetters(queue);
      const again = await subscribe(queue);
      await publish(server, queue, ["back"]);
      assert.deepEqual((await again.take(1, 5_000)).map(textOf), ["back"]);
    },
  );

  register(
    "AmqpServer survives that its connections are closed, and leaves stale messages alone",
    async ({ server, subscribe }) => {
      const queue = await newQueue(rabbit);
      const subscription = await subscribe(queue);
      await publish(server, queue, ["first"]);
      const [stale] = await subscription.take(1, 5_000);
      const broken = assert.rejects(subscription.take(1, 60_000), AmqpError);
      await closeAll(rabbit);
      await broken;
      assert.equal(await stale?.settle("nack"), "lost");
      await publish(server, queue, ["second"]);
      const texts = (await collect(await subscribe(queue), 2)).map(textOf);
      assert.deepEqual(texts.toSorted(), ["first", "second"]);
    },
  );

  register("AmqpServer takes a revoked permission for passing", async ({ subscribe }) => {
    const queue = await newQueue(rabbit);
    await rabbit.api("PUT", "users/poor", { password: "p@ss/word", tags: "" });
    const permit = (read: string): Promise<unknown> =>
      rabbit.api("PUT", "permissions/%2F/poor", { configure: "", write: ".*", read });
    await permit(".*");
    const poor = await connect(rabbit, `amqp://poor:p%40ss%2Fword@127.0.0.1:${rabbit.port}/%2F`);
    await poor.subscribe(queue);
    await permit("");
    await assert.rejects(poor.subscribe(queue), { condition: "amqp:unauthorized-access", retriable: true });
    await permit(".*");
    await poor.subscribe(queue);
    await poor.close();
    await subscribe(queue);
  });

  const refused: readonly (readonly [string, string, boolean])[] = [
    ["wrong credentials", `amqp://guest:wrong@127.0.0.1:${rabbit.port}`, false],
    ["a virtual host that does not exist", `amqp://guest:guest@127.0.0.1:${rabbit.port}/nowhere`, false],
    ["a port where nobody listens", "amqp://127.0.0.1:1", true],
  ];
  for (const [what, url, retriable] of refused) {
    test(`AmqpServer.connect() rejects at once with ${what}`, async () => {
      const server = new AmqpServer(url);
      const error = await server.connect().then(() => undefined, (reason: unknown) => reason);
      assert.ok(error instanceof AmqpError);
      assert.equal(server.isRetriable(error), retriable);
      assert.match(error.message, /^Cannot connect to 127\.0\.0\.1:\d+ as /);
      assert.doesNotMatch(error.message, /wrong/);
    }, { sanitizeOps: false, sanitizeResources: false });
  }

  test("AmqpServer connects to virtual hosts, and without credentials", async () => {
    await rabbit.api("PUT", "vhosts/a%2Fb");
    await rabbit.api("PUT", "permissions/a%2Fb/guest", { configure: ".*", write: ".*", read: ".*" });
    for (const url of [`${rabbit.url}/a%2Fb`, `amqp://127.0.0.1:${rabbit.port}`]) {
      const { close, server } = await connect(rabbit, url);
      assert.equal(server.isConnected, true);
      await close();
      assert.equal(server.isConnected, false);
    }
  }, { sanitizeOps: false, sanitizeResources: false });

  test("AmqpServer speaks TLS, also to an IP address", async () => {
    const url = `amqps://guest:guest@127.0.0.1:${tls.port}`;
    const trusted = await connect(rabbit, url, { tls: { ca: tls.ca } });
    const queue = await newQueue(rabbit);
    await publish(trusted.server, queue, ["secret"]);
    assert.deepEqual((await collect(await trusted.subscribe(queue), 1)).map(textOf), ["secret"]);
    await trusted.close();
    const distrustful = new AmqpServer(url);
    const error = await distrustful.connect().then(() => undefined, (reason: unknown) => reason);
    assert.ok(error instanceof AmqpError);
    assert.equal(distrustful.isRetriable(error), false);
  }, { sanitizeOps: false, sanitizeResources: false });

  test("AmqpServer closes within its bound while the broker hangs", async () => {
    const { server, subscribe, close } = await connect(rabbit, rabbit.url, {
      timeout: 500,
      confirmTimeout: 1_000,
    });
    const queue = await newQueue(rabbit);
    const subscription = await subscribe(queue);
    await publish(server, queue, ["before"]);
    await rabbit.suspend();
    try {
      const waiting = subscription.take(1, 60_000).catch(() => []);
      const publishing = assert.rejects(server.publish(queue, toMessage("x"), {}), AmqpError);
      await subscription.close();
      await waiting;
      await publishing;
      await close();
    } finally {
      rabbit.resume();
    }
  }, { sanitizeOps: false, sanitizeResources: false });
}

interface Connected {
  readonly server: AmqpServer;
  subscribe(...channels: string[]): Promise<Subscription>;
  close(): Promise<void>;
}

async function connect(
  rabbit: PrivateRabbit,
  url = rabbit.url,
  options: AmqpServerOptions = {},
): Promise<Connected> {
  const server = new AmqpServer(url, options);
  const connection = await server.connect();
  const subscriptions: Subscription[] = [];
  return {
    server,
    async subscribe(...channels) {
      const subscription = await server.subscribe(channels);
      subscriptions.push(subscription);
      return subscription;
    },
    async close() {
      await Promise.all(subscriptions.map((subscription) => subscription.close()));
      await connection.close();
    },
  };
}

async function newQueue(rabbit: PrivateRabbit): Promise<string> {
  const name = crypto.randomUUID();
  await rabbit.declareWithDeadLetters(name);
  return name;
}

/** The management API hears of a connection a moment after it was made. */
async function closeAll(rabbit: PrivateRabbit): Promise<void> {
  while (await rabbit.closeConnections() === 0);
}

async function publish(
  server: AmqpServer,
  channel: string,
  bodies: readonly string[],
  topic = "work",
): Promise<void> {
  await Promise.all(bodies.map((body) => server.publish(channel, toMessage(body, topic), {})));
}

async function collect(subscription: Subscription, count: number): Promise<Delivery[]> {
  const deliveries: Delivery[] = [];
  while (deliveries.length < count) {
    const more = await subscription.take(count - deliveries.length, 10_000);
    assert.notEqual(more.length, 0, `only ${deliveries.length} of ${count} messages came`);
    deliveries.push(...more);
  }
  return deliveries;
}

function toMessage(body: string, topic = "work"): MessageData {
  return {
    payload: new TextEncoder().encode(body),
    headers: { topic },
    contentType: undefined,
    replyTo: undefined,
  };
}

/** What an actor would be given. */
function asMessage(delivery: Delivery): Delivery & { isActedOn: boolean; nack(): Promise<boolean> } {
  const { payload, headers, contentType, replyTo } = delivery;
  const nack = async (): Promise<boolean> => await delivery.settle("nack") === "done";
  return { ...delivery, payload, headers, contentType, replyTo, isActedOn: false, nack };
}

function textOf({ payload }: Delivery): string {
  return new TextDecoder().decode(payload);
}

function numbered(count: number): string[] {
  return Array.from({ length: count }, (_, index) => String(index).padStart(5, "0"));
}

interface Certificates {
  readonly ca: string;
  readonly port: number;
  readonly configuration: readonly string[];
}

/** An authority, and a certificate for 127.0.0.1 of it. */
async function certificates(): Promise<Certificates> {
  const folder = await temporaryDirectory("certificates");
  const [port = 0] = await freePorts(1);
  const path = (name: string): string => join(folder, name);
  const openssl = (...args: string[]): void => void execFileSync("openssl", args, { stdio: "ignore" });
  const key = (name: string): string[] => ["-newkey", "rsa:2048", "-nodes", "-keyout", path(name)];
  openssl(
    "req",
    "-x509",
    ...key("ca.key"),
    "-out",
    path("ca.pem"),
    "-days",
    "2",
    "-subj",
    "/CN=Test authority",
  );
  openssl(
    ...[
      "req",
      "-x509",
      ...key("server.key"),
      "-out",
      path("server.pem"),
      "-days",
      "2",
      "-subj",
      "/CN=localhost",
    ],
    ...[
      "-CA",
      path("ca.pem"),
      "-CAkey",
      path("ca.key"),
      "-addext",
      "subjectAltName=IP:127.0.0.1,DNS:localhost",
    ],
    ...["-addext", "basicConstraints=critical,CA:FALSE"],
  );
  return {
    ca: readFileSync(path("ca.pem"), "utf8"),
    port,
    configuration: [
      `listeners.ssl.1 = 127.0.0.1:${port}`,
      `ssl_options.cacertfile = ${path("ca.pem")}`,
      `ssl_options.certfile = ${path("server.pem")}`,
      `ssl_options.keyfile = ${path("server.key")}`,
    ],
  };
}
