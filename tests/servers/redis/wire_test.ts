/**
 * What RedisServer writes and reads is what Python's Repid writes and reads.
 * @module
 */
import assert from "node:assert/strict";
import type { Buffer } from "node:buffer";
import { Repid, Router } from "@repid/core";
import { RedisServer, type RedisServerOptions } from "@repid/core/redis";
import { Redis } from "ioredis";
import { provideRedis, startRedis } from "../../brokers/redis.ts";
import { skip, test } from "../../harness.ts";
import { collect } from "../collect.ts";

const EMPTY = { payload: new Uint8Array(), headers: {}, contentType: undefined, replyTo: undefined };
const found = await provideRedis("Redis 7");
if (found.kind === "missing") skip("RedisServer's wire format", found.reason);
else {
  const url = found.kind === "url" ? found.url : (await startRedis(found)).url;

  /** A channel of its own, a server, and a client that looks at what is stored. */
  const on = (
    name: string,
    options: RedisServerOptions,
    look: (parts: { server: RedisServer; client: Redis; channel: string }) => Promise<void>,
  ): void =>
    test(name, async () => {
      const client = new Redis(url);
      const server = new RedisServer(url, options);
      const connection = await server.connect();
      try {
        await look({ server, client, channel: crypto.randomUUID() });
      } finally {
        await connection.close();
        await client.quit();
      }
    }, { sanitizeOps: false });

  on("RedisServer.publish() writes the fields of the wire table, in their order", {}, async (parts) => {
    const { server, client, channel } = parts;
    const payload = new Uint8Array([0, 255, 10, 128]);
    await server.publish(channel, {
      payload,
      headers: { topic: "good" },
      contentType: "application/json",
      replyTo: "answers",
    }, {});
    await server.publish(channel, EMPTY, {});
    const [full, empty] = await client.xrangeBuffer(`repid:${channel}`, "-", "+");
    assert.deepEqual(full?.[1].map(latin), [
      ...["payload", "\x00\xff\n\x80", "headers", '{"topic":"good"}'],
      ...["content_type", "application/json", "reply_to", "answers"],
    ]);
    assert.deepEqual(empty?.[1].map(latin), ["payload", ""]);
  });

  on("RedisServer.publish() passes on stream_id, maxlen and nomkstream", {}, async (parts) => {
    const { server, client, channel } = parts;
    await assert.rejects(server.publish(channel, EMPTY, { nomkstream: true }), /stream does not exist/);
    assert.equal(await client.exists(`repid:${channel}`), 0);
    for (const id of ["1-1", "1-2", "1-3"]) {
      await server.publish(channel, EMPTY, { stream_id: id, maxlen: 2, approximate: false });
    }
    assert.deepEqual((await client.xrange(`repid:${channel}`, "-", "+")).map(([id]) => id), ["1-2", "1-3"]);
    await assert.rejects(server.publish(channel, EMPTY, { maxlen: "2" }), TypeError);
  });

  on("RedisServer handles an entry as Python's Repid writes it, and leaves nothing", {}, async (parts) => {
    const { server, client, channel } = parts;
    const app = new Repid();
    app.servers.register("redis", server);
    const router = new Router({ channel });
    const seen: unknown[] = [];
    router.actor({ name: "good" }, (_, { message }) => {
      seen.push(new TextDecoder().decode(message.payload), message.replyTo);
    });
    app.includeRouter(router);
    const fields = [
      "payload",
      '{"a": 1}',
      "headers",
      '{"topic": "good"}',
      "content_type",
      "application/json",
    ];
    await client.xadd(`repid:${channel}`, "*", ...fields, "reply_to", "back", "unknown", "ignored");
    await app.runWorker({ messagesLimit: 1, osSignals: [] });
    assert.deepEqual(seen, ['{"a": 1}', "back"]);
    assert.equal(await client.xlen(`repid:${channel}`), 0);
    assert.deepEqual((await client.xpending(`repid:${channel}`, `repid:${channel}:group`))[0], 0);
  });

  on("RedisServer gives each message headers of its own, also where they say the same", {}, async (parts) => {
    const { server, client, channel } = parts;
    const written = [
      '{"topic":"good"}',
      '{"topic":"good"}',
      '{"topic":"else"}',
      "[]",
      '{"topic":"good"}',
      "[]",
    ];
    for (const text of written) await client.xadd(`repid:${channel}`, "*", "payload", "", "headers", text);
    const subscription = await server.subscribe([channel]);
    const seen: unknown[] = [];
    for (const { headers } of await collect(subscription, written.length, (one) => one.settle("ack"))) {
      seen.push({ ...headers });
      Object.assign(headers, { topic: "changed" });
    }
    await subscription.close();
    const good = { topic: "good" };
    assert.deepEqual(seen, [good, good, { topic: "else" }, {}, good, {}]);
  });

  on("RedisServer's nack adds original_stream and original_id to the dead letter", {}, async (parts) => {
    const { server, client, channel } = parts;
    await server.publish(channel, { ...EMPTY, payload: new Uint8Array([65]) }, { stream_id: "7-1" });
    const subscription = await server.subscribe([channel]);
    const [delivery] = await subscription.take(1, 5_000);
    assert.equal(await delivery?.settle("nack"), "done");
    await subscription.close();
    const [dead] = await client.xrange(`repid:${channel}:dlq`, "-", "+");
    assert.deepEqual(dead?.[1], [
      ...["payload", "A", "original_stream", `repid:${channel}`, "original_id", "7-1"],
    ]);
    assert.equal(await client.xlen(`repid:${channel}`), 0);
  });

  on("RedisServer's ack leaves an entry that another group has not had", {}, async (parts) => {
    const { server, client, channel } = parts;
    await client.xgroup("CREATE", `repid:${channel}`, "others", "0", "MKSTREAM");
    await server.publish(channel, EMPTY, {});
    const subscription = await server.subscribe([channel]);
    const [delivery] = await subscription.take(1, 5_000);
    assert.equal(await delivery?.settle("ack"), "done");
    await subscription.close();
    assert.equal(await client.xlen(`repid:${channel}`), 1);
  });

  on("RedisServer's ack leaves an entry to a group that came a moment ago", {}, async (parts) => {
    const { server, client, channel } = parts;
    for (let i = 0; i < 2; i++) await server.publish(channel, EMPTY, {});
    const subscription = await server.subscribe([channel]);
    const [first, second] = await subscription.take(2, 5_000);
    assert.equal(await first?.settle("ack"), "done");
    await client.xgroup("CREATE", `repid:${channel}`, "others", "0");
    assert.equal(await second?.settle("ack"), "done");
    await subscription.close();
    assert.equal(await client.xlen(`repid:${channel}`), 1);
  });

  on("RedisServer settles nothing that another consumer holds by now", {}, async (parts) => {
    const { server, client, channel } = parts;
    const [stream, group] = [`repid:${channel}`, `repid:${channel}:group`];
    await server.publish(channel, EMPTY, {});
    const subscription = await server.subscribe([channel]);
    const [delivery] = await subscription.take(1, 5_000);
    await client.xclaim(stream, group, "thief", 0, delivery?.messageId ?? "");
    assert.equal(await delivery?.extendLease?.(), "lost");
    assert.equal(await delivery?.settle("ack"), "lost");
    await subscription.close();
    assert.equal((await client.xpending(stream, group, "-", "+", 9, "thief")).length, 1);
  });

  on("RedisServer makes a group anew that was removed", { readTimeout: 50 }, async (parts) => {
    const { server, client, channel } = parts;
    const subscription = await server.subscribe([channel]);
    await client.del(`repid:${channel}`);
    await server.publish(channel, EMPTY, {});
    let taken = await subscription.take(1, 1_000);
    while (taken.length === 0) taken = await subscription.take(1, 1_000);
    assert.equal(await taken[0]?.settle("ack"), "done");
    await subscription.close();
  });

  on(
    "RedisServer hands nothing over twice that it holds, where its group was made anew",
    { readTimeout: 50 },
    async (parts) => {
      const { server, client, channel } = parts;
      const stream = `repid:${channel}`;
      const subscription = await server.subscribe([channel]);
      await server.publish(channel, EMPTY, {});
      const [held] = await subscription.take(1, 1_000);
      assert.equal(await held?.extendLease?.(), "done");
      const [[, group] = []] = await client.xinfo("GROUPS", stream) as [string, string][];
      await client.xgroup("DESTROY", stream, String(group));
      // The first read makes the group anew, the second one finds the entry in it.
      assert.deepEqual([await subscription.take(1, 100), await subscription.take(1, 100)], [[], []]);
      assert.equal(await held?.settle("ack"), "done");
      assert.equal(await client.xlen(stream), 0);
      await subscription.close();
    },
  );
}

function latin(bytes: Buffer): string {
  return bytes.toString("latin1");
}
