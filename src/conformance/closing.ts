/**
 * Cases: stopping and closing always end, and lose nothing.
 * @module
 */
import type { ConformanceCase } from "./case.ts";
import { assertEqual } from "./assert.ts";
import { numbered, textOf } from "./bodies.ts";

/** The end of a subscription. */
export const closingCases: readonly ConformanceCase[] = [
  {
    name: "closes a subscription that never took anything",
    run: async (trial) => {
      const [server, channel] = [await trial.server(), await trial.channel()];
      await trial.publish(server, channel, "untouched");
      const consumer = await trial.consumer(server, channel);
      await consumer.close();
      assertEqual(consumer.subscription.isActive, false, "isActive after close()");
      assertEqual(
        textOf(await (await trial.consumer(server, channel)).next()),
        "untouched",
        "what is still there",
      );
    },
  },
  {
    name: "stops and closes repeatedly, also concurrently",
    run: async (trial) => {
      const consumer = await trial.consumer(await trial.server(), await trial.channel());
      assertEqual(consumer.subscription.isActive, true, "isActive before close()");
      await Promise.all([consumer.stop(), consumer.stop()]);
      assertEqual(consumer.subscription.isActive, false, "isActive after stop()");
      await Promise.all([consumer.close(), consumer.close(), consumer.stop()]);
      await consumer.close();
      await consumer.stop();
    },
  },
  {
    name: "resolves a pending take with no messages when it is stopped",
    run: async (trial) => {
      const consumer = await trial.consumer(await trial.server(), await trial.channel());
      const waiting = consumer.subscription.take(5, trial.patience * 10);
      await consumer.stop();
      assertEqual((await trial.within(waiting, "a take that was stopped")).length, 0, "number of messages");
      const late = consumer.subscription.take(5, trial.patience * 10);
      assertEqual((await trial.within(late, "a take after stop()")).length, 0, "number of messages");
    },
  },
  {
    name: "resolves a pending take with no messages when it is closed",
    run: async (trial) => {
      const consumer = await trial.consumer(await trial.server(), await trial.channel());
      const waiting = consumer.subscription.take(5, trial.patience * 10);
      await consumer.close();
      assertEqual((await trial.within(waiting, "a take that was closed")).length, 0, "number of messages");
    },
  },
  {
    name: "takes nothing once it is stopped",
    run: async (trial) => {
      const [server, channel] = [await trial.server(), await trial.channel()];
      const stopped = await trial.consumer(await trial.server(), channel);
      const waiting = stopped.take(5);
      await stopped.stop();
      await waiting;
      await trial.publish(server, channel, ...numbered(5));
      const other = await trial.consumer(server, channel);
      assertEqual((await other.collect(5)).map(textOf).toSorted(), numbered(5), "what the other one gets");
    },
  },
  {
    name: "returns prefetched messages when it is stopped",
    run: async (trial) => {
      const [server, channel, bodies] = [await trial.server(), await trial.channel(), numbered(20)];
      await trial.publish(server, channel, ...bodies);
      const first = await trial.consumer(await trial.server(), channel);
      const own = await first.take(3);
      await first.stop();
      const second = await trial.consumer(await trial.server(), channel);
      const rest = await second.collect(bodies.length - own.length);
      assertEqual([...own, ...rest].map(textOf).toSorted(), bodies.toSorted(), "messages");
      for (const delivery of own) await first.settle(delivery, "ack");
      await first.close();
      await second.nothing("delivered twice");
    },
  },
  {
    name: "returns unsettled messages when it is closed",
    run: async (trial) => {
      const [server, channel, bodies] = [await trial.server(), await trial.channel(), numbered(10)];
      await trial.publish(server, channel, ...bodies);
      const first = await trial.consumer(await trial.server(), channel);
      const [settled] = await first.collect(4);
      if (settled) await first.settle(settled, "ack");
      await first.close();
      const second = await trial.consumer(server, channel);
      const rest = await second.collect(bodies.length - 1, { each: (d) => second.settle(d, "ack") });
      const expected = bodies.filter((body) => settled && body !== textOf(settled));
      assertEqual(rest.map(textOf).toSorted(), expected.toSorted(), "the redelivered messages");
      await second.nothing("delivered after its ack");
    },
  },
  {
    name: "closes while messages keep coming, and loses none",
    run: async (trial) => {
      const [server, channel, bodies] = [await trial.server(), await trial.channel(), numbered(100)];
      const first = await trial.consumer(await trial.server(), channel);
      const waiting = first.subscription.take(5, trial.patience);
      const publishing = Promise.all(bodies.map((body) => trial.publish(server, channel, body)));
      await first.close();
      await trial.within(waiting, "a take that was closed");
      await publishing;
      const second = await trial.consumer(server, channel);
      const all = await second.collect(bodies.length, { each: (d) => second.settle(d, "ack") });
      assertEqual(all.map(textOf).toSorted(), bodies.toSorted(), "messages");
      await second.nothing("delivered twice");
    },
  },
];
