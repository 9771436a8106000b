/**
 * The faults of `deno task faults`, in short.
 * @module
 */
import assert from "node:assert/strict";
import { provideRedis, startRedis } from "../brokers/redis.ts";
import { skip, test } from "../harness.ts";
import { nothingLeft } from "./nothing_left.ts";
import { nothingLost } from "./nothing_lost.ts";
import { outage, RESUME_BOUND, STOP_BOUND } from "./outage.ts";
import { NOTHING } from "./stage.ts";

const found = await provideRedis("Redis 7");
// A broker that is started anew within a test, and ioredis' parser, which keeps an interval for a while.
const LENIENT = { sanitizeOps: false, sanitizeResources: false };

if (found.kind === "program") {
  test("RedisServer loses nothing while Redis and a worker are killed", async () => {
    const redis = await startRedis(found, { durable: true });
    await using _ending = redis.process;
    const figures = await nothingLost(redis, { messages: 500, brokerKills: 1, workerKills: 1 });
    assert.equal(figures.handled, 500);
    assert.deepEqual(figures.left, NOTHING);
  }, LENIENT);

  test("RedisServer is consumed again after an outage, and a worker stops in time during one", async () => {
    const redis = await startRedis(found, { durable: true });
    await using _ending = redis.process;
    const { resumed, stopped, left } = await outage(redis, { seconds: 2 });
    assert.ok(resumed <= RESUME_BOUND, `resumed after ${resumed} ms`);
    assert.ok(stopped <= STOP_BOUND, `stopped after ${stopped} ms`);
    assert.deepEqual(left, NOTHING);
  }, LENIENT);

  test("RedisServer leaves nothing behind of what was handled", async () => {
    const redis = await startRedis(found);
    await using _ending = redis.process;
    const { processed, left } = await nothingLeft(redis, { messages: 1_000 });
    assert.equal(processed, 1_000);
    assert.deepEqual(left, NOTHING);
  }, LENIENT);
} else {
  skip("RedisServer while Redis is killed", found.kind === "url" ? "it is not ours" : found.reason);
}
