/**
 * The Pub/Sub server is held against the suite for servers, on Google's emulator, on pstest, and on a service of our own
 * that keeps to the bound of a stream, as Google does and neither of them. Leases are in `pubsub_leases_test.ts`.
 * @module
 */
import { PubsubServer } from "@repid/core/pubsub";
import { testServer } from "@repid/core/conformance";
import { PubsubService } from "../../brokers/pubsub_service.ts";
import { createChannel, PROJECT, startPeer, withPeers } from "../../brokers/pubsub.ts";
import { test } from "../../harness.ts";

const NACK =
  "Pub/Sub delivers again what was nacked, until the dead-letter policy of the subscription takes it";
const BOUND = "it ignores max_outstanding_messages: the first stream gets everything";
const PUSHED =
  "a stream stays open, and delivers up to its bound, while nobody asks; also what its own consumer rejected";

const LEASES = "they last 10 s at least: pubsub_leases_test.ts waits for all of them at once";
const MEMORY = "it keeps everything in memory, and loses it";
const SLOW = "it delivers a hundred messages a second: it keeps this in a minute, the other peers in seconds";

const ALWAYS = {
  "takes channel names beyond ASCII": "names of topics and subscriptions are ASCII at Pub/Sub",
  "delivers no more what was nacked": NACK,
  "settles many messages at once, each in its own way": NACK,
  "gives up a message that no actor takes, after nine times": NACK,
  "delivers what was rejected to another consumer, unchanged": PUSHED,
  "takes nothing from the broker between two takes": PUSHED,
};
const ON_FAKES = {
  "takes no more from the broker than it was asked for": BOUND,
  "delivers a message to one consumer at a time": BOUND,
  "loses nothing of what it confirmed when its broker is stopped, and consumes again by itself": MEMORY,
  "loses nothing of what it confirmed when its broker is killed, and consumes again by itself": MEMORY,
};
const ON_PSTEST = {
  "handles 3 000 messages, 100 at a time, each once": SLOW,
  "handles 5 000 messages, 50 at a time, each once": SLOW,
};

await withPeers("PubsubServer keeps the conformance suite", async (peer) => {
  const { url, process } = await startPeer(peer);
  const channels = new Set<string>();
  // A broker started anew outlives the test that did it, and what a slow one has not answered when a server is closed goes on.
  const register = (name: string, fn: () => Promise<void>): void =>
    test(name, fn, { sanitizeOps: false, sanitizeResources: false });
  testServer(register, `PubsubServer on ${peer.name}`, {
    // pstest may send a message on a stream that ended just then: it comes again with its lease, within the patience below.
    create: () =>
      new PubsubServer({ defaultProject: PROJECT, url, connectTimeout: 2_000, ackDeadline: 10_000 }),
    channel: async (suffix = "") => {
      const name = `c-${crypto.randomUUID()}${suffix}`;
      await createChannel(url, name);
      channels.add(name);
      return name;
    },
    broker: process
      ? {
        stop: () => process.stop(),
        kill: () => process.kill(),
        async start() {
          if (process.pid !== undefined) return;
          await process.start();
          for (const name of channels) await createChannel(url, name);
        },
      }
      : "the running one is not ours",
    leases: LEASES,
    patience: 20_000,
    skip: { ...ALWAYS, ...ON_FAKES, ...(peer.kind === "pstest" ? ON_PSTEST : {}) },
  });
});

const service = await PubsubService.start();
testServer(test, "PubsubServer on a service that keeps to its bound", {
  create: () => new PubsubServer({ defaultProject: PROJECT, url: service.url }),
  channel: (suffix = "") => service.create(`c-${crypto.randomUUID()}${suffix}`),
  broker: MEMORY,
  leases: LEASES,
  skip: ALWAYS,
});
