/**
 * Faults: what happens to messages while Redis and workers die. Starts Redis servers of its own.
 *
 * deno task faults   or   deno task faults --messages 20000 --broker-kills 5 --worker-kills 2 --outage 60 --handled 100000
 * @module
 */
import assert from "node:assert/strict";
import process from "node:process";
import { parseArgs } from "node:util";
import { type PrivateRedis, provideRedis, startRedis, type StartRedisOptions } from "../brokers/redis.ts";
import { nothingLeft } from "./nothing_left.ts";
import { nothingLost } from "./nothing_lost.ts";
import { outage, RESUME_BOUND, STOP_BOUND } from "./outage.ts";
import { NOTHING } from "./stage.ts";

const { values } = parseArgs({
  options: {
    messages: { type: "string", default: "20000" },
    "broker-kills": { type: "string", default: "5" },
    "worker-kills": { type: "string", default: "2" },
    outage: { type: "string", default: "60" },
    handled: { type: "string", default: "100000" },
  },
});
const found = await provideRedis("Redis 7");
if (found.kind !== "program") throw new Error("Cannot break anything as there is no redis-server to start");

const messages = Number(values.messages);
const [brokerKills, workerKills] = [Number(values["broker-kills"]), Number(values["worker-kills"])];
await onRedis({ durable: true }, async (redis) => {
  say(`Nothing lost: ${messages} messages, Redis killed ${brokerKills} times, a worker ${workerKills} times`);
  const figures = await nothingLost(redis, { messages, brokerKills, workerKills });
  const { handled, redelivered, republished, rejectedPublishes, left, duration } = figures;
  say(`  handled ${handled} of ${messages} in ${seconds(duration)}`);
  say(`  handled again: ${redelivered} delivered again, ${republished} published again`);
  say(`  publishes that rejected and were tried again: ${rejectedPublishes}`);
  say(`  left: ${JSON.stringify(left)}`);
  assert.equal(handled, messages);
  assert.deepEqual(left, NOTHING);
});

for (const absence of ["killed", "hanging"] as const) {
  await onRedis({ durable: true }, async (redis) => {
    say(`Outage: Redis ${absence} for ${values.outage} s`);
    const { resumed, stopped, closed, left } = await outage(redis, {
      seconds: Number(values.outage),
      absence,
    });
    say(`  a message handled ${seconds(resumed)} after its return (promised: ${seconds(RESUME_BOUND)})`);
    say(`  stopped during an outage in ${seconds(stopped)} (promised: ${seconds(STOP_BOUND)})`);
    say(`  connection closed during it in ${seconds(closed)}`);
    say(`  left: ${JSON.stringify(left)}`);
    assert.deepEqual(left, NOTHING);
    assert.ok(resumed <= RESUME_BOUND && stopped <= STOP_BOUND);
  });
}

await onRedis({}, async (redis) => {
  const handled = Number(values.handled);
  say(`Nothing left: ${handled} messages`);
  const { processed, memory, left, duration } = await nothingLeft(redis, { messages: handled });
  say(`  handled ${processed} in ${seconds(duration)}, publishing included`);
  say(`  left: ${JSON.stringify(left)}`);
  const { before, full, after } = memory;
  say(`  Redis' memory: ${mebibytes(before)} before, ${mebibytes(full)} full, ${mebibytes(after)} after`);
  assert.equal(processed, handled);
  assert.deepEqual(left, NOTHING);
});
process.exit(0);

async function onRedis(
  options: StartRedisOptions,
  breakIt: (redis: PrivateRedis) => Promise<void>,
): Promise<void> {
  if (found.kind !== "program") return;
  const redis = await startRedis(found, options);
  try {
    await breakIt(redis);
  } finally {
    await redis.process.close();
  }
}

function say(line: string): void {
  console.log(line);
}

function seconds(ms: number): string {
  return `${(ms / 1_000).toFixed(2)} s`;
}

function mebibytes(bytes: number): string {
  return `${(bytes / 2 ** 20).toFixed(2)} MiB`;
}
