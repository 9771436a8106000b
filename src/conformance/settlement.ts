/**
 * Cases: settling messages.
 * @module
 */
import type { ConformanceCase } from "./case.ts";
import { systemClock } from "../_internal/clock.ts";
import type { Delivery, Server } from "../contract/server.ts";
import { MessageSettlement } from "../execution/message_settlement.ts";
import { assert, assertBytes, assertEqual } from "./assert.ts";
import type { Consumer } from "./consumer.ts";
import { numbered, textOf, toBytes, toMessage } from "./bodies.ts";
import type { Trial } from "./trial.ts";

/** Cases about settling. */
export const settlementCases: readonly ConformanceCase[] = [
  {
    name: "does not redeliver an acked message",
    run: async (trial) => {
      const { server, channel, consumer, delivery } = await delivered(trial);
      await consumer.settle(delivery, "ack");
      await consumer.nothing("delivered after its ack");
      await consumer.close();
      await (await trial.consumer(server, channel)).nothing("delivered to another consumer after its ack");
    },
  },
  {
    name: "redelivers a rejected message",
    run: async (trial) => {
      const { consumer, delivery } = await delivered(trial);
      await consumer.settle(delivery, "reject");
      const again = await consumer.next();
      assertEqual(textOf(again), "message-0", "the redelivered message");
      await consumer.settle(again, "ack");
      await consumer.nothing("delivered after its ack");
    },
  },
  {
    name: "redelivers a rejected message unchanged, also to another consumer",
    run: async (trial) => {
      const [channel, replyTo] = [await trial.channel(), await trial.channel()];
      const [first, second] = await twoConsumers(trial, channel);
      const headers = { topic: "a", other: "ü" };
      const message = { payload: toBytes("again"), headers, contentType: "application/json", replyTo };
      await trial.send(await trial.server(), channel, message);
      const delivery = await first.next();
      const waiting = second.next();
      await first.settle(delivery, "reject");
      const again = await waiting;
      assertBytes(again.payload, message.payload, "the payload");
      assertEqual(again.headers, headers, "the headers");
      assertEqual([again.contentType, again.replyTo], ["application/json", replyTo], "the other parts");
      await second.settle(again, "ack");
      await first.nothing("delivered after its ack");
    },
  },
  {
    name: "keeps a message's id when it is redelivered",
    capabilities: ["stableMessageIds"],
    run: async (trial) => {
      const { consumer, delivery } = await delivered(trial);
      await consumer.settle(delivery, "reject");
      assertEqual((await consumer.next()).messageId, delivery.messageId, "the id");
    },
  },
  {
    name: "counts deliveries",
    capabilities: ["deliveryCounts"],
    run: async (trial) => {
      const { consumer, delivery } = await delivered(trial);
      let current = delivery;
      for (const count of [1, 2, 3]) {
        assertEqual(current.deliveryCount, count, "the delivery count");
        await consumer.settle(current, "reject");
        current = await consumer.next();
      }
      await consumer.settle(current, "ack");
    },
  },
  {
    name: "does not redeliver a nacked message",
    run: async (trial) => {
      const { server, channel, consumer, delivery } = await delivered(trial);
      await consumer.settle(delivery, "nack");
      await consumer.nothing("delivered after its nack");
      await consumer.close();
      await (await trial.consumer(server, channel)).nothing("delivered to another consumer after its nack");
    },
  },
  {
    name: "dead-letters nacked messages only",
    capabilities: ["deadLetter"],
    part: "deadLetters",
    run: async (trial) => {
      const [server, channel] = [await trial.server(), await trial.channel()];
      const consumer = await trial.consumer(server, channel);
      await trial.publish(server, channel, "ack", "nack");
      for (const delivery of await consumer.collect(2)) {
        await consumer.settle(delivery, textOf(delivery) === "nack" ? "nack" : "ack");
      }
      const dead = await trial.deadLetters(channel, 1);
      assertEqual(dead.map(textOf), ["nack"], "what was dead-lettered");
    },
  },
  {
    name: "settles many messages at once, each in its own way",
    run: async (trial) => {
      const [server, channel, bodies] = [await trial.server(), await trial.channel(), numbered(60)];
      const consumer = await trial.consumer(server, channel);
      await trial.publish(server, channel, ...bodies);
      const deliveries = await consumer.collect(bodies.length);
      await Promise.all(
        deliveries.map((delivery, index) =>
          consumer.settle(delivery, (["ack", "nack", "reject"] as const)[index % 3] ?? "ack")
        ),
      );
      const rejected = deliveries.filter((_, index) => index % 3 === 2).map(textOf);
      const again = await consumer.collect(rejected.length, { each: (d) => consumer.settle(d, "ack") });
      assertEqual(again.map(textOf).toSorted(), rejected.toSorted(), "the redelivered message");
      await consumer.nothing("delivered after it was settled");
    },
  },
  {
    name: "applies only the first settlement of a message",
    run: async (trial) => {
      const { server, consumer, delivery } = await delivered(trial);
      const settling = settlingOf(server, delivery);
      const answers = await Promise.all([settling.settle("ack"), settling.settle("reject")]);
      assertEqual(answers, [true, false], "what two settlements at once answer");
      assertEqual(await settling.settle("nack"), false, "what a later settlement answers");
      await consumer.nothing("delivered after its ack");
    },
  },
  {
    name: "settles messages after stop()",
    run: async (trial) => {
      const [channel] = [await trial.channel()];
      const [first, second] = await twoConsumers(trial, channel);
      await trial.publish(await trial.server(), channel, ...numbered(2));
      const deliveries = await first.collect(2);
      const stopping = first.stop();
      const [acked, rejected] = deliveries;
      assert(acked && rejected, "two messages came");
      await first.settle(acked, "ack");
      await stopping;
      await first.settle(rejected, "reject");
      const again = await second.next();
      assertEqual(textOf(again), textOf(rejected), "the redelivered message");
      await second.settle(again, "ack");
      await first.close();
      await second.nothing("delivered after its ack");
    },
  },
  {
    name:
      'answers "lost" for a message of a closed subscription, and does not settle it for its new consumer',
    run: async (trial) => {
      for (const settlement of ["ack", "nack", "reject"] as const) {
        const channel = await trial.channel();
        const [first, second] = await twoConsumers(trial, channel);
        await trial.publish(await trial.server(), channel, "wanted");
        const stale = await first.next();
        await first.close();
        const current = await second.next();
        await first.settle(stale, settlement, "lost");
        await second.nothing("delivered while it is being handled");
        await second.settle(current, "reject");
        const again = await second.next();
        assertEqual(textOf(again), "wanted", `what came again after a stale ${settlement}`);
        await second.settle(again, "ack");
        await second.close();
      }
    },
  },
  {
    name: 'answers "lost" for a message of a closed subscription, and settles no other message',
    run: async (trial) => {
      const [server, channel] = [await trial.server(), await trial.channel()];
      const before = await trial.consumer(server, channel);
      await trial.publish(server, channel, ...numbered(3, "stale"));
      const stale = await before.collect(3);
      await before.close();
      const gone = await trial.consumer(server, channel);
      await gone.collect(3, { each: (delivery) => gone.settle(delivery, "ack") });
      await gone.close();
      const after = await trial.consumer(server, channel);
      await trial.publish(server, channel, ...numbered(3, "fresh"));
      const fresh = await after.collect(3);
      for (const delivery of stale) await after.settle(delivery, "ack", "lost");
      await after.close();
      const last = await trial.consumer(server, channel);
      const again = await last.collect(fresh.length);
      assertEqual(again.map(textOf).toSorted(), numbered(3, "fresh"), "what went back to the broker");
    },
  },
  {
    name: 'answers "lost" to a reply to a message of a closed subscription, and publishes nothing',
    capabilities: ["nativeReply"],
    run: async (trial) => {
      const [server, channel, answers] = [await trial.server(), await trial.channel(), await trial.channel()];
      const first = await trial.consumer(server, channel);
      await trial.publish(server, channel, "question");
      const stale = await first.next();
      await first.close();
      assert(stale.reply, "reply() is there");
      const answer = toMessage({ payload: toBytes("answer") });
      const result = await trial.within(stale.reply(answers, answer, {}), "reply()");
      assertEqual(result, "lost", "what reply() answers");
      await (await trial.consumer(server, answers)).nothing("published for a message that is no longer ours");
      assertEqual(
        textOf(await (await trial.consumer(server, channel)).next()),
        "question",
        "what is still there",
      );
    },
  },
];

interface Delivered {
  readonly server: Server;
  readonly channel: string;
  readonly consumer: Consumer;
  readonly delivery: Delivery;
}

/** One message that a consumer has. */
async function delivered(trial: Trial): Promise<Delivered> {
  const [server, channel] = [await trial.server(), await trial.channel()];
  const consumer = await trial.consumer(server, channel);
  await trial.publish(server, channel, "message-0");
  return { server, channel, consumer, delivery: await consumer.next() };
}

async function twoConsumers(trial: Trial, channel: string): Promise<[Consumer, Consumer]> {
  const first = await trial.consumer(await trial.server(), channel);
  return [first, await trial.consumer(await trial.server(), channel)];
}

function settlingOf(server: Server, delivery: Delivery): MessageSettlement {
  return new MessageSettlement(delivery, {
    clock: systemClock,
    report: () => {},
    isRetriable: (error) => server.isRetriable(error),
  });
}
