import process from "node:process";
import { PubsubServer } from "../../src/servers/pubsub/mod.ts";
import { testServer } from "@repid/core/testing";
import { createChannel, PROJECT, provideEmulator, startEmulator } from "../brokers/pubsub.ts";
import { withBroker } from "../brokers/provision.ts";
import { test } from "../harness.ts";

const NACK =
  "Pub/Sub delivers again what was nacked, until the dead-letter policy of the subscription takes it";
const BOUND = "the emulator ignores max_outstanding_messages: the first stream gets everything";

/** The least that the service takes, in milliseconds. */
const LEASE = 10_000;
/**
 * The three cases take more than a minute, and the emulator may deliver again to the very stream that lost the lease, where
 * the suite waits at another: they are waited for only if told to.
 */
const waitsForLeases = process.env["REPID_TEST_LEASES"] === "1";

const emulator = await provideEmulator();
await withBroker("PubsubServer on Google's emulator keeps the conformance suite", emulator, async (found) => {
  const { url } = await startEmulator(found);
  testServer(test, "PubsubServer on Google's emulator", {
    create: () => new PubsubServer({ defaultProject: PROJECT, url }),
    channel: async (suffix = "") => {
      const name = `c-${crypto.randomUUID()}${suffix}`;
      await createChannel(url, name);
      return name;
    },
    broker: "the emulator keeps everything in memory: topics and subscriptions are gone with it",
    leases: waitsForLeases
      ? {
        create: () => new PubsubServer({ defaultProject: PROJECT, url, ackDeadline: LEASE }),
        duration: LEASE,
      }
      : "leases last 10 s at least; they are waited for with REPID_TEST_LEASES=1 only",
    patience: 2 * LEASE,
    skip: {
      "takes channel names beyond ASCII": "names of topics and subscriptions are ASCII at Pub/Sub",
      "delivers no more what was nacked": NACK,
      "settles many messages at once, each in its own way": NACK,
      "gives up a message that no actor takes, after nine times": NACK,
      "delivers what was rejected to another consumer, unchanged": BOUND,
      "takes no more from the broker than it was asked for": BOUND,
      "takes nothing from the broker between two takes": BOUND,
      "delivers a message to one consumer at a time": BOUND,
    },
  });
});
