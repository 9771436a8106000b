/**
 * Priorities: one channel for urgent messages and one for bulk messages. Each has its own worker, here in one process.
 *
 * deno run -A examples/priorities.ts   or   bun run examples/priorities.ts
 */
import { defineMessage, InMemoryServer, Repid, Router } from "@repid/core";
import { type } from "arktype";

const resize = { name: "resize", payload: type({ image: "number" }) };
const urgent = defineMessage({ ...resize, channel: "images.urgent" });
const bulk = defineMessage({ ...resize, channel: "images.bulk" });

const urgentDone = Promise.withResolvers<void>();
const forUrgent = new Router();
forUrgent.actor(urgent, ({ image }) => {
  console.log(`Urgent ${image}`);
  urgentDone.resolve();
});
const forBulk = new Router();
forBulk.actor(bulk, async ({ image }) => {
  await urgentDone.promise; // slow work: the urgent message is handled before it ends
  console.log(`Bulk ${image}`);
});

const server = new InMemoryServer();
const urgentApp = new Repid().includeRouter(forUrgent);
const bulkApp = new Repid().includeRouter(forBulk);
for (const app of [urgentApp, bulkApp]) app.servers.register("memory", server);

const connection = await server.connect();
for (let image = 1; image <= 3; image++) await bulkApp.send(bulk, { image });
await urgentApp.send(urgent, { image: 4 });
// Each worker has its own slots: a backlog in one channel takes none from the other.
await Promise.all([
  bulkApp.runWorker({ tasksLimit: 2, messagesLimit: 3 }),
  urgentApp.runWorker({ tasksLimit: 50, messagesLimit: 1 }),
]);
await connection.close();
