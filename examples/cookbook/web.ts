/**
 * A web application with Hono that sends messages: it connects when it starts, and closes when it stops. With the argument
 * `worker` it handles them in the same process as well.
 *
 * deno run -A examples/cookbook/web.ts worker   or   bun run examples/cookbook/web.ts worker
 *
 * or, as two programs: REDIS_URL=redis://localhost for both web.ts and web_worker.ts
 */
import { MessageValidationError } from "@repid/core";
import { type Context, Hono } from "hono";
import process from "node:process";
import { app, createReport, router } from "./jobs.ts";
import { listen } from "./listen.ts";

const web = new Hono();

web.post("/reports", async (c) => {
  await app.send(createReport, await c.req.json()); // resolves when the broker has it
  return c.json({ status: "accepted" }, 202);
});
web.onError((error, c) => {
  if (error instanceof MessageValidationError) return c.json({ issues: error.issues }, 422);
  if (error instanceof SyntaxError) return c.json({ error: "not JSON" }, 400);
  console.error(error);
  return c.json({ error: "try again later" }, 503);
});

// Repid's handlers take a Request and answer a Response, as Hono's do.
const documentation = app.asyncApiHandler({ path: "/docs" });
web.get("/docs", (c) => documentation(c.req.raw));
web.get("/docs/*", (c) => documentation(c.req.raw));
const health = app.healthHandler();
const withWorker = process.argv.includes("worker");
if (withWorker) {
  for (const path of ["/livez", "/readyz", "/healthz"]) web.get(path, (c) => health(c.req.raw));
} else {
  // Nobody consumes here: what counts is whether messages can be sent.
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

// A worker that cannot go on ends the program.
await (working ? Promise.race([asked, working]) : asked);
await listener.close(); // requests first: they may still want to send
stop.abort();
await working;
await connection.close();
console.log("Stopped");
