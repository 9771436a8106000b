/**
 * RabbitMQ is stopped, killed, hangs and closes connections, in full: `deno task faults amqp`, with what follows or more of it:
 *
 * --messages 20000 --stops 2 --kills 2 --closings 5 --outage 60 --held 60
 * @module
 */
import assert from "node:assert/strict";
import { parseArgs } from "node:util";
import type { Found } from "../brokers/provision.ts";
import { type PrivateRabbit, provideRabbit, startRabbit } from "../brokers/rabbitmq.ts";
import { holdOne } from "./amqp_held.ts";
import { nothingLostOnRabbit } from "./amqp_nothing_lost.ts";
import { RABBIT_CLOSE_BOUND, rabbitOutage } from "./amqp_outage.ts";
import { RESUME_BOUND, STOP_BOUND } from "./outage.ts";

/** Takes the command line's options. Rejects where a promise is not kept. */
export async function breakIt(args: readonly string[]): Promise<void> {
  const { values } = parseArgs({
    args: [...args],
    options: {
      messages: { type: "string", default: "20000" },
      stops: { type: "string", default: "2" },
      kills: { type: "string", default: "2" },
      closings: { type: "string", default: "5" },
      outage: { type: "string", default: "60" },
      held: { type: "string", default: "60" },
    },
  });
  const found = await provideRabbit("RabbitMQ 4");
  if (found.kind !== "program") throw new Error("Cannot break anything as there is no RabbitMQ to start");

  await onRabbit(found, async (rabbit) => {
    const messages = Number(values.messages);
    const [stops, kills, closings] = [Number(values.stops), Number(values.kills), Number(values.closings)];
    say(
      `Nothing lost: ${messages} messages, ${stops} stops, ${kills} kills, connections closed ${closings} times`,
    );
    const figures = await nothingLostOnRabbit(rabbit, { messages, stops, kills, closings });
    const { handled, duplicates, rejectedPublishes, subscribed, left, duration } = figures;
    say(`  handled ${handled} of ${messages} in ${seconds(duration)}; left in the queue: ${left}`);
    say(
      `  duplicates: ${duplicates}; publishes tried again: ${rejectedPublishes}; subscribed ${subscribed} times`,
    );
    assert.equal(handled, messages);
    assert.equal(left, 0);
    assert.ok(subscribed > stops + kills + closings, "a fault went by unnoticed");
  });

  for (const absence of ["killed", "hanging"] as const) {
    await onRabbit(found, async (rabbit) => {
      say(`Outage: RabbitMQ ${absence} for ${values.outage} s`);
      const { resumed, stopped, closed } = await rabbitOutage(rabbit, {
        seconds: Number(values.outage),
        absence,
      });
      say(`  a message handled ${seconds(resumed)} after its return (promised: ${seconds(RESUME_BOUND)})`);
      say(`  a worker stopped during it in ${seconds(stopped)} (promised: ${seconds(STOP_BOUND)})`);
      say(`  closed during it in ${seconds(closed)} (promised: ${seconds(RABBIT_CLOSE_BOUND)})`);
      assert.ok(resumed <= RESUME_BOUND && stopped <= STOP_BOUND && closed <= RABBIT_CLOSE_BOUND);
    });
  }

  await onRabbit(found, async (rabbit) => {
    say(`One message held for ${values.held} s while 10 000 others pass`);
    const { passed, duplicates, held } = await holdOne(rabbit, {
      others: 10_000,
      seconds: Number(values.held),
    });
    say(`  passed ${passed} in ${seconds(held)}, ${duplicates} of them twice`);
    assert.deepEqual([passed, duplicates], [10_000, 0]);
  });
}

async function onRabbit(found: Found, act: (rabbit: PrivateRabbit) => Promise<void>): Promise<void> {
  const rabbit = await startRabbit(found);
  try {
    await act(rabbit);
  } finally {
    await rabbit.close();
  }
}

function say(text: string): void {
  console.log(text);
}

function seconds(ms: number): string {
  return `${(ms / 1_000).toFixed(2)} s`;
}
