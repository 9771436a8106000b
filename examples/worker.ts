/**
 * A worker as a program: it runs until Ctrl+C or `SIGTERM`, then lets running tasks finish.
 *
 * deno task worker   or   bun run examples/worker.ts
 *
 * The in-memory server works only within one process, so this program also sends a message every second. With any other
 * server, producer and worker are usually two programs.
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
