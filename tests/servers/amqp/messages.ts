/**
 * AMQP's own words: exchanges, modified messages, addresses that do not exist.
 * @module
 */
import { type Message, Repid, Router, silentLogger } from "@repid/core";
import { type AmqpError, annotationsOf, modify } from "@repid/core/amqp";
import assert from "node:assert/strict";
import { collect } from "../collect.ts";
import { newQueue, numbered, publish, type Stage, textOf, toMessage } from "./stage.ts";

/** Registers them. */
export function testMessages({ rabbit, register }: Stage): void {
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

  register(
    "AmqpServer.publish() refuses what is larger than RabbitMQ takes, and sends the rest",
    async ({ server, subscribe }) => {
      const queue = await newQueue(rabbit);
      const large = { ...toMessage(""), payload: new Uint8Array(17 * 2 ** 20) };
      const outcomes = await Promise.allSettled([
        server.publish(queue, toMessage("first"), {}),
        server.publish(queue, large, {}),
        server.publish(queue, toMessage("last"), {}),
      ]);
      assert.deepEqual(outcomes.map(({ status }) => status), ["fulfilled", "rejected", "fulfilled"]);
      const { reason } = outcomes[1] as { readonly reason: AmqpError };
      assert.match(reason.message, /as the message is too large: 178\d{5} bytes of at most 16777216/);
      assert.deepEqual([reason.scope, reason.isRetriable], ["message", false]);
      const texts = (await collect(await subscribe(queue), 2)).map(textOf);
      assert.deepEqual(texts.toSorted(), ["first", "last"]);
    },
  );

  register(
    "modify() lets an actor give a message back with what happened to it",
    async ({ server, subscribe }) => {
      const queue = await newQueue(rabbit);
      const counts: unknown[] = [];
      const actions: unknown[] = [];
      const app = new Repid({ logger: silentLogger });
      app.servers.register("amqp", server);
      const router = new Router({ channel: queue });
      router.actor({ name: "work" }, async (_, { message }) => {
        counts.push(message.deliveryCount);
        if (message.deliveryCount === 1) {
          await modify(message, { deliveryFailed: true, annotations: { "x-opt-why": "busy" } });
        } else {
          actions.push(annotationsOf(message)["x-opt-why"]);
          await modify(message, { undeliverableHere: true });
        }
        actions.push(message.action);
        assert.equal(await modify(message, {}), false);
      });
      app.includeRouter(router);
      await publish(server, queue, ["again"]);
      await app.runWorker({ messagesLimit: 2, osSignals: [] });
      assert.deepEqual(counts, [1, 2]);
      assert.deepEqual(actions, ["nacked", "busy", "nacked"]);
      const [dead] = await (await subscribe(`${queue}.dead`)).take(1, 5_000);
      assert.ok(dead);
      assert.equal(annotationsOf(dead)["x-first-death-queue"], queue);
    },
  );

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
        isRetriable: true,
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
}
