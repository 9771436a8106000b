/**
 * Runs the faults that all brokers share, says what came of them, and rejects where a promise is not kept. Ends the stage.
 * @module
 */
import assert from "node:assert/strict";
import { nothingLost, type NothingLostOptions } from "./nothing_lost.ts";
import { outage, type OutageOptions, RESUME_BOUND, STOP_BOUND } from "./outage.ts";
import { isNothing, type Stage } from "./stage.ts";

/** The broker and workers are killed while messages are published and handled. */
export async function sayNothingLost(stage: Stage, options: NothingLostOptions): Promise<void> {
  await using _ending = stage;
  const { messages, brokerKills, workerKills } = options;
  const kills = `the broker killed ${brokerKills} times, a worker ${workerKills} times`;
  console.log(`Nothing lost: ${messages} messages, ${kills}`);
  const figures = await nothingLost(stage, options);
  const { handled, redelivered, republished, rejectedPublishes, left, duration } = figures;
  console.log(`  handled ${handled} of ${messages} in ${seconds(duration)}`);
  console.log(`  handled again: ${redelivered} delivered again, ${republished} published again`);
  console.log(`  publishes that rejected and were tried again: ${rejectedPublishes}`);
  console.log(`  left: ${JSON.stringify(left)}`);
  assert.equal(handled, messages);
  assert.ok(isNothing(left));
}

/** The broker goes away for a while, twice. */
export async function sayOutage(stage: Stage, options: OutageOptions): Promise<void> {
  await using _ending = stage;
  console.log(`Outage: the broker ${options.absence ?? "killed"} for ${options.seconds} s`);
  const { resumed, stopped, closed, left } = await outage(stage, options);
  console.log(
    `  a message handled ${seconds(resumed)} after its return (promised: ${seconds(RESUME_BOUND)})`,
  );
  console.log(`  stopped during an outage in ${seconds(stopped)} (promised: ${seconds(STOP_BOUND)})`);
  console.log(`  connection closed during it in ${seconds(closed)}`);
  console.log(`  left: ${JSON.stringify(left)}`);
  assert.ok(isNothing(left));
  assert.ok(resumed <= RESUME_BOUND && stopped <= STOP_BOUND);
}

function seconds(ms: number): string {
  return `${(ms / 1_000).toFixed(2)} s`;
}
