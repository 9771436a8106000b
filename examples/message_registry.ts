/**
 * Operations: names that an application sends by. The AsyncAPI document describes them.
 *
 * deno run -A examples/message_registry.ts   or   bun run examples/message_registry.ts
 */
import { InMemoryServer, Repid, Router } from "@repid/core";
import { type } from "arktype";

const app = new Repid();
app.servers.register("default", new InMemoryServer(), { isDefault: true });

app.messages.registerOperation({
  operationId: "send_welcome_email",
  channel: "email_queue",
  title: "Send Welcome Email",
  description: "Publishes a message to send a welcome email to a newly registered user.",
});

const operation = app.messages.get("send_welcome_email");
console.log(`${operation.title} goes to ${operation.channel.address}`);

const router = new Router({ channel: "email_queue" });
router.actor({ name: "send_email_actor", payload: type({ user_id: "number" }) }, ({ user_id }) => {
  console.log(`Welcome, user ${user_id}!`);
});
app.includeRouter(router);

const connection = await app.servers.default.connect();
await app.sendMessageJson({
  operationId: "send_welcome_email",
  payload: { user_id: 123 },
  headers: { topic: "send_email_actor" },
});
await app.runWorker({ messagesLimit: 1 });
await connection.close();

const { action, title } = app.asyncApiDocument().operations.send_welcome_email ?? {};
console.log(`In the document: ${action} "${title}"`);
