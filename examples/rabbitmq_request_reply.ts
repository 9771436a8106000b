/**
 * Request and reply on RabbitMQ: the requester names the queue for the reply. Both queues are in
 * `rabbitmq_definitions.json`. A header carries the correlation id, which matches a reply to its request.
 *
 * deno run -A examples/rabbitmq_request_reply.ts   or   bun run examples/rabbitmq_request_reply.ts
 */
import { catchAllRoutingStrategy, defineMessage, Repid, Router } from "@repid/core";
import { AmqpServer } from "@repid/core/amqp";
import { type } from "arktype";
import process from "node:process";

const REPLIES = "prices.replies";
const askPrice = defineMessage({
  name: "ask_price",
  channel: "prices",
  payload: type({ sku: "string" }),
  headers: type({ "correlation-id": "string" }),
});

const answering = new Router();
answering.actor(askPrice, async ({ sku }, { headers, message }) => {
  // Publishes the reply to the queue that the request names, then acknowledges the request.
  await message.replyJson({ payload: { sku, cents: 100 * sku.length }, headers });
});

const asking = new Router({ channel: REPLIES });
const waiting = new Map<string, (answer: unknown) => void>();
asking.actor(
  { name: "take_answer", routingStrategy: catchAllRoutingStrategy },
  (_, { headers: { "correlation-id": id = "" }, message }) => waiting.get(id)?.(message.json()),
);

const app = new Repid({ title: "Prices" }).includeRouter(answering).includeRouter(asking);
app.servers.register("rabbitmq", new AmqpServer(process.env["RABBITMQ_URL"] ?? "amqp://localhost"));
const connection = await app.servers.default.connect();
const stop = new AbortController();
const running = app.runWorker({ signal: stop.signal });

async function ask(sku: string): Promise<unknown> {
  const id = crypto.randomUUID();
  const answer = new Promise((resolve) => waiting.set(id, resolve));
  await app.send(askPrice, { sku }, { replyTo: REPLIES, headers: { "correlation-id": id } });
  return await answer.finally(() => waiting.delete(id));
}

for (const answer of await Promise.all(["pen", "paper"].map(ask))) console.log(JSON.stringify(answer));
stop.abort();
await running;
await connection.close();
