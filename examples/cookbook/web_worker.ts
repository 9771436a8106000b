/**
 * The worker of `web.ts` as a separate program, with its own health checks.
 *
 * REDIS_URL=redis://localhost deno run -A examples/cookbook/web_worker.ts   or   bun run …
 */
import process from "node:process";
import { app, router } from "./jobs.ts";

app.includeRouter(router);
const port = Number(process.env["HEALTH_PORT"] ?? 8080);
const { processed } = await app.runWorker({
  gracefulShutdownTime: 10_000,
  healthCheckServer: { hostname: "127.0.0.1", port },
});
console.log(`Messages handled: ${processed}`);
