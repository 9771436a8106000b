/**
 * How many messages a second go through a worker on the in-memory server, and what one costs beside a bare
 * `await handler(JSON.parse(payload))`.
 *
 * deno task bench   or   bun run bench/memory.ts
 *
 * Rounds of all candidates are interleaved; the figures are medians with the least and the most.
 * @module
 */
import { type ActorMiddleware, dependency, InMemoryServer, Repid, Router } from "@repid/core";
import { type } from "arktype";

const MESSAGES = 50_000;
const ROUNDS = 5;
const HEADERS = { topic: "task" };
const PAYLOAD = new TextEncoder().encode(JSON.stringify({ userId: 1, name: "Ada", tags: ["a", "b"] }));
const Payload = type({ userId: "number", name: "string", tags: "string[]" });

interface Candidate {
  readonly name: string;
  /** Handles {@linkcode MESSAGES} messages; answers the milliseconds it took. */
  readonly round: () => Promise<number>;
}

function bare(): Candidate {
  const decoder = new TextDecoder();
  let sum = 0;
  const handler = ({ userId }: { userId: number }): void => void (sum += userId);
  return {
    name: "bare: await handler(JSON.parse(payload))",
    async round() {
      const start = performance.now();
      for (let i = 0; i < MESSAGES; i++) await handler(JSON.parse(decoder.decode(PAYLOAD)));
      return performance.now() - start;
    },
  };
}

function worker(name: string, tasksLimit: number, addActor: (router: Router) => void): Candidate {
  const app = new Repid();
  const server = app.servers.register("memory", new InMemoryServer());
  const router = new Router({ channel: "bench" });
  addActor(router);
  app.includeRouter(router);
  return {
    name: `${name}, tasksLimit ${tasksLimit}`,
    async round() {
      const connection = await server.connect();
      const message = {
        payload: PAYLOAD,
        headers: HEADERS,
        contentType: "application/json",
        replyTo: undefined,
      };
      for (let i = 0; i < MESSAGES; i++) void server.publish("bench", message, { message_id: String(i) });
      const start = performance.now();
      await app.runWorker({ messagesLimit: MESSAGES, tasksLimit, osSignals: [] });
      const elapsed = performance.now() - start;
      await connection.close();
      return elapsed;
    },
  };
}

let total = 0;
const plain = (router: Router): void =>
  void router.actor({ name: "task", payload: Payload }, ({ userId }) => {
    total += userId;
  });
const full = (router: Router): void => {
  const through: ActorMiddleware = (_, next) => next();
  const clock = dependency(() => 1);
  router.actor(
    { name: "task", payload: Payload, middlewares: [through, through], deps: { clock } },
    ({ userId }, { deps }) => {
      total += userId + deps.clock;
    },
  );
};

const candidates: readonly Candidate[] = [
  bare(),
  ...[1, 10, 100, 1_000].map((limit) => worker("actor", limit, plain)),
  worker("actor, two middlewares, a dependency", 1_000, full),
];

const times = new Map(candidates.map(({ name }) => [name, [] as number[]]));
for (let round = 0; round <= ROUNDS; round++) {
  for (const { name, round: run } of candidates) {
    const elapsed = await run();
    // The first round warms up.
    if (round > 0) times.get(name)?.push(elapsed);
  }
}

const runtime = "Deno" in globalThis ? "Deno" : "Bun" in globalThis ? "Bun" : "Node";
console.log(`\n${MESSAGES} messages, ${ROUNDS} rounds, ${runtime} (medians; least to most)\n`);
const median = (values: readonly number[]): number =>
  values.toSorted((a, b) => a - b)[values.length >> 1] ?? NaN;
const perSecond = (ms: number): string => Math.round(MESSAGES / ms * 1_000).toLocaleString("en");
const base = median(times.get(candidates[0]?.name ?? "") ?? []);
for (const [name, values] of times) {
  const middle = median(values);
  console.log(
    `${name.padEnd(55)} ${perSecond(middle).padStart(10)}/s (${perSecond(Math.max(...values))} to ${
      perSecond(Math.min(...values))
    }), ${(middle / MESSAGES * 1_000).toFixed(2)} µs each, ${(base / middle).toFixed(2)} of bare`,
  );
}
if (total === 0) throw new Error("Nothing was handled");
