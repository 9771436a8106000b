/**
 * Ordering keys on real peers: what is published in order is handled in order, one message of a key at a time.
 * @module
 */
import assert from "node:assert/strict";
import { Repid, Router, silentLogger } from "@repid/core";
import { PubsubServer } from "@repid/core/pubsub";
import { createChannel, PROJECT, startPeer, withPeers } from "../../brokers/pubsub.ts";
import { PubsubService } from "../../brokers/pubsub_service.ts";
import { test } from "../../harness.ts";
import { toMessage } from "./private_pubsub.ts";

const CONCURRENCY = 50;

interface Size {
  readonly keys: number;
  readonly messages: number;
}

let isOrdered = false;

await withPeers("PubsubServer keeps the order of keys", async (peer) => {
  // The old pstest knows no order.
  if (!peer.ordered) return;
  isOrdered = true;
  const { url } = await startPeer(peer);
  // pstest delivers a hundred messages a second.
  const size = peer.kind === "emulator" ? { keys: 100, messages: 100 } : { keys: 60, messages: 10 };
  register(peer.name, url, size, (channel) => createChannel(url, channel, { isOrdered: true }));
});

if (!isOrdered) {
  const service = await PubsubService.start();
  const create = (channel: string): Promise<void> => Promise.resolve(void service.create(channel));
  register("a service of our own", service.url, { keys: 100, messages: 100 }, create);
}

function register(
  where: string,
  url: string,
  { keys, messages }: Size,
  create: (channel: string) => Promise<void>,
): void {
  test(`PubsubServer on ${where} keeps the order of ${keys} keys with ${messages} messages each`, async () => {
    const channel = `c-${crypto.randomUUID()}`;
    await create(channel);
    const server = new PubsubServer(`${url}/projects/${PROJECT}`);
    await using _connection = await server.connect();
    const app = new Repid({ logger: silentLogger });
    app.servers.register("pubsub", server);
    const router = new Router({ channel });
    const running = new Set<string>();
    const next = new Map<string, number>();
    const wrong: string[] = [];
    let most = 0;
    router.actor({ name: "work" }, async (_, { message }) => {
      const [key = "", number = ""] = message.text().split(" ");
      if (running.has(key)) wrong.push(`${key} twice at once`);
      running.add(key);
      most = Math.max(most, running.size);
      // A turn of the event loop in which others could overtake.
      await new Promise((resolve) => setImmediate(resolve));
      running.delete(key);
      if (Number(number) !== (next.get(key) ?? 0)) wrong.push(`${key} ${number} after ${next.get(key)}`);
      next.set(key, Number(number) + 1);
    });
    app.includeRouter(router);
    const publishing: Promise<void>[] = [];
    for (let number = 0; number < messages; number++) {
      for (let key = 0; key < keys; key++) {
        const message = toMessage(`k${key} ${number}`, { headers: { topic: "work" } });
        publishing.push(server.publish(channel, message, { orderingKey: `k${key}` }));
      }
    }
    await Promise.all(publishing);
    const messagesLimit = keys * messages;
    const { processed } = await app.runWorker({ messagesLimit, tasksLimit: CONCURRENCY, osSignals: [] });
    assert.deepEqual(wrong, []);
    assert.equal(processed, messagesLimit);
    assert.equal(next.size, keys);
    assert.ok(most <= CONCURRENCY, `${most} keys at once`);
    // A peer that delivers one message after the other keeps nobody busy with two.
    if (messages >= 100) assert.ok(most > 1, "keys go on beside one another");
  });
}
