/**
 * Retries with growing delays on RabbitMQ 4: a failed message waits in a queue that nobody consumes, until its time to live is
 * over and RabbitMQ moves it back. One queue for each delay serves all work queues.
 *
 * curl -u guest:guest -H "content-type: application/json" -X POST \
 *   -d @examples/rabbitmq_definitions.json http://localhost:15672/api/definitions
 * deno run -A examples/rabbitmq_retries.ts   or   bun run examples/rabbitmq_retries.ts
 *
 * With `--native`, RabbitMQ 4.3 and later: the message stays in its queue, and RabbitMQ delivers it again when it is time.
 */
import { defineMessage, type Message, Repid, republish, Router } from "@repid/core";
import { AmqpServer, modify } from "@repid/core/amqp";
import { type } from "arktype";
import process from "node:process";

/** In milliseconds. There is a queue for each; the last one serves all further retries. */
const DELAYS = (process.env["RETRY_DELAYS"] ?? "10000,60000").split(",").map(Number);
/** How often a task is tried, the first time included. */
const ATTEMPTS = 3;

/** Worth another try, unlike everything else. */
class TemporaryError extends Error {}

const processTask = defineMessage({
  name: "process_task",
  channel: "my_work_queue",
  payload: type({ task: "string", failures: "number" }),
});

function delayBefore(retry: number): number {
  return DELAYS[Math.min(retry, DELAYS.length) - 1] ?? 0;
}

/** The message is published again, to an exchange, with the delay and its own queue as the key; the old one is acknowledged. */
const throughQueues = republish({
  attempts: ATTEMPTS,
  when: (error) => error instanceof TemporaryError,
  parameters: (retry, { channel }) => {
    console.log(`  again in ${delayBefore(retry)} ms`);
    return { to: `/exchanges/retry_exchange/delay.${delayBefore(retry)}.${channel}` };
  },
});

/** The message is given back with the time at which it is wanted again. */
async function natively(error: unknown, message: Message): Promise<"nack"> {
  const { deliveryCount: attempt = ATTEMPTS } = message;
  if (error instanceof TemporaryError && attempt < ATTEMPTS) {
    console.log(`  again in ${delayBefore(attempt)} ms`);
    const time = new Date(Date.now() + delayBefore(attempt));
    await modify(message, { deliveryFailed: true, annotations: { "x-opt-delivery-time": time } });
  }
  return "nack"; // without effect where the message was given back
}

const router = new Router();
const onError = process.argv.includes("--native") ? natively : throughQueues;
const attempts = new Map<string, number>();
router.actor({ ...processTask, onError }, ({ task, failures }) => {
  const attempt = (attempts.get(task) ?? 0) + 1;
  attempts.set(task, attempt);
  console.log(`${task}, attempt ${attempt}`);
  if (failures < 0) throw new TypeError("Cannot be done, however often it is tried");
  if (attempt <= failures) throw new TemporaryError("The other side does not answer");
});

const app = new Repid({ title: "Retries" }).includeRouter(router);
app.servers.register("rabbitmq", new AmqpServer(process.env["RABBITMQ_URL"] ?? "amqp://localhost"));
await using _connection = await app.servers.default.connect();
await app.send(processTask, { task: "impossible", failures: -1 });
await app.send(processTask, { task: "flaky", failures: 2 });
const { processed } = await app.runWorker({ messagesLimit: 4 });
console.log(`Messages handled: ${processed}`);
