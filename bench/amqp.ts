/**
 * RabbitMQ through this library beside raw rhea, in turns on one node: confirmed publications, and messages consumed by an actor
 * that does nothing, at several concurrencies. Prints medians, and the ratio of each pair. Starts a node of its own.
 *
 * deno run -A bench/amqp.ts   or   … --messages 20000 --rounds 5
 * @module
 */
import { Buffer } from "node:buffer";
import process from "node:process";
import { parseArgs } from "node:util";
import { type MessageData, Repid, Router, silentLogger } from "@repid/core";
import { AmqpServer } from "@repid/core/amqp";
import rhea, { type Connection, type Delivery, type Receiver } from "rhea";
import { type PrivateRabbit, provideRabbit, startRabbit } from "../tests/brokers/rabbitmq.ts";

const { values } = parseArgs({
  options: {
    messages: { type: "string", default: "20000" },
    rounds: { type: "string", default: "5" },
    concurrency: { type: "string", default: "1,10,100,1000" },
  },
});
const ROUNDS = Number(values.rounds);
const CONCURRENCIES = values.concurrency.split(",").map(Number);
/** Of one at a time, fewer. */
const amount = (concurrency: number): number => Number(values.messages) / (concurrency === 1 ? 4 : 1);
const PAYLOAD = new TextEncoder().encode(JSON.stringify({ a: "x".repeat(40) }));
const MESSAGE: MessageData = {
  payload: PAYLOAD,
  headers: { topic: "work" },
  contentType: "application/json",
  replyTo: undefined,
};

/** One way to do it. Answers when so many messages are through. */
type Way = (queue: string, count: number, concurrency: number) => Promise<void>;

const found = await provideRabbit("RabbitMQ 4");
if (found.kind !== "program") throw new Error("Cannot measure as there is no RabbitMQ to start");
const rabbit = await startRabbit(found);
const server = new AmqpServer(rabbit.url);
const connection = await server.connect();
const raw = await connectRhea(rabbit);

for (const concurrency of CONCURRENCIES) {
  await compare("publish", concurrency, publishOurs, publishRaw, false);
  await compare("consume", concurrency, consumeOurs, consumeRaw, true);
}
raw.close();
await connection.close();
await rabbit.close();
process.exit(0);

async function compare(
  name: string,
  concurrency: number,
  ours: Way,
  rhea: Way,
  fill: boolean,
): Promise<void> {
  const rates: { ours: number[]; rhea: number[] } = { ours: [], rhea: [] };
  const cpu: { ours: number[]; rhea: number[] } = { ours: [], rhea: [] };
  const count = amount(concurrency);
  // The first round warms up.
  for (let round = 0; round <= ROUNDS; round++) {
    for (const way of (round % 2 === 0 ? ["ours", "rhea"] : ["rhea", "ours"]) as ("ours" | "rhea")[]) {
      const queue = crypto.randomUUID();
      await rabbit.declareQueue(queue, { type: "classic" });
      if (fill) await publishOurs(queue, count, 500);
      const [since, used] = [performance.now(), process.cpuUsage()];
      await (way === "ours" ? ours : rhea)(queue, count, concurrency);
      const { user, system } = process.cpuUsage(used);
      if (round > 0) {
        rates[way].push(count / (performance.now() - since) * 1_000);
        cpu[way].push((user + system) / count);
      }
      await rabbit.deleteQueue(queue);
    }
  }
  const ratios = rates.ours.map((rate, index) => rate / (rates.rhea[index] ?? NaN));
  console.log(
    `${name} c=${concurrency}: ${summary(rates.ours)}/s, rhea ${summary(rates.rhea)}/s, ` +
      `ratio ${summary(ratios, 2)}; CPU µs ${summary(cpu.ours, 1)}, rhea ${summary(cpu.rhea, 1)}`,
  );
}

/** The median, and from where to where. */
function summary(figures: readonly number[], digits = 0): string {
  const sorted = figures.toSorted((a, b) => a - b);
  const text = (index: number): string => (sorted[index] ?? NaN).toFixed(digits);
  return `${text(sorted.length >> 1)} (${text(0)}–${text(sorted.length - 1)})`;
}

async function publishOurs(queue: string, count: number, concurrency: number): Promise<void> {
  let left = count;
  const publish = async (): Promise<void> => {
    while (left-- > 0) await server.publish(queue, MESSAGE, {});
  };
  await Promise.all(Array.from({ length: concurrency }, publish));
}

async function consumeOurs(queue: string, count: number, concurrency: number): Promise<void> {
  const app = new Repid({ logger: silentLogger });
  app.servers.register("amqp", server);
  const router = new Router({ channel: queue });
  router.actor({ name: "work" }, () => {});
  app.includeRouter(router);
  await app.runWorker({ messagesLimit: count, tasksLimit: concurrency, osSignals: [] });
}

function publishRaw(queue: string, count: number, concurrency: number): Promise<void> {
  const sender = raw.open_sender({ target: { address: `/queues/${queue}` } });
  let [sent, confirmed] = [0, 0];
  return new Promise((resolve) => {
    const send = (): void => {
      while (sent < count && sent - confirmed < concurrency && sender.sendable()) {
        sent++;
        sender.send({
          durable: true,
          message_id: crypto.randomUUID(),
          content_type: "application/json",
          application_properties: { topic: "work" },
          body: rhea.message.data_section(Buffer.from(PAYLOAD)),
        });
      }
    };
    sender.on("sendable", send);
    sender.on("accepted", () => {
      if (++confirmed === count) sender.close();
      else send();
    });
    sender.on("sender_close", () => resolve());
  });
}

/** Never more than so many unsettled, as with us: settled in one go with what else came, then credit for as many. */
function consumeRaw(queue: string, count: number, concurrency: number): Promise<void> {
  const receiver = raw.open_receiver({
    source: { address: `/queues/${queue}` },
    autoaccept: false,
    credit_window: 0,
  });
  receiver.on("receiver_open", () => {
    countFromTheBeginning(receiver);
    receiver.add_credit(Math.min(concurrency, count));
  });
  let [handled, left] = [0, count - concurrency];
  let waiting: Delivery[] = [];
  const settle = (): void => {
    const deliveries = waiting;
    waiting = [];
    for (const delivery of deliveries) delivery.accept();
    const credit = Math.min(deliveries.length, left);
    left -= deliveries.length;
    if (credit > 0) receiver.add_credit(credit);
    if (handled === count) receiver.close();
  };
  return new Promise((resolve) => {
    receiver.on("message", ({ delivery }) => {
      handled++;
      if (delivery && waiting.push(delivery) === 1) setImmediate(settle);
    });
    receiver.on("receiver_close", () => resolve());
  });
}

/** rhea counts deliveries from 0, RabbitMQ 4.0 from just before 2^32: each grant would be five too many. */
function countFromTheBeginning(receiver: Receiver): void {
  const { remote } = receiver as unknown as { remote: { attach: { initial_delivery_count: number } } };
  let count = remote.attach.initial_delivery_count >>> 0;
  Object.defineProperty(receiver, "delivery_count", {
    get: () => count,
    set: (value: number) => count = value >>> 0,
  });
}

function connectRhea({ port }: PrivateRabbit): Promise<Connection> {
  const options = {
    ...{ host: "127.0.0.1", port, username: "guest", password: "guest", reconnect: false },
    // rhea's types do not know it.
    tcp_no_delay: true,
  };
  const connection = rhea.create_container().connect(options);
  return new Promise((resolve, reject) => {
    connection.once("connection_open", () => resolve(connection));
    connection.once("disconnected", ({ error }) => reject(error));
  });
}
