/**
 * CPU-bound work: the functions run in separate processes. They do not block the worker, and a time limit stops even an
 * endless loop.
 *
 * deno run -A examples/isolated.ts   or   bun run examples/isolated.ts
 */
import { InMemoryServer, Repid, Router } from "@repid/core";
import { isolated } from "@repid/core/isolated";
import { type } from "arktype";
import type * as Heavy from "./heavy.ts"; // types only: the module is not loaded here

const heavy = isolated<typeof Heavy>(new URL("./heavy.ts", import.meta.url));

const router = new Router({ channel: "heavy" });

// an isolated function can be a handler: its parameter type is checked against the payload
const countForever = router.actor({
  name: "count_forever",
  payload: type({ from: "number" }),
  timeout: 500,
  onTimeout: () => {
    console.log("Counting for ever took too long: its process is killed");
    return "nack";
  },
}, heavy.countForever);

// it can also be called like any async function
const findPrimes = router.actor({
  name: "find_primes",
  payload: type({ from: "number.integer", to: "number.integer" }),
}, async ({ from, to }, { signal }) => {
  const numbers = Array.from({ length: to - from }, (_, i) => from + i);
  const found = await Promise.all(numbers.map((number) => heavy.isPrime({ number }, { signal })));
  console.log(`Primes: ${numbers.filter((_, i) => found[i]).join(", ")}`);
});

const app = new Repid({ title: "Isolated" }).includeRouter(router);
app.servers.register("memory", new InMemoryServer());

const connection = await app.servers.default.connect();
await app.send(findPrimes, { from: 1_000_000, to: 1_000_040 });
await app.send(countForever, { from: 0 });
const { processed } = await app.runWorker({ tasksLimit: 1, messagesLimit: 2 });
console.log(`Messages handled: ${processed}`);
await connection.close();

console.log(`The sum up to ten million: ${await heavy.sumUpTo(10_000_000)}`);
