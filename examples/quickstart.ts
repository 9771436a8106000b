/**
 * A producer and a worker in one process, on the in-memory server.
 *
 * deno run --no-lock --node-modules-dir=none examples/quickstart.ts   or   bun run examples/quickstart.ts
 *
 * With these flags Deno downloads only the one package that this example needs, without those of the tests.
 */
import { InMemoryServer, Repid, Router } from "@repid/core";
import { type } from "arktype";

const app = new Repid({ title: "Quickstart" });
app.servers.register("memory", new InMemoryServer());

const router = new Router({ channel: "greetings" });
const greet = router.actor(
  { name: "greet", payload: type({ name: "string", times: "number.integer > 0" }) },
  ({ name, times }) => {
    for (let i = 1; i <= times; i++) console.log(`Hello, ${name}! (${i} of ${times})`);
  },
);
app.includeRouter(router);

const connection = await app.servers.default.connect();
await app.send(greet, { name: "Ada", times: 1 });
await app.send(greet, { name: "Grace", times: 2 });

const { processed } = await app.runWorker({ messagesLimit: 2 });
console.log(`Messages handled: ${processed}`);
await connection.close();
