/**
 * What RedisServer does where Redis hangs, says nothing, or has lost its streams.
 * @module
 */
import assert from "node:assert/strict";
import { RedisServer } from "@repid/core/redis";
import { until } from "../../faults/stage.ts";
import { onEachRedis, onRedis } from "./private_redis.ts";

const EMPTY = { payload: new Uint8Array(), headers: {}, contentType: undefined, replyTo: undefined };
/** How long something may take, in milliseconds. */
const PATIENCE = 10_000;

onRedis("RedisServer gives up a Redis that hangs, and comes back to it", [], async ({ redis, client }) => {
  const server = new RedisServer(redis.url, { idleTimeout: 400 });
  const connection = await server.connect();
  redis.process.signal("SIGSTOP");
  const publishing = [1, 2, 3].map(() => server.publish("jobs", EMPTY, {}));
  for (const outcome of await Promise.allSettled(publishing)) {
    assert.ok(outcome.status === "rejected");
    assert.match(String(outcome.reason), /timed out/);
    assert.equal(server.isRetriable(outcome.reason), true);
  }
  redis.process.signal("SIGCONT");
  await until("it is connected", () => server.isConnected, PATIENCE);
  await server.publish("jobs", EMPTY, { stream_id: "9999999999999-1" });
  assert.equal((await client.xrevrange("repid:jobs", "+", "-", "COUNT", 1))[0]?.[0], "9999999999999-1");
  await connection.close();
});

onRedis("RedisServer keeps a connection on which there is nothing to say", [], async ({ redis, client }) => {
  const server = new RedisServer(redis.url, { idleTimeout: 200 });
  const connection = await server.connect();
  const before = await client.client("LIST");
  await client.config("RESETSTAT");
  const pings = async (): Promise<number> =>
    Number(/cmdstat_ping:calls=(\d+)/.exec(await client.info("commandstats"))?.[1] ?? 0);
  await until("it has asked several times", async () => await pings() >= 4, PATIENCE);
  const ids = (list: unknown): string[] => [...String(list).matchAll(/^id=(\d+)/gm)].map(([, id = ""]) => id);
  assert.deepEqual(ids(await client.client("LIST")), ids(before));
  assert.equal(server.isConnected, true);
  await connection.close();
});

onEachRedis("RedisServer makes groups anew that were removed, of several channels", async (parts) => {
  const { redis: { url }, client } = parts;
  const server = new RedisServer(url, { readTimeout: 50 });
  const connection = await server.connect();
  const channels = ["a", "b", "c"];
  const subscription = await server.subscribe(channels);
  const takeEach = async (): Promise<void> => {
    for (const channel of channels) await server.publish(channel, EMPTY, {});
    const seen: string[] = [];
    while (seen.length < channels.length) {
      for (const delivery of await subscription.take(10, 100)) {
        seen.push(delivery.channel);
        assert.equal(await delivery.settle("ack"), "done");
      }
    }
    assert.deepEqual(seen.toSorted(), channels);
  };
  await takeEach();
  await client.flushall();
  await takeEach();
  await client.xgroup("DESTROY", "repid:b", "repid:b:group");
  await takeEach();
  await subscription.close();
  await connection.close();
});

onRedis("RedisServer answers that what it held is lost with its group", [], async ({ redis, client }) => {
  const server = new RedisServer(redis.url);
  const connection = await server.connect();
  const subscription = await server.subscribe(["jobs"]);
  for (let i = 0; i < 5; i++) await server.publish("jobs", EMPTY, {});
  const [first, second, third, fourth, fifth] = await subscription.take(5, PATIENCE);
  await client.xgroup("DESTROY", "repid:jobs", "repid:jobs:group");
  assert.equal(await first?.settle("ack"), "lost");
  assert.equal(await second?.extendLease?.(), "lost");
  await client.flushall();
  assert.deepEqual(
    [await third?.settle("nack"), await fourth?.settle("reject"), await fifth?.extendLease?.()],
    ["lost", "lost", "lost"],
  );
  assert.deepEqual(await client.keys("*"), []);
  await subscription.close();
  await connection.close();
});
