/**
 * Redis and workers die, in full: `deno task faults redis`, with what follows or more of it:
 *
 * --on "Redis 7" --on "Redis 8" --on Valkey --messages 20000 --broker-kills 5 --worker-kills 2 --outage 60 --handled 100000
 * @module
 */
import assert from "node:assert/strict";
import { parseArgs } from "node:util";
import { provideRedis, REDIS_FLAVOURS, type RedisFlavour } from "../brokers/redis.ts";
import type { Found } from "../brokers/provision.ts";
import { nothingLeft } from "./nothing_left.ts";
import { sayNothingLost, sayOutage } from "./report.ts";
import { redisStage } from "./redis_stage.ts";
import { isNothing } from "./stage.ts";

/** Takes the command line's options. Rejects where a promise is not kept. */
export async function breakIt(args: readonly string[]): Promise<void> {
  const { values } = parseArgs({
    args: [...args],
    options: {
      on: { type: "string", multiple: true, default: ["Redis 7"] },
      messages: { type: "string", default: "20000" },
      "broker-kills": { type: "string", default: "5" },
      "worker-kills": { type: "string", default: "2" },
      outage: { type: "string", default: "60" },
      handled: { type: "string", default: "100000" },
    },
  });
  for (const flavour of values.on.map(toFlavour)) {
    const found = await provideRedis(flavour);
    if (found.kind === "url") throw new Error(`Cannot break ${flavour} as the running one is not ours`);
    if (found.kind === "missing") {
      throw new Error(`Cannot break ${flavour} as it is missing: ${found.reason}`);
    }
    console.log(flavour);
    await sayNothingLost(await redisStage(found, { durable: true }), {
      messages: Number(values.messages),
      brokerKills: Number(values["broker-kills"]),
      workerKills: Number(values["worker-kills"]),
    });
    for (const absence of ["killed", "hanging"] as const) {
      const seconds = Number(values.outage);
      await sayOutage(await redisStage(found, { durable: true }), { seconds, absence });
    }
    await sayNothingLeft(found, Number(values.handled));
  }
}

function toFlavour(name: string): RedisFlavour {
  const flavour = REDIS_FLAVOURS.find((one) => one === name);
  if (!flavour) throw new Error(`Cannot break it as it is none of ${REDIS_FLAVOURS.join(", ")}: ${name}`);
  return flavour;
}

async function sayNothingLeft(found: Found, messages: number): Promise<void> {
  await using stage = await redisStage(found);
  console.log(`Nothing left: ${messages} messages`);
  const { processed, memory, left, duration } = await nothingLeft(stage, { messages });
  console.log(`  handled ${processed} in ${(duration / 1_000).toFixed(2)} s, publishing included`);
  console.log(`  left: ${JSON.stringify(left)}`);
  const [before, full, after] = [memory.before, memory.full, memory.after].map(mebibytes);
  console.log(`  Redis' memory: ${before} before, ${full} full, ${after} after`);
  assert.equal(processed, messages);
  assert.ok(isNothing(left));
}

function mebibytes(bytes: number): string {
  return `${(bytes / 2 ** 20).toFixed(2)} MiB`;
}
