/**
 * The faults of `tests/faults/amqp.ts`, in short.
 * @module
 */
import assert from "node:assert/strict";
import { type PrivateRabbit, provideRabbit, startRabbit } from "../brokers/rabbitmq.ts";
import { skip, test } from "../harness.ts";
import { holdOne } from "./amqp_held.ts";
import { nothingLostOnRabbit } from "./amqp_nothing_lost.ts";
import { RABBIT_CLOSE_BOUND, rabbitOutage } from "./amqp_outage.ts";
import { RESUME_BOUND, STOP_BOUND } from "./outage.ts";

const found = await provideRabbit("RabbitMQ 4");
if (found.kind === "program") {
  // Outside of any test, as it outlives them; it ends with the test run.
  registerTests(await startRabbit(found));
} else {
  skip("AmqpServer while RabbitMQ is killed", found.kind === "url" ? "it is not ours" : found.reason);
}

function registerTests(rabbit: PrivateRabbit): void {
  const register = (name: string, fn: () => Promise<void>): void =>
    test(name, fn, { sanitizeOps: false, sanitizeResources: false });

  register(
    "AmqpServer loses no confirmed message while RabbitMQ is killed and closes connections",
    async () => {
      const faults = { messages: 2_000, stops: 0, kills: 1, closings: 1 };
      const { handled, left, subscribed } = await nothingLostOnRabbit(rabbit, faults);
      assert.deepEqual({ handled, left }, { handled: 2_000, left: 0 });
      assert.ok(subscribed > 2, `subscribed ${subscribed} times, so that a fault went by unnoticed`);
    },
  );

  register("AmqpServer is consumed again after RabbitMQ hung, and all ends in time meanwhile", async () => {
    const { resumed, stopped, closed } = await rabbitOutage(rabbit, { seconds: 2, absence: "hanging" });
    assert.ok(resumed <= RESUME_BOUND, `resumed after ${resumed} ms`);
    assert.ok(stopped <= STOP_BOUND, `stopped after ${stopped} ms`);
    assert.ok(closed <= RABBIT_CLOSE_BOUND, `closed after ${closed} ms`);
  });

  register("AmqpServer goes on while an actor holds one message and 10 000 others pass", async () => {
    const { passed, duplicates } = await holdOne(rabbit, { others: 10_000, seconds: 0 });
    assert.deepEqual({ passed, duplicates }, { passed: 10_000, duplicates: 0 });
  });
}
