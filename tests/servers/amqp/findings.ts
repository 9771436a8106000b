/**
 * What rhea does wrong, put right: each of these failed before.
 * @module
 */
import type { Delivery } from "@repid/core/server";
import assert from "node:assert/strict";
import { collect } from "../collect.ts";
import { newQueue, numbered, publish, type Stage, textOf, toMessage } from "./stage.ts";

/** Registers them. */
export function testFindings({ rabbit, register }: Stage): void {
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
      // What had come beyond it would have been given back, and be here for the second time.
      assert.deepEqual(rest.filter(({ deliveryCount }) => deliveryCount !== 1), []);
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
    "AmqpServer gives credit again to a channel that it took credit from",
    async ({ server, subscribe }) => {
      const [first, second] = [await newQueue(rabbit), await newQueue(rabbit)];
      // Of one message wanted from two channels, the credit goes round.
      const subscription = await subscribe(first, second);
      for (const channel of [second, first, second, first]) {
        assert.deepEqual(await subscription.take(1, 150), []);
        await publish(server, channel, ["late"]);
        const [delivery] = await subscription.take(1, 5_000);
        assert.equal(delivery?.channel, channel);
        assert.equal(await delivery?.settle("ack"), "done");
      }
    },
  );
}
