/**
 * The worker at the application: limits, shutdown, time limits, poison, what is reported.
 * @module
 */
import assert from "node:assert/strict";
import type { EventFields, EventName, Logger } from "../../src/contract/events.ts";
import {
  type ActorContext,
  type ActorOptions,
  InMemoryServer,
  Repid,
  type WorkerOptions,
  type WorkerResult,
} from "../../mod.ts";
import { Router } from "../../src/declaration/router.ts";
import type { Delivery, Server, Subscription } from "../../src/contract/server.ts";
import { breakServer, settling } from "../conformance/broken_server.ts";
import { test } from "../harness.ts";

type Handle = (context: ActorContext) => unknown;
type Logged = readonly [event: EventName, fields: Readonly<Record<string, unknown>>];

/** An application with one actor, one channel and a record of its events. */
class Fixture {
  readonly server: InMemoryServer = new InMemoryServer({ deadLetterChannel: "dead" });
  readonly events: Logged[] = [];
  readonly app: Repid;
  readonly #waiting = new Map<EventName, () => void>();

  constructor(
    handle: Handle,
    options: Partial<ActorOptions> = {},
    around: (server: Server) => Server = (it) => it,
  ) {
    const log = <E extends EventName>(event: E, fields: EventFields[E]): void => {
      this.events.push([event, fields as Readonly<Record<string, unknown>>]);
      this.#waiting.get(event)?.();
    };
    this.app = new Repid({ logger: { debug: log, info: log, warn: log, error: log } satisfies Logger });
    this.app.servers.register("memory", around(this.server));
    const router = new Router({ channel: "jobs" });
    router.actor(
      { ...options, name: "work" } as never,
      ((_: unknown, context: ActorContext) => handle(context)) as never,
    );
    this.app.includeRouter(router);
  }

  async run(messages: number, options: WorkerOptions = {}, topic = "work"): Promise<WorkerResult> {
    const connection = await this.server.connect();
    for (let index = 0; index < messages; index++) {
      const serverSpecificParameters = { message_id: `m${index}` };
      await this.app.sendMessage({
        channel: "jobs",
        payload: "",
        headers: { topic },
        serverSpecificParameters,
      });
    }
    try {
      return await this.app.runWorker({ osSignals: [], ...options });
    } finally {
      await connection.close();
    }
  }

  next(event: EventName): Promise<void> {
    return new Promise((resolve) => void this.#waiting.set(event, resolve));
  }

  fieldsOf(event: EventName): readonly Readonly<Record<string, unknown>>[] {
    return this.events.filter(([name]) => name === event).map(([, fields]) => fields);
  }
}

function untilAborted(signal: AbortSignal): Promise<never> {
  return new Promise((_, reject) => signal.addEventListener("abort", () => reject(signal.reason)));
}

test("Repid.runWorker({ messagesLimit: 2 }) handles exactly two of fifty messages", async () => {
  let handled = 0;
  const fixture = new Fixture(() => void handled++);
  const { processed } = await fixture.run(50, { messagesLimit: 2 });
  assert.deepEqual({ handled, processed, left: fixture.server.size("jobs") }, {
    handled: 2,
    processed: 2,
    left: 48,
  });
});

test("Repid.runWorker({ messagesLimit: 0 }) takes nothing", async () => {
  const fixture = new Fixture(() => assert.fail());
  assert.deepEqual(await fixture.run(3, { messagesLimit: 0 }), { processed: 0 });
  assert.equal(fixture.server.size("jobs"), 3);
});

test("Repid.runWorker({ tasksLimit: 1 }) drains fifty messages, one at a time", async () => {
  let running = 0;
  let most = 0;
  const fixture = new Fixture(async () => {
    most = Math.max(most, ++running);
    await Promise.resolve();
    running--;
  });
  const { processed } = await fixture.run(50, { messagesLimit: 50, tasksLimit: 1 });
  assert.deepEqual({ processed, most, left: fixture.server.size("jobs") }, {
    processed: 50,
    most: 1,
    left: 0,
  });
});

for (const [settlement, handled] of [["ack", 4], ["reject", 2], ["nack", 2]] as const) {
  test(`Repid.runWorker({ tasksLimit: 2 }) handles ${handled} messages before the broker answers the first ${settlement}`, async () => {
    const answer = Promise.withResolvers<void>();
    let begun = 0;
    const fixture = new Fixture(
      () => {
        begun++;
        return settlement;
      },
      { confirmationMode: "manual_explicit" },
      (server) => breakServer(server, { delivery: (delivery) => answeredAfter(delivery, answer.promise) }),
    );
    const running = fixture.run(6, { messagesLimit: 6, tasksLimit: 2 });
    // What can go on at once has gone on by then.
    for (let turn = 0; turn < 20; turn++) await new Promise((resolve) => setTimeout(resolve, 0));
    const before = begun;
    answer.resolve();
    await running;
    assert.deepEqual({ before, begun }, { before: handled, begun: 6 });
  });
}

test("Repid.runWorker({ tasksLimit: Infinity }) asks for numbers that a broker can take", async () => {
  const asked: number[] = [];
  const stop = new AbortController();
  let handled = 0;
  const fixture = new Fixture(() => ++handled === 3 && stop.abort(), {}, (server) =>
    breakServer(server, {
      take: (subscription, max, wait) => {
        asked.push(max);
        return subscription.take(max, wait);
      },
    }));
  assert.deepEqual(await fixture.run(3, { tasksLimit: Infinity, signal: stop.signal }), { processed: 3 });
  assert.ok(asked.every(Number.isSafeInteger), String(asked));
});

/** A delivery whose settlements are answered late. */
function answeredAfter(delivery: Delivery, answer: Promise<void>): Delivery {
  return settling(delivery, async (settlement) => {
    const result = await delivery.settle(settlement);
    await answer;
    return result;
  });
}

test("Repid.runWorker() refuses limits out of range", async () => {
  const fixture = new Fixture(() => {});
  for (
    const options of [{ tasksLimit: 0 }, { messagesLimit: -1 }, { gracefulShutdownTime: -1 }, {
      tasksLimit: NaN,
    }]
  ) {
    await assert.rejects(fixture.app.runWorker(options), RangeError);
  }
});

test("Repid.runWorker() has nothing to do without actors", async () => {
  const events: string[] = [];
  const log = (event: string): void => void events.push(event);
  const app = new Repid({ logger: { debug: log, info: log, warn: log, error: log } });
  app.servers.register("memory", new InMemoryServer());
  assert.deepEqual(await app.runWorker(), { processed: 0 });
  assert.deepEqual(events, ["worker.run.no_actors"]);
});

test("Repid.runWorker() with an aborted signal takes nothing", async () => {
  const fixture = new Fixture(() => assert.fail());
  assert.deepEqual(await fixture.run(3, { signal: AbortSignal.abort() }), { processed: 0 });
  assert.equal(fixture.server.size("jobs"), 3);
});

test("Repid.runWorker() lets running handlers finish, then takes no more", async () => {
  const stop = new AbortController();
  const finish = Promise.withResolvers<void>();
  const fixture = new Fixture(async ({ signal }) => {
    stop.abort();
    await finish.promise;
    assert.ok(!signal.aborted);
  });
  const shuttingDown = fixture.next("worker.shutdown.start");
  const running = fixture.run(5, { tasksLimit: 1, signal: stop.signal });
  await shuttingDown;
  finish.resolve();
  assert.deepEqual(await running, { processed: 1 });
  assert.equal(fixture.server.size("jobs"), 4);
});

test("Repid.runWorker() aborts what outlives the grace period, and puts it back", async () => {
  const stop = new AbortController();
  const reasons: unknown[] = [];
  const fixture = new Fixture(async ({ signal }) => {
    stop.abort();
    await untilAborted(signal).catch((reason) => reasons.push(reason.name));
    throw new Error("Whatever it does now, it was interrupted");
  });
  assert.deepEqual(await fixture.run(1, { signal: stop.signal, gracefulShutdownTime: 0 }), { processed: 0 });
  assert.deepEqual(reasons, ["AbortError"]);
  assert.equal(fixture.server.size("jobs"), 1);
  assert.deepEqual(fixture.fieldsOf("worker.shutdown.timeout"), [{
    messages: [{ actor: "work", channel: "jobs", messageId: "m0" }],
  }]);
});

test("Repid.runWorker() puts back unsettled messages of manual actors when it stops", async () => {
  for (const confirmationMode of ["manual", "manual_explicit"] as const) {
    const fixture = new Fixture(() => "no_action", { confirmationMode });
    assert.deepEqual(await fixture.run(3, { messagesLimit: 3 }), { processed: 3 });
    assert.equal(fixture.server.size("jobs"), 3);
    const warnings = fixture.fieldsOf("actor.run.unsettled").length;
    assert.equal(warnings, confirmationMode === "manual" ? 3 : 0);
  }
});

test("Repid.runWorker() gives the slot of a handler back that ignores its time limit, and counts it", async () => {
  const end = Promise.withResolvers<void>();
  const late: unknown[] = [];
  let handled = 0;
  const fixture = new Fixture(async ({ message, signal }) => {
    if (handled++ > 0) return;
    await end.promise;
    assert.equal(signal.reason.name, "TimeoutError");
    late.push(await message.ack());
  }, { timeout: 10, onTimeout: "nack" });
  const ended = fixture.next("actor.abandoned.end");
  await fixture.run(3, { messagesLimit: 3, tasksLimit: 1, cancellationTimeout: 10 });
  assert.equal(fixture.server.size("dead"), 1);
  assert.equal(fixture.fieldsOf("actor.run.abandoned")[0]?.["abandoned"], 1);
  end.resolve();
  await ended;
  assert.deepEqual({ late, handled }, { late: [false], handled: 3 });
  assert.equal(fixture.fieldsOf("actor.abandoned.end")[0]?.["abandoned"], 0);
});

test("Repid.runWorker() puts a message back nine times that no actor matches, and gives it up the tenth time", async () => {
  const stop = new AbortController();
  const fixture = new Fixture(() => {});
  void fixture.next("actor.route.poison_message").then(() => stop.abort());
  await fixture.run(1, { signal: stop.signal }, "nobody");
  const attempts = fixture.fieldsOf("actor.route.not_found").map(({ attempt }) => attempt);
  assert.deepEqual(attempts, [1, 2, 3, 4, 5, 6, 7, 8, 9]);
  assert.deepEqual({ left: fixture.server.size("jobs"), dead: fixture.server.size("dead") }, {
    left: 0,
    dead: 1,
  });
});

test("Repid.runWorker() reports an event loop that was blocked", async () => {
  const stop = new AbortController();
  const fixture = new Fixture(() => {
    const until = performance.now() + 1_700;
    while (performance.now() < until);
  });
  void fixture.next("worker.event_loop.blocked").then(() => stop.abort());
  await fixture.run(1, { signal: stop.signal });
  const [{ lag } = {}] = fixture.fieldsOf("worker.event_loop.blocked");
  assert.ok(typeof lag === "number" && lag > 1_000);
});

test("Repid.runWorker() rejects with what its server calls final, once its handlers are done", async () => {
  const finish = Promise.withResolvers<void>();
  const broken = new Error("Cannot consume as the credentials are wrong");
  let finished = false;
  const fixture = new Fixture(
    async () => {
      await finish.promise;
      finished = true;
    },
    {},
    (server) => failingSecondTake(server, broken),
  );
  const shuttingDown = fixture.next("worker.shutdown.start");
  const running = fixture.run(1);
  await shuttingDown;
  finish.resolve();
  await assert.rejects(running, broken);
  assert.ok(finished);
  assert.equal(fixture.fieldsOf("worker.consumer.error")[0]?.["error"], broken);
});

/** A server that breaks once a message was taken. */
function failingSecondTake(server: Server, error: Error): Server {
  const wrap = (subscription: Subscription): Subscription => {
    let takes = 0;
    return new Proxy(subscription, {
      get: (target, key) => {
        if (key === "take" && takes++ > 0) return () => Promise.reject(error);
        const value = Reflect.get(target, key, target);
        return typeof value === "function" ? value.bind(target) : value;
      },
    });
  };
  return new Proxy(server, {
    get: (target, key) => {
      if (key === "subscribe") return async (channels: string[]) => wrap(await target.subscribe(channels));
      const value = Reflect.get(target, key, target);
      return typeof value === "function" ? value.bind(target) : value;
    },
  });
}

test("Repid.runWorker() and its health check count the same messages as running", async () => {
  const [sent, answer] = [Promise.withResolvers<void>(), Promise.withResolvers<void>()];
  let acknowledged = 0;
  const delivery = (inner: Delivery): Delivery =>
    settling(inner, async (action) => {
      if (++acknowledged === 3) sent.resolve();
      await answer.promise;
      return await inner.settle(action);
    });
  const fixture = new Fixture(() => {}, {}, (server) => breakServer(server, { delivery }));
  const stop = new AbortController();
  const running = fixture.run(3, { signal: stop.signal });
  await sent.promise;
  const shutdown = fixture.next("worker.shutdown.start");
  stop.abort();
  await shutdown;
  const response = await fixture.app.healthHandler()(new Request("http://localhost/healthz"));
  const { workers: [health] } = await response.json();
  answer.resolve();
  await running;
  assert.deepEqual([fixture.fieldsOf("worker.shutdown.start"), health.running], [[{ running: 0 }], 0]);
});
