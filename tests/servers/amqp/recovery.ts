/**
 * What breaks a subscription, and that it is told, seen by health checks, and made good.
 * @module
 */
import { type EventFields, type EventName, Repid, Router } from "@repid/core";
import { AmqpError, AmqpServer } from "@repid/core/amqp";
import assert from "node:assert/strict";
import type { PrivateRabbit } from "../../brokers/rabbitmq.ts";
import { test } from "../../harness.ts";
import { collect } from "../collect.ts";
import { closeAll, connect, LENIENT, newQueue, publish, type Stage, textOf } from "./stage.ts";

/** Registers them. */
export function testRecovery({ rabbit, register }: Stage): void {
  register(
    "AmqpServer tells a subscription whose queue is deleted, and subscribes again",
    async ({ server, subscribe }) => {
      const queue = await newQueue(rabbit);
      const subscription = await subscribe(queue);
      const broken = assert.rejects(subscription.take(1, 60_000), { name: "AmqpError", isRetriable: true });
      await rabbit.deleteQueue(queue);
      await broken;
      assert.equal(subscription.isActive, false);
      await assert.rejects(server.subscribe([queue]), {
        name: "AmqpError",
        condition: "amqp:not-found",
        isRetriable: true,
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
    await assert.rejects(poor.subscribe(queue), { condition: "amqp:unauthorized-access", isRetriable: true });
    await permit(".*");
    await poor.subscribe(queue);
    await poor.close();
    await subscribe(queue);
  });

  for (const { what, begin, end, condition } of FAULTS) {
    test(`AmqpServer consumes again after ${what}, and health checks and events tell of it`, async () => {
      const [own, other] = [await newQueue(rabbit), await newQueue(rabbit)];
      const worker = new WatchedWorker(rabbit, own, other);
      await worker.consumes();
      assert.equal(await worker.isReady(), true);
      const failed = worker.next("worker.consumer.retry");
      await begin(rabbit, other);
      const { error } = await failed;
      assert.ok(error instanceof AmqpError, String(error));
      assert.equal(await worker.isReady(), false);
      // With what is wrong still wrong it goes on trying, and says why it cannot.
      if (condition !== undefined) {
        while (worker.lastCondition !== condition) await worker.next("worker.consumer.retry");
        assert.equal(await worker.isReady(), false);
      }
      await end(rabbit, other);
      await worker.consumes();
      assert.equal(await worker.isReady(), true);
      const publisher = await connect(rabbit);
      await publish(publisher.server, own, ["to one"]);
      await publish(publisher.server, other, ["to the other"]);
      await worker.handles(2);
      await publisher.close();
      await worker.stop();
    }, LENIENT);
  }
}

interface Fault {
  readonly what: string;
  readonly begin: (rabbit: PrivateRabbit, queue: string) => Promise<unknown>;
  readonly end: (rabbit: PrivateRabbit, queue: string) => Promise<unknown>;
  /** What subscribing is refused with meanwhile. */
  readonly condition?: string;
}

const FAULTS: readonly Fault[] = [
  {
    what: "a queue was deleted",
    // First the link is detached; then each new session is ended, as it asks for what is not there.
    begin: (rabbit, queue) => rabbit.deleteQueue(queue),
    end: (rabbit, queue) => rabbit.declareWithDeadLetters(queue),
    condition: "amqp:not-found",
  },
  {
    what: "its permission was revoked and its connection closed",
    async begin(rabbit) {
      await permit(rabbit, "");
      await closeAll(rabbit);
    },
    end: (rabbit) => permit(rabbit, ".*"),
    condition: "amqp:unauthorized-access",
  },
  {
    what: "RabbitMQ hung",
    begin: (rabbit) => rabbit.suspend(),
    end: (rabbit) => Promise.resolve(rabbit.resume()),
  },
];

async function permit(rabbit: PrivateRabbit, read: string): Promise<void> {
  await rabbit.api("PUT", "permissions/%2F/worker", { configure: "", write: ".*", read });
}

/** A worker as a user of its own, with what it reports. */
class WatchedWorker {
  readonly #app: Repid;
  readonly #waiting: { readonly event: string; readonly resolve: (fields: never) => void }[] = [];
  readonly #stopping = new AbortController();
  readonly #running: Promise<unknown>;
  readonly #started: Promise<unknown>;
  #handled = 0;
  #onHandled = (): void => {};
  /** What the last failure was called by the broker. */
  lastCondition: string | undefined;

  constructor(rabbit: PrivateRabbit, ...channels: readonly string[]) {
    const hear = (event: string, fields: unknown): void => this.#hear(event, fields);
    this.#app = new Repid({ logger: { debug: hear, info: hear, warn: hear, error: hear } });
    const url = `amqp://worker:worker@127.0.0.1:${rabbit.port}`;
    this.#app.servers.register("amqp", new AmqpServer(url, { connectTimeout: 2_000, idleTimeout: 2_000 }));
    for (const channel of channels) {
      const router = new Router({ channel });
      router.actor({ name: "work" }, () => {
        this.#handled++;
        this.#onHandled();
      });
      this.#app.includeRouter(router);
    }
    this.#started = this.next("worker.consumer.start");
    this.#running = this.#start(rabbit);
  }

  async #start(rabbit: PrivateRabbit): Promise<void> {
    await rabbit.api("PUT", "users/worker", { password: "worker", tags: "" });
    await permit(rabbit, ".*");
    await this.#app.runWorker({ osSignals: [], signal: this.#stopping.signal });
  }

  /** Resolves with the fields of the next event of that name. */
  next<Name extends EventName>(event: Name): Promise<EventFields[Name]> {
    return new Promise((resolve) => this.#waiting.push({ event, resolve }));
  }

  /** Resolves when it consumes; at once where it does already. */
  async consumes(): Promise<void> {
    await this.#started;
    while (!await this.isReady()) await this.next("worker.consumer.start");
  }

  /** Resolves when it has handled so many. */
  async handles(count: number): Promise<void> {
    await new Promise<void>((resolve) => {
      this.#onHandled = () => {
        if (this.#handled >= count) resolve();
      };
      this.#onHandled();
    });
  }

  async isReady(): Promise<boolean> {
    return (await this.#app.healthHandler()(new Request("http://localhost/readyz"))).status === 200;
  }

  async stop(): Promise<void> {
    this.#stopping.abort();
    await this.#running;
  }

  #hear(event: string, fields: unknown): void {
    const { error } = fields as { readonly error?: unknown };
    if (error instanceof AmqpError) this.lastCondition = error.condition;
    for (const one of this.#waiting.splice(0)) {
      if (one.event === event) one.resolve(fields as never);
      else this.#waiting.push(one);
    }
  }
}
