/**
 * The faults of `deno task faults`, in short.
 * @module
 */
import assert from "node:assert/strict";
import { provideRedis } from "../brokers/redis.ts";
import { skip, test } from "../harness.ts";
import { nothingLeft } from "./nothing_left.ts";
import { nothingLost } from "./nothing_lost.ts";
import { outage, RESUME_BOUND, STOP_BOUND } from "./outage.ts";
import { redisStage } from "./redis_stage.ts";
import { isNothing } from "./stage.ts";

const found = await provideRedis("Redis 7");
// A broker that is started anew within a test, and ioredis' parser, which keeps an interval for a while.
const LENIENT = { sanitizeOps: false, sanitizeResources: false };

if (found.kind === "program") {
  test("RedisServer loses nothing while Redis and a worker are killed", async () => {
    await using redis = await redisStage(found, { durable: true });
    const figures = await nothingLost(redis, { messages: 500, brokerKills: 1, workerKills: 1 });
    assert.equal(figures.handled, 500);
    assert.ok(isNothing(figures.left), JSON.stringify(figures.left));
  }, LENIENT);

  test("RedisServer is consumed again after an outage, and a worker stops in time during one", async () => {
    await using redis = await redisStage(found, { durable: true });
    const { resumed, stopped, left } = await outage(redis, { seconds: 2 });
    assert.ok(resumed <= RESUME_BOUND, `resumed after ${resumed} ms`);
    assert.ok(stopped <= STOP_BOUND, `stopped after ${stopped} ms`);
    assert.ok(isNothing(left), JSON.stringify(left));
  }, LENIENT);

  test("RedisServer leaves nothing behind of what was handled", async () => {
    await using redis = await redisStage(found);
    const { processed, left } = await nothingLeft(redis, { messages: 1_000 });
    assert.equal(processed, 1_000);
    assert.ok(isNothing(left), JSON.stringify(left));
  }, LENIENT);
} else {
  skip("RedisServer while Redis is killed", found.kind === "url" ? "it is not ours" : found.reason);
}
