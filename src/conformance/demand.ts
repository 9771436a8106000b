/**
 * Cases: how many messages a consumer gets, and when.
 * @module
 */
import type { ConformanceCase } from "./case.ts";
import type { Delivery } from "../contract/server.ts";
import { assert, assertEqual } from "./assert.ts";
import { numbered, textOf } from "./bodies.ts";

/** How many messages of a busy channel may come before one of a calm channel. */
const STARVED_AFTER = 200;

/** Cases about demand, sharing and fairness. */
export const demandCases: readonly ConformanceCase[] = [
  {
    name: "resolves a take with no messages when its wait is over",
    run: async (trial) => {
      const consumer = await trial.consumer(await trial.server(), await trial.channel());
      let answered = false;
      const idle = consumer.take(5, trial.quiet * 2).finally(() => answered = true);
      await consumerless(trial.quiet);
      assertEqual(answered, false, "whether take answered before its wait was over");
      assertEqual((await idle).length, 0, "number of messages");
    },
  },
  {
    name: "resolves a pending take as soon as there is a message",
    run: async (trial) => {
      const [server, channel] = [await trial.server(), await trial.channel()];
      const consumer = await trial.consumer(server, channel);
      const waiting = consumer.subscription.take(5, trial.patience * 10);
      await trial.publish(server, channel, "at last");
      const deliveries = await trial.within(waiting, "take(5) with a message there");
      assertEqual(deliveries.map(textOf), ["at last"], "messages");
    },
  },
  {
    name: "delivers no more messages than a take asks for",
    run: async (trial) => {
      const [server, channel, bodies] = [await trial.server(), await trial.channel(), numbered(30)];
      await trial.publish(server, channel, ...bodies);
      const consumer = await trial.consumer(server, channel);
      // Settled, as those of a worker: a consumer that holds all of them asks for a larger bound each time.
      const each = (delivery: Delivery): Promise<void> => consumer.settle(delivery, "ack");
      const deliveries = [
        ...await consumer.collect(1, { each }),
        ...await consumer.collect(3, { each }),
        ...await consumer.collect(bodies.length - 4, { max: 7, each }),
      ];
      assertEqual(deliveries.map(textOf).toSorted(), bodies.toSorted(), "messages");
    },
  },
  {
    name: "takes no more messages from the broker than a take asks for",
    run: async (trial) => {
      const [server, channel, bodies] = [await trial.server(), await trial.channel(), numbered(20)];
      await trial.publish(server, channel, ...bodies);
      const modest = await trial.consumer(await trial.server(), channel);
      const own = await modest.next();
      const other = await trial.consumer(await trial.server(), channel);
      const rest = await other.collect(bodies.length - 1);
      assertEqual([own, ...rest].map(textOf).toSorted(), bodies.toSorted(), "messages");
    },
  },
  {
    name: "takes nothing from the broker between two takes",
    run: async (trial) => {
      const [server, channel] = [await trial.server(), await trial.channel()];
      const paused = await trial.consumer(await trial.server(), channel);
      await trial.publish(server, channel, "first");
      assertEqual((await paused.take(10)).map(textOf), ["first"], "messages");
      await paused.nothing("came from nowhere");
      await trial.publish(server, channel, ...numbered(5));
      const other = await trial.consumer(await trial.server(), channel);
      assertEqual((await other.collect(5)).map(textOf).toSorted(), numbered(5), "what the other one gets");
    },
  },
  {
    name: "delivers a message to one consumer at a time",
    run: async (trial) => {
      const [server, channel] = [await trial.server(), await trial.channel()];
      const first = await trial.consumer(await trial.server(), channel);
      const second = await trial.consumer(await trial.server(), channel);
      await trial.publish(server, channel, ...numbered(2));
      const [one, two] = [await first.next(), await second.next()];
      assertEqual([one, two].map(textOf).toSorted(), numbered(2), "messages");
      await first.nothing("delivered while another consumer handles it");
      await second.nothing("delivered while another consumer handles it");
    },
  },
  {
    name: "shares a channel between two consumers, each message to one of them",
    run: async (trial) => {
      const [server, channel, bodies] = [await trial.server(), await trial.channel(), numbered(300)];
      const consumers = [
        await trial.consumer(await trial.server(), channel),
        await trial.consumer(await trial.server(), channel),
      ];
      await Promise.all(bodies.map((body) => trial.publish(server, channel, body)));
      const texts: string[] = [];
      await Promise.all(consumers.map(async (consumer) => {
        for (let idle = false; !idle && texts.length < bodies.length;) {
          const deliveries = await consumer.take(10, trial.quiet);
          idle = deliveries.length === 0;
          texts.push(...deliveries.map(textOf));
          await Promise.all(deliveries.map((delivery) => consumer.settle(delivery, "ack")));
        }
      }));
      assertEqual(texts.toSorted(), bodies.toSorted(), "messages");
      for (const consumer of consumers) await consumer.nothing("delivered after its ack");
    },
  },
  {
    name: "takes from several channels, and says which",
    run: async (trial) => {
      const server = await trial.server();
      const channels = [await trial.channel(), await trial.channel(), await trial.channel()];
      const consumer = await trial.consumer(server, ...channels);
      for (const channel of channels) await trial.publish(server, channel, channel, channel);
      const deliveries = await consumer.collect(6);
      for (const delivery of deliveries) assertEqual(delivery.channel, textOf(delivery), "the channel");
      for (const delivery of deliveries) await consumer.settle(delivery, "ack");
      await consumer.nothing("delivered after its ack");
    },
  },
  {
    name: "does not let a busy channel starve another",
    run: async (trial) => {
      const server = await trial.server();
      const [busy, calm] = [await trial.channel(), await trial.channel()];
      const consumer = await trial.consumer(server, busy, calm);
      await trial.publish(server, busy, ...numbered(20));
      await consumer.settle(await consumer.next(), "ack");
      await trial.publish(server, calm, "calm");
      let latest: Delivery | undefined;
      for (let seen = 0; latest?.channel !== calm; seen++) {
        assert(seen < STARVED_AFTER, `${seen} messages of the busy channel came, and none of the other`);
        latest = await consumer.next();
        await consumer.settle(latest, "ack");
        await trial.publish(server, busy, "more");
      }
    },
  },
];

/** Waits without taking anything. */
function consumerless(ms: number): Promise<void> {
  return new Promise((resolve) => setTimeout(resolve, ms));
}
