/**
 * One task starts the next: the actor that creates a user sends a message, and a second actor sends the welcome email.
 *
 * deno run examples/chaining.ts   or   bun run examples/chaining.ts
 */
import { defineMessage, InMemoryServer, Repid, Router } from "@repid/core";
import { type } from "arktype";

const createUser = defineMessage({
  name: "create_user",
  channel: "registration",
  payload: type({ username: "string >= 2" }),
});
const sendWelcomeEmail = defineMessage({
  name: "send_welcome_email",
  channel: "email",
  payload: type({ userId: "number", username: "string" }),
});

const router = new Router();
router.actor(createUser, async ({ username }, { message }) => {
  console.log(`Creating the user ${username}`);
  await message.send(sendWelcomeEmail, { userId: 123, username });
});
router.actor(sendWelcomeEmail, ({ userId, username }) => {
  console.log(`Welcome, ${username}! You are number ${userId}.`);
});

const app = new Repid({ title: "Chaining" }).includeRouter(router);
app.servers.register("memory", new InMemoryServer());

const connection = await app.servers.default.connect();
await app.send(createUser, { username: "Alex" });
const { processed } = await app.runWorker({ messagesLimit: 2 });
console.log(`Messages handled: ${processed}`);
await connection.close();
