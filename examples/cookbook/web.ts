/**
 * A web application with Hono that sends messages. It connects when it starts and disconnects when it stops. With the
 * argument `worker` it also handles the messages, in the same process.
 *
 * deno run -A examples/cookbook/web.ts worker   or   bun run examples/cookbook/web.ts worker
 *
 * or, as two programs: web.ts and web_worker.ts, both with REDIS_URL=redis://localhost
 */
import { MessageValidationError } from "@repid/core";
import { type Context, Hono } from "hono";
import process from "node:process";
import { app, createReport, router } from "./jobs.ts";
import { listen } from "./listen.ts";

const web = new Hono();

web.post("/reports", async (c) => {
  await app.send(createReport, await c.req.json()); // resolves when the broker has accepted it
  return c.json({ status: "accepted" }, 202);
});
web.onError((error, c) => {
  if (error instanceof MessageValidationError) return c.json({ issues: error.issues }, 422);
  if (error instanceof SyntaxError) return c.json({ error: "not JSON" }, 400);
  console.error(error);
  return c.json({ error: "try again later" }, 503);
});

// Repid's handlers take a Request and return a Response, as Hono's do.
const documentation = app.asyncApiHandler({ path: "/docs" });
web.get("/docs", (c) => documentation(c.req.raw));
web.get("/docs/*", (c) => documentation(c.req.raw));
const health = app.healthHandler();
const withWorker = process.argv.includes("worker");
if (withWorker) {
  for (const path of ["/livez", "/readyz", "/healthz"]) web.get(path, (c) => health(c.req.raw));
} else {
  // No worker runs here: the process is ready when it can send messages.
  const isReady = (c: Context): Response => c.body(null, app.servers.default.isConnected ? 204 : 503);
  web.get("/readyz", isReady).get("/healthz", isReady).get("/livez", (c) => c.body(null, 204));
}

const asked = new Promise<void>((resolve) => {
  for (const signal of ["SIGINT", "SIGTERM"] as const) process.once(signal, () => resolve());
});
const stop = new AbortController();

const connection = await app.servers.default.connect();
const listener = await listen(web.fetch, Number(process.env["PORT"] ?? 8000));
if (withWorker) app.includeRouter(router);
const working = withWorker
  ? app.runWorker({ signal: stop.signal, osSignals: [], gracefulShutdownTime: 10_000 })
  : undefined;
console.log(`Listening on ${listener.url}`);

// If the worker fails, the program ends.
await (working ? Promise.race([asked, working]) : asked);
await listener.close(); // requests first: they may still send messages
stop.abort();
await working;
await connection.close();
console.log("Stopped");
