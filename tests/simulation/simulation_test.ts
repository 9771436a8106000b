/**
 * Thousands of random runs of a worker, and proof that they would notice.
 *
 * `SIMULATION_SEED=123 SIMULATION_RUNS=1` replays one run.
 * @module
 */
import assert from "node:assert/strict";
import { env } from "node:process";
import type { Delivery, Server, Subscription } from "../../src/contract/server.ts";
import { test } from "../harness.ts";
import { printFigures, simulateMany } from "./many.ts";
import type { Sabotage } from "./simulate.ts";
import type { VirtualTime } from "./virtual_time.ts";

const RUNS = Number(env["SIMULATION_RUNS"] ?? 4_000);
const SEED = Number(env["SIMULATION_SEED"] ?? Math.floor(Math.random() * 2 ** 31));

/** The runs in which sabotage has to show; their seeds are fixed so that it does. */
const SABOTAGED_RUNS = 150;

test("Worker.run() keeps its promises whatever the broker and the actors do", async () => {
  const figures = await simulateMany(SEED, RUNS);
  printFigures(figures);
  assert.deepEqual(figures.violations, []);
  assert.ok(figures.handled > 0);
});

test("simulate() comes to the same result for the same seed", async () => {
  const [one, other] = [await simulateMany(77, 30), await simulateMany(77, 30)];
  assert.deepEqual({ ...one, elapsed: 0 }, { ...other, elapsed: 0 });
});

const SABOTAGE: readonly (readonly [what: string, sabotage: Sabotage, noticed: RegExp])[] = [
  [
    "a worker that runs more at once",
    { limits: (limits) => ({ ...limits, tasksLimit: limits.tasksLimit + 2 }) },
    /handlers ran at once/,
  ],
  [
    "a worker that takes one message too many",
    { limits: (limits) => ({ ...limits, messagesLimit: limits.messagesLimit + 1 }) },
    /were taken, the limit is/,
  ],
  [
    "a worker that takes its time to stop",
    { limits: (limits) => ({ ...limits, gracefulShutdownTime: limits.gracefulShutdownTime + 20_000 }) },
    /no later than/,
  ],
  [
    "a message that is settled twice",
    { server: (server) => wrapDeliveries(server, settleTwice) },
    /after it was settled|while another settlement/,
  ],
  [
    "a message that is never settled",
    { server: (server) => wrapSubscriptions(wrapDeliveries(server, settleNever), closeNever) },
    /was forgotten/,
  ],
  ["a subscription that is not closed", {
    server: (server) => wrapSubscriptions(server, closeNever),
  }, /left open/],
  ["a timer that is not cancelled", { time: cancelNothing }, /timers were left/],
  ["a worker that consumes no more after an outage", {
    server: (server) => wrapSubscriptions(server, breakSilently),
  }, /did not resume/],
];

for (const [what, sabotage, noticed] of SABOTAGE) {
  test(`simulate() notices ${what}`, async () => {
    const { violations } = await simulateMany(1, SABOTAGED_RUNS, sabotage);
    assert.match(violations.join("\n"), noticed);
  });
}

/** The object, with some of its methods replaced. */
function replacing<T extends object>(target: T, methods: Partial<T>): T {
  return new Proxy(target, {
    get: (_, key) => {
      const own = Reflect.get(methods, key);
      const value = own ?? Reflect.get(target, key, target);
      return typeof value === "function" && !own ? value.bind(target) : value;
    },
  });
}

function wrapSubscriptions(server: Server, wrap: (subscription: Subscription) => Subscription): Server {
  return replacing(server, {
    subscribe: async (channels, options) => wrap(await server.subscribe(channels, options)),
  });
}

function wrapDeliveries(server: Server, wrap: (delivery: Delivery) => Delivery): Server {
  return wrapSubscriptions(server, (subscription) =>
    replacing(subscription, {
      take: async (max, wait) => (await subscription.take(max, wait)).map(wrap),
    }));
}

function settleTwice(delivery: Delivery): Delivery {
  return replacing(delivery, {
    settle: async (action) => {
      void delivery.settle(action).catch(() => {});
      return await delivery.settle(action);
    },
  });
}

function settleNever(delivery: Delivery): Delivery {
  return replacing(delivery, { settle: () => Promise.resolve("done") });
}

function closeNever(subscription: Subscription): Subscription {
  return replacing(subscription, { close: () => Promise.resolve() });
}

/** As if an adapter did not notice that its connection is gone. */
function breakSilently(subscription: Subscription): Subscription {
  return replacing(subscription, {
    take: (max, wait) => subscription.take(max, wait).catch(() => new Promise(() => {})),
  });
}

function cancelNothing(time: VirtualTime): void {
  const clock = time.clock.bind(time);
  time.clock = (owner) => ({ ...clock(owner), cancel: () => {} });
}
