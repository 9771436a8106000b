/**
 * Retries with increasing delays on RabbitMQ 4: a failed message waits in a queue without consumers until its time to live
 * expires. Then RabbitMQ moves it back. One queue for each delay serves all work queues.
 *
 * curl -u guest:guest -H "content-type: application/json" -X POST \
 *   -d @examples/rabbitmq_definitions.json http://localhost:15672/api/definitions
 * deno run -A examples/rabbitmq_retries.ts   or   bun run examples/rabbitmq_retries.ts
 *
 * With `--native` (RabbitMQ 4.3 and later) the message stays in its queue, and RabbitMQ redelivers it after the delay.
 */
import { defineMessage, type Message, Repid, republish, Router } from "@repid/core";
import { AmqpServer, modify } from "@repid/core/amqp";
import { type } from "arktype";
import process from "node:process";

/** The delay before each retry, in milliseconds. Each delay has its queue. All further retries use the last one. */
const DELAYS = (process.env["RETRY_DELAYS"] ?? "10000,60000").split(",").map(Number);
/** The maximum number of attempts, including the first. */
const ATTEMPTS = 3;

/** An error that may pass. Only these errors are retried. */
class TemporaryError extends Error {}

const processTask = defineMessage({
  name: "process_task",
  channel: "my_work_queue",
  payload: type({ task: "string", failures: "number" }),
});

function delayBefore(retry: number): number {
  return DELAYS[Math.min(retry, DELAYS.length) - 1] ?? 0;
}

/** Publishes the message to an exchange, with the delay and its queue as the routing key, and acknowledges the original. */
const throughQueues = republish({
  attempts: ATTEMPTS,
  when: (error) => error instanceof TemporaryError,
  parameters: (retry, { channel }) => {
    console.log(`  again in ${delayBefore(retry)} ms`);
    return { to: `/exchanges/retry_exchange/delay.${delayBefore(retry)}.${channel}` };
  },
});

/** Returns the message to RabbitMQ, with the time at which it is to be redelivered. */
async function natively(error: unknown, message: Message): Promise<"nack"> {
  const { deliveryCount: attempt = ATTEMPTS } = message;
  if (error instanceof TemporaryError && attempt < ATTEMPTS) {
    console.log(`  again in ${delayBefore(attempt)} ms`);
    const time = new Date(Date.now() + delayBefore(attempt));
    await modify(message, { deliveryFailed: true, annotations: { "x-opt-delivery-time": time } });
  }
  return "nack"; // has no effect if `modify` has settled the message
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
