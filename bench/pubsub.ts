/**
 * Pub/Sub through this library beside raw gRPC, in turns, on a peer of ours that is faster than either: confirmed
 * publications, and messages consumed by an actor that does nothing, at several concurrencies. Prints medians, the ratio of
 * each pair, and how many requests a message takes, which does not depend on the machine.
 *
 * deno run -A bench/pubsub.ts   or   … --messages 20000 --rounds 5 --concurrency 1,10,100,1000
 *
 * `deno task bench:compare --server pubsub-fake` measures more carefully, with each way in a process of its own.
 * @module
 */
import process from "node:process";
import { parseArgs } from "node:util";
import { Repid, Router, silentLogger } from "@repid/core";
import { PubsubServer } from "@repid/core/pubsub";
import { encode, newBody } from "./compare/body.ts";
import { startBroker } from "./compare/brokers.ts";
import type { Contender } from "./compare/contender.ts";
import { open } from "./compare/raw_pubsub.ts";

const { values } = parseArgs({
  options: {
    messages: { type: "string", default: "20000" },
    rounds: { type: "string", default: "5" },
    concurrency: { type: "string", default: "1,10,100,1000" },
  },
});
const ROUNDS = Number(values.rounds);

/** One way to publish and to consume so many messages, so many at once. */
interface Way {
  publish(channel: string, count: number, concurrency: number): Promise<void>;
  consume(channel: string, count: number, concurrency: number): Promise<void>;
}

const raws: Contender[] = [];
const broker = await startBroker("pubsub-fake");
const server = new PubsubServer(`${broker.url}/projects/tests`);
const connection = await server.connect();

const ours: Way = {
  async publish(channel, count, concurrency) {
    const parts = { headers: { topic: "work" }, contentType: "application/json", replyTo: undefined };
    await inWindow(count, concurrency, (id) => {
      return server.publish(channel, { payload: encode(newBody(id)), ...parts }, {});
    });
  },
  async consume(channel, count, concurrency) {
    const app = new Repid({ logger: silentLogger });
    app.servers.register("pubsub", server);
    const router = new Router({ channel });
    router.actor({ name: "work" }, (_, { message }) => void message.json());
    app.includeRouter(router);
    await app.runWorker({ messagesLimit: count, tasksLimit: concurrency, osSignals: [] });
  },
};

const byHand: Way = {
  publish: (channel, count, concurrency) =>
    onRaw(channel, (raw) => inWindow(count, concurrency, (id) => raw.publish(newBody(id)))),
  consume: (channel, count, concurrency) =>
    onRaw(channel, async (raw) => {
      const { promise, resolve } = Promise.withResolvers<void>();
      let handled = 0;
      const stop = await raw.consume(concurrency, () => {
        if (++handled === count) resolve();
      });
      await promise;
      await stop();
    }),
};

for (const concurrency of values.concurrency.split(",").map(Number)) {
  // Of one at a time, fewer.
  const count = Math.ceil(Number(values.messages) / (concurrency === 1 ? 10 : 1));
  const [publish, consume]: [Figures, Figures] = [{ rates: [[], []] }, { rates: [[], []] }];
  for (let round = 0; round < ROUNDS; round++) {
    // Who is first changes, so that neither always finds a warm broker.
    const order = round % 2 === 0 ? [0, 1] as const : [1, 0] as const;
    for (const index of order) {
      const way = index === 0 ? ours : byHand;
      const channel = await broker.newChannel();
      await measure(publish, index, count, () => way.publish(channel, count, concurrency));
      await measure(consume, index, count, () => way.consume(channel, count, concurrency));
    }
  }
  print("publish", concurrency, publish, "publishRequests");
  print("consume", concurrency, consume, "ackRequests");
}
await new Promise((resolve) => setTimeout(resolve, 100));
for (const raw of raws) await raw.close();
await connection.close();
await broker.close();
process.exit(0);

interface Figures {
  /** Messages a second, ours and by hand. */
  readonly rates: readonly [number[], number[]];
  /** Requests of each kind a message, in our latest round. */
  requests?: Readonly<Record<string, number>>;
}

async function measure(
  figures: Figures,
  index: 0 | 1,
  count: number,
  run: () => Promise<void>,
): Promise<void> {
  const before = await broker.counters();
  const started = performance.now();
  await run();
  figures.rates[index].push(count / (performance.now() - started) * 1_000);
  if (index === 1) return;
  const after = await broker.counters();
  figures.requests = Object.fromEntries(
    Object.entries(after).map(([name, value]) => [name, (value - (before[name] ?? 0)) / count]),
  );
}

function print(name: string, concurrency: number, { rates, requests }: Figures, counted: string): void {
  const [our, raw] = rates;
  const ratio = median(our.map((rate, index) => rate / (raw[index] ?? NaN)));
  const [ourRate, rawRate] = [median(our), median(raw)].map(Math.round);
  const perMessage = requests?.[counted]?.toFixed(4);
  console.log(
    `${name}, ${concurrency} at once: ${ourRate} messages/s, by hand ${rawRate}, ratio ${
      ratio.toFixed(2)
    }; ` +
      `${perMessage} requests a message`,
  );
}

async function inWindow(
  count: number,
  window: number,
  call: (id: number) => Promise<unknown>,
): Promise<void> {
  let next = 0;
  await Promise.all(Array.from({ length: window }, async () => {
    while (next < count) await call(next++);
  }));
}

async function onRaw(channel: string, use: (raw: Contender) => Promise<void>): Promise<void> {
  const raw = await open({ url: broker.url, channel, variant: "" });
  // Its last acknowledgements are sent in a turn of their own.
  raws.push(raw);
  await use(raw);
}

function median(numbers: readonly number[]): number {
  return numbers.toSorted((a, b) => a - b)[numbers.length >> 1] ?? NaN;
}
