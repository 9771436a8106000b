/**
 * Whether a worker keeps anything of the messages it has handled: 300 000 of them, and the heap before and after.
 *
 * `deno run -A --v8-flags=--expose-gc bench/heap.ts` · `bun bench/heap.ts` · messages as the first argument.
 * @module
 */
import process from "node:process";
import { InMemoryServer, Repid, Router, silentLogger } from "../mod.ts";

/** How many are handled between two looks at the heap; fewer are in the queue at once. */
const BATCH = 10_000;

const MEGABYTE = 1024 * 1024;
const messages = Number(process.argv[2] ?? 300_000);

const app = new Repid({ logger: silentLogger });
app.servers.register("memory", new InMemoryServer());
const router = new Router({ channel: "jobs", timeout: 60_000 });
let left = 0;
let batchDone = Promise.withResolvers<void>();
const work = router.actor({ name: "work" }, async (_payload, { signal }) => {
  await Promise.resolve();
  // Looks at its signal, so that one is made.
  signal.throwIfAborted();
  if (--left === 0) batchDone.resolve();
});
app.includeRouter(router);

const connection = await app.servers.default.connect();
const stop = new AbortController();
const running = app.runWorker({ signal: stop.signal, osSignals: [] });
// Whatever is made once is made before the first look.
await handleMany(BATCH);
const before = await heap();
const began = performance.now();
await handleMany(messages);
const elapsed = performance.now() - began;
const after = await heap();
stop.abort();
await running;
await connection.close();

const runtime = "Deno" in globalThis ? "Deno" : "Bun" in globalThis ? "Bun" : "Node";
console.log(`${runtime}: ${messages} messages through one worker in ${Math.round(elapsed)} ms`);
console.log(`heap before ${format(before)}, after ${format(after)}, difference ${format(after - before)}`);

async function handleMany(count: number): Promise<void> {
  for (let sent = 0; sent < count; sent += BATCH) {
    const size = Math.min(BATCH, count - sent);
    left = size;
    batchDone = Promise.withResolvers();
    for (let index = 0; index < size; index++) await app.send(work, undefined);
    await batchDone.promise;
  }
}

/** Bytes in use, after a collection where the runtime lets us ask for one. */
async function heap(): Promise<number> {
  const { Bun, gc } = globalThis as { Bun?: { gc(sync: boolean): void }; gc?: () => void };
  for (let round = 0; round < 3; round++) {
    await new Promise((resolve) => setTimeout(resolve, 10));
    if (Bun) Bun.gc(true);
    else gc?.();
  }
  return process.memoryUsage().heapUsed;
}

function format(bytes: number): string {
  return `${(bytes / MEGABYTE).toFixed(1)} MB`;
}
