/**
 * Request and reply: who asks says where the answer is to go, and knows it again by a header.
 *
 * deno run -A examples/request_reply.ts   or   bun run examples/request_reply.ts
 *
 * With REDIS_URL it goes through Redis; else it stays in this process.
 */
import {
  catchAllRoutingStrategy,
  defineMessage,
  InMemoryServer,
  type MessageHeaders,
  Repid,
  Router,
} from "@repid/core";
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

/** Asks, and waits for the answer that carries the same correlation id. */
class Asker {
  readonly #waiting = new Map<string, PromiseWithResolvers<unknown>>();
  /** Of this object alone: nobody else takes its answers. */
  readonly #replyTo = `replies.${crypto.randomUUID()}`;

  /** The application's worker must run, as answers are messages. */
  constructor(app: Repid) {
    const router = new Router({ channel: this.#replyTo });
    const options = { name: "take_answer", routingStrategy: catchAllRoutingStrategy };
    router.actor(options, (_, { headers: { "correlation-id": id = "" }, message }) => {
      this.#waiting.get(id)?.resolve(message.json()); // an answer that nobody waits for any more is dropped
    });
    app.includeRouter(router);
  }

  /** `send` sends the question with what it is given; `parse` checks the answer. */
  async ask<T>(
    send: (
      options: { replyTo: string; headers: MessageHeaders & { "correlation-id": string } },
    ) => Promise<void>,
    parse: (answer: unknown) => T,
    signal: AbortSignal = AbortSignal.timeout(5_000),
  ): Promise<T> {
    const id = crypto.randomUUID();
    const answer = Promise.withResolvers<unknown>();
    const giveUp = (): void => answer.reject(signal.reason);
    this.#waiting.set(id, answer);
    signal.addEventListener("abort", giveUp, { once: true });
    try {
      await send({ replyTo: this.#replyTo, headers: { "correlation-id": id } });
      return parse(await answer.promise);
    } finally {
      signal.removeEventListener("abort", giveUp);
      this.#waiting.delete(id);
    }
  }
}

// who answers
const router = new Router();
router.actor(askPrice, async ({ sku }, { headers, message }) => {
  if (sku === "unknown") return; // no answer: who asks gives up
  await message.replyJson({ payload: { sku, cents: 100 * sku.length }, headers });
});

const { REDIS_URL } = process.env;
const server = REDIS_URL === undefined ? new InMemoryServer() : new RedisServer(REDIS_URL);
const answering = new Repid({ title: "Prices" }).includeRouter(router);
answering.servers.register("default", server);

// who asks: another program, as a rule
const asking = new Repid({ title: "Shop" });
asking.servers.register("default", server);
const asker = new Asker(asking);

const stop = new AbortController();
const connection = await server.connect();
const workers = [answering, asking].map((app) => app.runWorker({ signal: stop.signal, osSignals: [] }));

const skus = ["pen", "paper", "stapler"];
const prices = await Promise.all(
  skus.map((sku) => asker.ask((options) => asking.send(askPrice, { sku }, options), Price.assert)),
);
for (const { sku, cents } of prices) console.log(`${sku}: ${cents}`);

const soon = AbortSignal.timeout(100);
await asker.ask((options) => asking.send(askPrice, { sku: "unknown" }, options), Price.assert, soon)
  .catch((error: Error) => console.log(`unknown: ${error.name}`));

stop.abort();
await Promise.all(workers);
await connection.close();
