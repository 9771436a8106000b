/**
 * Cases: leases. A message whose lease expired is redelivered to any consumer, also to the one that had it.
 * @module
 */
import type { ConformanceCase } from "./case.ts";
import type { Delivery } from "../contract/server.ts";
import { assert, assertEqual, ConformanceError } from "./assert.ts";
import type { Consumer } from "./consumer.ts";
import { textOf } from "./bodies.ts";
import type { Trial } from "./trial.ts";

/** Cases about leases. */
export const leaseCases: readonly ConformanceCase[] = [
  {
    name: "redelivers a message when its lease expires, and lets only its new consumer settle it",
    capabilities: ["leases"],
    part: "leases",
    run: async (trial) => {
      const { first, second, delivery } = await leased(trial);
      const [holder, again] = await either(trial, [second, first]);
      assertEqual(textOf(again), "leased", "the redelivered message");
      await first.settle(delivery, "ack", "lost");
      await holder.settle(again, "ack");
      await second.nothing("delivered after its ack");
      await first.nothing("delivered after its ack");
    },
  },
  {
    name: "answers that an expired lease is lost",
    capabilities: ["leases"],
    part: "leases",
    run: async (trial) => {
      const { first, second, delivery } = await leased(trial);
      const [holder, again] = await either(trial, [second, first]);
      const answer = await trial.within(extend(delivery), "extendLease()");
      assertEqual(answer, "lost", "the result of extendLease()");
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
        assertEqual(answer, "done", "the result of extendLease()");
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

/** One message that the first of two consumers has, with a short lease. */
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

/** The next message of any consumer, and that consumer. The broker decides which one it is. */
async function either(trial: Trial, consumers: readonly Consumer[]): Promise<[Consumer, Delivery]> {
  const end = performance.now() + trial.patience + trial.leases().duration * 3;
  while (performance.now() < end) {
    for (const consumer of consumers) {
      const [delivery] = await consumer.take(1, trial.quiet);
      if (delivery) return [consumer, delivery];
    }
  }
  throw new ConformanceError("the message whose lease expired was not redelivered");
}

function extend(delivery: Delivery): Promise<"done" | "lost"> {
  assert(delivery.extendLease, "extendLease() is there");
  return delivery.extendLease();
}
