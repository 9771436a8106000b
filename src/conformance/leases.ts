/**
 * Leases: messages that come back from consumers who are silent for too long; to anyone, so also to who was silent.
 * @module
 */
import type { ConformanceCase } from "./case.ts";
import type { Delivery } from "../contract/server.ts";
import { assert, assertEqual, ConformanceError } from "./assert.ts";
import type { Consumer } from "./consumer.ts";
import { textOf } from "./bodies.ts";
import type { Trial } from "./trial.ts";

/** Leases, kept and lost. */
export const leaseCases: readonly ConformanceCase[] = [
  {
    name: "delivers a message again when its lease was lost, and settles it for its new holder only",
    capabilities: ["leases"],
    part: "leases",
    run: async (trial) => {
      const { first, second, delivery } = await leased(trial);
      const [holder, again] = await either(trial, [second, first]);
      assertEqual(textOf(again), "leased", "what came again");
      await first.settle(delivery, "ack", "lost");
      await holder.settle(again, "ack");
      await second.nothing("delivered after its ack");
      await first.nothing("delivered after its ack");
    },
  },
  {
    name: "answers that a lost lease is lost",
    capabilities: ["leases"],
    part: "leases",
    run: async (trial) => {
      const { first, second, delivery } = await leased(trial);
      const [holder, again] = await either(trial, [second, first]);
      const answer = await trial.within(extend(delivery), "extendLease()");
      assertEqual(answer, "lost", "what extendLease() answers");
      await holder.settle(again, "ack");
    },
  },
  {
    name: "keeps a message as long as its lease is extended",
    capabilities: ["leases"],
    part: "leases",
    run: async (trial) => {
      const { first, second, delivery } = await leased(trial);
      const { duration } = trial.leases();
      const end = performance.now() + duration * 3;
      while (performance.now() < end) {
        const answer = await trial.within(extend(delivery), "extendLease()");
        assertEqual(answer, "done", "what extendLease() answers");
        await second.nothing("delivered although its lease was extended", duration / 8);
        await first.nothing("delivered although its lease was extended", duration / 8);
      }
      await first.settle(delivery, "ack");
      await second.nothing("delivered after its ack", duration * 1.25);
      await first.nothing("delivered after its ack");
    },
  },
];

interface Leased {
  readonly first: Consumer;
  readonly second: Consumer;
  readonly delivery: Delivery;
}

/** One message in the hands of the first of two consumers, with a short lease. */
async function leased(trial: Trial): Promise<Leased> {
  const channel = await trial.channel();
  const [one, other] = [await trial.leases().create(), await trial.leases().create()];
  await trial.connect(one);
  await trial.connect(other);
  const first = await trial.consumer(one, channel);
  await trial.publish(one, channel, "leased");
  const delivery = await first.next();
  return { first, second: await trial.consumer(other, channel), delivery };
}

/** The next message of any of them, and who has it. Which one it comes to is the broker's affair. */
async function either(trial: Trial, consumers: readonly Consumer[]): Promise<[Consumer, Delivery]> {
  const end = performance.now() + trial.patience + trial.leases().duration * 3;
  while (performance.now() < end) {
    for (const consumer of consumers) {
      const [delivery] = await consumer.take(1, trial.quiet);
      if (delivery) return [consumer, delivery];
    }
  }
  throw new ConformanceError("what was not settled did not come again");
}

function extend(delivery: Delivery): Promise<"done" | "lost"> {
  assert(delivery.extendLease, "extendLease() is there");
  return delivery.extendLease();
}
