/**
 * A worker of its own: runs until it is told to stop, by Ctrl+C or `SIGTERM`, and lets running tasks finish.
 *
 * deno task worker   or   bun run examples/worker.ts
 *
 * With the in-memory server a worker can only hear of its own process, so this one also sends: a tick every second. With
 * any other server, the two halves are two programs.
 */
import { consoleLogger, InMemoryServer, Repid, Router } from "@repid/core";
import { type } from "arktype";

const router = new Router({ channel: "ticks", timeout: 10_000 });
const tick = router.actor(
  { name: "tick", payload: type({ count: "number.integer" }) },
  ({ count }) => console.log(`Tick ${count}`),
);

const app = new Repid({ title: "Worker", logger: consoleLogger({ level: "info" }) }).includeRouter(router);
app.servers.register("memory", new InMemoryServer());

const connection = await app.servers.default.connect();
let count = 0;
await app.send(tick, { count: ++count });
const timer = setInterval(() => app.send(tick, { count: ++count }), 1_000);

const { processed } = await app.runWorker({ gracefulShutdownTime: 10_000 });

clearInterval(timer);
await connection.close();
console.log(`Messages handled: ${processed}`);
