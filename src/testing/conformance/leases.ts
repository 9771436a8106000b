/**
 * Leases: messages that come back from consumers who are silent for too long.
 * @module
 */
import type { Delivery } from "../../server.ts";
import { assert, assertEqual } from "./assert.ts";
import type { ConformanceCase } from "./harness.ts";
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
      const again = await within(trial, second.next());
      assertEqual(textOf(again), "leased", "what came again");
      await first.settle(delivery, "ack", "lost");
      await second.settle(again, "ack");
      await first.nothing("delivered after its ack");
    },
  },
  {
    name: "answers that a lost lease is lost",
    capabilities: ["leases"],
    part: "leases",
    run: async (trial) => {
      const { second, delivery } = await leased(trial);
      const again = await within(trial, second.next());
      assertEqual(
        await trial.within(extend(delivery), "extendLease()"),
        "lost",
        "what extendLease() answers",
      );
      await second.settle(again, "ack");
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
        assertEqual(
          await trial.within(extend(delivery), "extendLease()"),
          "done",
          "what extendLease() answers",
        );
        await second.nothing("delivered although its lease was extended", duration / 4);
      }
      await first.settle(delivery, "ack");
      await second.nothing("delivered after its ack", duration * 2);
    },
  },
];

interface Leased {
  readonly first: Awaited<ReturnType<Trial["consumer"]>>;
  readonly second: Awaited<ReturnType<Trial["consumer"]>>;
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

function within<T>(trial: Trial, promise: Promise<T>): Promise<T> {
  return trial.within(
    promise,
    "delivering again what was not settled",
    trial.patience + trial.leases().duration * 3,
  );
}

function extend(delivery: Delivery): Promise<"done" | "lost"> {
  assert(delivery.extendLease, "extendLease() is there");
  return delivery.extendLease();
}
