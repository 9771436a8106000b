/**
 * Cases: outages of the broker.
 * @module
 */
import type { ConformanceCase } from "./case.ts";
import { assert, assertEqual } from "./assert.ts";
import { workerOn } from "./flow.ts";
import { numbered, textOf, toBytes, toMessage } from "./bodies.ts";
import type { Trial } from "./trial.ts";

/** How long a call may take while the broker is down, in milliseconds. */
const BOUND = 30_000;

/** Cases about outages. */
export const outageCases: readonly ConformanceCase[] = [
  {
    name: "closes everything with the broker gone",
    part: "broker",
    run: async (trial) => {
      const [server, channel] = [await trial.harness.create(), await trial.channel()];
      const connection = await trial.connect(server);
      const subscription = await server.subscribe([channel]);
      const waiting = subscription.take(5, trial.patience).catch(() => []);
      await trial.broker().kill();
      await trial.within(subscription.close(), "close() of a subscription with the broker gone", BOUND);
      await trial.within(waiting, "a take with the broker gone", BOUND);
      await trial.within(connection.close(), "close() of a connection with the broker gone", BOUND);
    },
  },
  {
    name: "rejects what is published with the broker gone, or delivers it later, within a bound",
    part: "broker",
    run: async (trial) => {
      const [server, channel] = [await trial.server(), await trial.channel()];
      const broker = trial.broker();
      await broker.kill();
      const publishing = server.publish(channel, toMessage({}), {}).then(() => "published", () => "rejected");
      await broker.start();
      await trial.within(publishing, "publish() with the broker gone", BOUND);
    },
  },
  {
    name: "calls the loss of its broker retriable",
    part: "broker",
    run: async (trial) => {
      const server = await trial.harness.create();
      await trial.broker().kill();
      const connecting = server.connect().then(
        (connection) => ({ connection }),
        (error: unknown) => ({ error }),
      );
      const outcome = await trial.within(connecting, "connect() with the broker gone", BOUND);
      assert("error" in outcome, "connect() rejects with the broker gone");
      assertEqual(server.isRetriable(outcome.error), true, `what isRetriable(${outcome.error}) answers`);
    },
  },
  {
    name: "loses no confirmed message when its broker is stopped, and reconnects",
    capabilities: ["durable"],
    part: "broker",
    run: (trial) => survives(trial, "stop"),
  },
  {
    name: "loses no confirmed message when its broker is killed, and reconnects",
    capabilities: ["durable"],
    part: "broker",
    run: (trial) => survives(trial, "kill"),
  },
];

async function survives(trial: Trial, end: "stop" | "kill"): Promise<void> {
  const [server, channel, bodies] = [await trial.server(), await trial.channel(), numbered(300)];
  const broker = trial.broker();
  const seen = new Set<string>();
  const all = Promise.withResolvers<void>();
  const confirmed = new Set<string>();
  let published = false;
  const judge = (): void => {
    if (published && [...confirmed].every((body) => seen.has(body))) all.resolve();
  };
  const worker = await workerOn(trial, channel, { tasksLimit: 10 }, (message) => {
    seen.add(textOf(message));
    judge();
  });
  const publish = async (body: string): Promise<boolean> => {
    const message = toMessage({ payload: toBytes(body), headers: TOPIC });
    const publishing = server.publish(channel, message, {}).then(() => true, () => false);
    const isConfirmed = await trial.within(publishing, `publish() of ${body}`, BOUND);
    if (isConfirmed) confirmed.add(body);
    return isConfirmed;
  };
  const half = bodies.length / 2;
  for (const [index, body] of bodies.entries()) {
    if (index === half) await trial.within(broker[end](), `${end}() of the broker`, BOUND * 2);
    if (index === half + 1) await trial.within(broker.start(), "start() of the broker", BOUND * 2);
    await publish(body);
  }
  // The publisher's client may need a moment; without a message from after the outage, nothing is shown.
  for (const last = performance.now() + BOUND; !await publish("after the outage");) {
    assert(performance.now() < last, `publish() still rejects ${BOUND} ms after the broker's return`);
    await new Promise((resolve) => setTimeout(resolve, 50));
  }
  published = true;
  judge();
  await trial.within(all.promise, "handling all that was confirmed", BOUND * 2);
  assert(confirmed.size >= half, "what was published before the outage was confirmed");
  await worker.stop();
}

const TOPIC = { topic: "conformance" };
