import assert from "node:assert/strict";
import { PubsubError, PubsubServer } from "../../../src/servers/pubsub/mod.ts";
import type { Delivery, MessageData } from "../../../src/contract/server.ts";
import { createChannel, PROJECT, startPeer, withPeers } from "../../brokers/pubsub.ts";
import { test } from "../../harness.ts";

const text = (delivery: Delivery | undefined): string => new TextDecoder().decode(delivery?.payload);

function message(body: string, parts: Partial<MessageData> = {}): MessageData {
  const payload = new TextEncoder().encode(body);
  return { payload, headers: {}, contentType: undefined, replyTo: undefined, ...parts };
}

test("PubsubServer refuses what it cannot use", () => {
  const urls = [
    "ftp://x/projects/p",
    "gcpubsub://p",
    "gcpubsub://projects/",
    "http://x",
    "http://projects/p",
    "p",
  ];
  for (const url of [...urls, "https://x/projects/p/topics/t", undefined]) {
    assert.throws(
      () => new PubsubServer(url as string),
      /URL has not the form gcpubsub:\/\/projects\/<project>/,
    );
  }
  const url = "gcpubsub://projects/p";
  assert.throws(() => new PubsubServer(url, { leaseDuration: 9_000 }), RangeError);
  assert.throws(() => new PubsubServer(url, { names: {} as never }), /names is not a function: object/);
  assert.throws(() => new PubsubServer(url, { tls: { cA: "" } as never }), /did you mean ca\?/);
  assert.throws(
    () => new PubsubServer(`http://x/projects/p`, { credentials: "google" }),
    TypeError,
  );
});

await withPeers("PubsubServer on a real peer", async (peer) => {
  const { url } = await startPeer(peer);
  const create = (): PubsubServer => new PubsubServer(`${url}/projects/${PROJECT}`);
  const channel = async (): Promise<string> => {
    const name = `c-${crypto.randomUUID()}`;
    await createChannel(url, name);
    return name;
  };

  test("PubsubServer delivers what it published, with everything that belongs to it", async () => {
    const [server, name] = [create(), await channel()];
    await using _connection = await server.connect();
    const parts = { headers: { topic: "a" }, contentType: "application/json", replyTo: "back" };
    await server.publish(name, message("{}", parts), { attributes: { more: "1" } });
    const subscription = await server.subscribe([name]);
    const [delivery] = await subscription.take(1, 10_000);
    assert.equal(text(delivery), "{}");
    assert.deepEqual(delivery?.headers, { topic: "a", more: "1" });
    assert.deepEqual([delivery?.contentType, delivery?.replyTo], ["application/json", "back"]);
    assert.equal(await delivery?.settle("ack"), "done");
    await subscription.close();
  });

  test("PubsubServer names a missing subscription and calls it final", async () => {
    const server = create();
    await using _connection = await server.connect();
    const subscription = await server.subscribe(["missing"]);
    const error = await subscription.take(1, 10_000).then(() => undefined, (error: unknown) => error);
    assert.ok(error instanceof PubsubError);
    assert.match(error.message, /projects\/tests\/subscriptions\/missing as it does not exist/);
    assert.equal(server.isRetriable(error), false);
    await subscription.close();
  });

  test("PubsubServer.publish() names a missing topic", async () => {
    const server = create();
    await using _connection = await server.connect();
    await assert.rejects(server.publish("missing", message("x"), {}), /projects\/tests\/topics\/missing/);
  });

  test("Subscription.close() gives back what was not settled", async () => {
    const [server, name] = [create(), await channel()];
    await using _connection = await server.connect();
    await Promise.all(
      Array.from({ length: 20 }, (_, index) => server.publish(name, message(`${index}`), {})),
    );
    const first = await server.subscribe([name]);
    assert.ok((await first.take(3, 10_000)).length > 0);
    await first.close();
    const second = await server.subscribe([name]);
    const seen = new Set<string>();
    while (seen.size < 20) {
      const deliveries = await second.take(20, 10_000);
      assert.ok(deliveries.length > 0, `only ${seen.size} messages came back`);
      for (const delivery of deliveries) seen.add(text(delivery));
      await Promise.all(deliveries.map((delivery) => delivery.settle("ack")));
    }
    await second.close();
  });
});
