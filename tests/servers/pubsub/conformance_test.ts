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
  "accepts channel names beyond ASCII": "names of topics and subscriptions are ASCII at Pub/Sub",
  "does not redeliver a nacked message": NACK,
  "settles many messages at once, each in its own way": NACK,
  "nacks a message that matches no actor, the tenth time": NACK,
  "redelivers a rejected message unchanged, also to another consumer": PUSHED,
  "takes nothing from the broker between two takes": PUSHED,
};
const ON_FAKES = {
  "takes no more messages from the broker than a take asks for": BOUND,
  "delivers a message to one consumer at a time": BOUND,
  "loses no confirmed message when its broker is stopped, and reconnects": MEMORY,
  "loses no confirmed message when its broker is killed, and reconnects": MEMORY,
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
      new PubsubServer(`${url}/projects/${PROJECT}`, { connectTimeout: 2_000, leaseDuration: 10_000 }),
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
  create: () => new PubsubServer(`${service.url}/projects/${PROJECT}`),
  channel: (suffix = "") => service.create(`c-${crypto.randomUUID()}${suffix}`),
  broker: MEMORY,
  leases: LEASES,
  skip: ALWAYS,
});
