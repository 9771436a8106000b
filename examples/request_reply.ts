/**
 * Request and reply: the requester names the channel for the reply, and matches each reply to its request by a header.
 *
 * deno run -A examples/request_reply.ts   or   bun run examples/request_reply.ts
 *
 * With REDIS_URL it uses Redis, otherwise the in-memory server.
 */
import { catchAllRoutingStrategy, defineMessage, InMemoryServer, Repid, Router } from "@repid/core";
import { RedisServer } from "@repid/core/redis";
import { type } from "arktype";
import process from "node:process";

const askPrice = defineMessage({
  name: "ask_price",
  channel: "prices",
  payload: type({ sku: "string" }),
  headers: type({ "correlation-id": "string" }),
});
const Price = type({ sku: "string", cents: "number" });

// the replier
const router = new Router();
router.actor(askPrice, async ({ sku }, { headers, message }) => {
  if (sku === "unknown") return; // no reply: the request times out
  await message.replyJson({ payload: { sku, cents: 100 * sku.length }, headers });
});

const { REDIS_URL } = process.env;
const server = REDIS_URL === undefined ? new InMemoryServer() : new RedisServer(REDIS_URL);
const answering = new Repid({ title: "Prices" }).includeRouter(router);
answering.servers.register("default", server);

// the requester: usually another program
const replyTo = `replies.${crypto.randomUUID()}`; // only this process consumes this channel
const waiting = new Map<string, (answer: unknown) => void>();
const answers = new Router({ channel: replyTo });
answers.actor(
  { name: "take_answer", routingStrategy: catchAllRoutingStrategy },
  // a reply to a request that has timed out is ignored
  (_, { headers: { "correlation-id": id = "" }, message }) => waiting.get(id)?.(message.json()),
);
const asking = new Repid({ title: "Shop" }).includeRouter(answers);
asking.servers.register("default", server);

/** Sends a request and waits for the reply with the same correlation id. A worker must run, because replies are messages. */
async function ask(
  sku: string,
  signal: AbortSignal = AbortSignal.timeout(5_000),
): Promise<typeof Price.infer> {
  const id = crypto.randomUUID();
  const answer = new Promise((resolve, reject) => {
    waiting.set(id, resolve);
    signal.addEventListener("abort", () => reject(signal.reason), { once: true });
  });
  answer.catch(() => {}); // the signal may abort while the request is being sent
  try {
    await asking.send(askPrice, { sku }, { replyTo, headers: { "correlation-id": id } });
    return Price.assert(await answer);
  } finally {
    waiting.delete(id);
  }
}

const stop = new AbortController();
const connection = await server.connect();
const workers = [answering, asking].map((app) => app.runWorker({ signal: stop.signal, osSignals: [] }));

for (const { sku, cents } of await Promise.all(["pen", "paper", "stapler"].map((sku) => ask(sku)))) {
  console.log(`${sku}: ${cents}`);
}
await ask("unknown", AbortSignal.timeout(100)).catch((error: Error) => console.log(`unknown: ${error.name}`));

stop.abort();
await Promise.all(workers);
await connection.close();
