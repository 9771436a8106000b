/**
 * A report on a large CSV file: the file is uploaded to an S3-compatible store, and a message carries its key. A separate
 * process does the work, so it does not block the worker.
 *
 * deno run -A examples/cookbook/audience.ts   or   bun run examples/cookbook/audience.ts
 *
 * S3_BUCKET, S3_ACCESS_KEY_ID and S3_SECRET_ACCESS_KEY select a bucket. Without them the example starts a local one.
 */
import { defineMessage, InMemoryServer, Repid, Router } from "@repid/core";
import { isolated } from "@repid/core/isolated";
import { type } from "arktype";
import process from "node:process";
import type * as Csv from "./csv.ts"; // types only: the module is not loaded here
import { largePayloads } from "./large_payloads.ts";
import { serveBucket } from "./local_bucket.ts";
import { S3Store } from "./payload_store.ts";

const csv = isolated<typeof Csv>(new URL("./csv.ts", import.meta.url));

const processAudience = defineMessage({
  name: "process_audience",
  channel: "audiences",
  payload: type({ jobId: "number", key: "string" }),
});
const notify = defineMessage({
  name: "notify",
  channel: "notifications",
  payload: type({ jobId: "number", attachment: "string" }),
});

const { S3_BUCKET, S3_ACCESS_KEY_ID = "", S3_SECRET_ACCESS_KEY = "" } = process.env;
const local = S3_BUCKET === undefined ? await serveBucket("audiences") : undefined;
const store = new S3Store(
  local?.options ??
    { bucket: S3_BUCKET ?? "", accessKeyId: S3_ACCESS_KEY_ID, secretAccessKey: S3_SECRET_ACCESS_KEY },
);

const router = new Router();
router.actor({ ...processAudience, timeout: 60_000 }, async ({ jobId, key }, { message, signal }) => {
  const file = await store.get(key, { signal });
  const summary = await csv.countByCountry(file, { signal });
  const report = new TextEncoder().encode(summary);
  await store.put(`reports/${jobId}.csv`, report, { signal });
  await message.send(notify, { jobId, attachment: summary.padEnd(100_000) }); // large: sent by reference
  await store.delete(key, { signal });
});
router.actor(notify, ({ jobId, attachment }) => {
  console.log(`Job ${jobId} is done, ${attachment.length} characters attached`);
});

const { producerMiddleware, actorMiddleware } = largePayloads({ store });
const app = new Repid({ producerMiddlewares: [producerMiddleware], actorMiddlewares: [actorMiddleware] });
app.includeRouter(router);
app.servers.register("memory", new InMemoryServer());

// What a browser does: it gets an upload URL from the web server, uploads the file, and reports that it is done.
const rows = Array.from(
  { length: 50_000 },
  (_, i) => `user${i % 40_000}@example.com,${["de", "fr", "jp"][i % 3]}`,
);
const address = await store.uploadUrl("uploads/7.csv");
const uploaded = await fetch(address, { method: "PUT", body: ["email,country", ...rows].join("\n") });
console.log(`Uploaded: ${uploaded.status}`);
await uploaded.body?.cancel();

const connection = await app.servers.default.connect();
await app.send(processAudience, { jobId: 7, key: "uploads/7.csv" });
const { processed } = await app.runWorker({ messagesLimit: 2 });
console.log(`Messages handled: ${processed}`);
console.log(new TextDecoder().decode(await store.get("reports/7.csv")).trim());
await connection.close();
await local?.close();
