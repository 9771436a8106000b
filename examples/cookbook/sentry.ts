/**
 * Reports errors of actors to Sentry, tagged with the actor, the channel, the message id and the action.
 *
 * SENTRY_DSN=https://… deno run -A examples/cookbook/sentry.ts   or   bun run examples/cookbook/sentry.ts
 */
import { type ActorMiddleware, InMemoryServer, Repid, Router } from "@repid/core";
import * as Sentry from "@sentry/node";
import { type } from "arktype";
import process from "node:process";

/** Put it first, so that it reports only errors that remain after retries. It sends no payloads. */
export const sentry: ActorMiddleware = ({ actor, message }, next) =>
  // Each message has its own scope, so concurrent messages do not share tags.
  Sentry.withIsolationScope(async (scope) => {
    scope.setTags({ "repid.actor": actor.name, "repid.channel": message.channel });
    if (message.messageId !== undefined) scope.setTag("repid.message_id", message.messageId);
    try {
      return await next();
    } catch (error) {
      scope.setTag("repid.action", message.action ?? "none");
      Sentry.captureException(error);
      throw error;
    }
  });

if (import.meta.main) {
  const { SENTRY_DSN } = process.env;
  Sentry.init({ ...SENTRY_DSN !== undefined && { dsn: SENTRY_DSN }, tracesSampleRate: 0 });

  const router = new Router({ channel: "payments" });
  const charge = router.actor({
    name: "charge",
    payload: type({ orderId: "number", cents: "number.integer > 0" }),
    onError: (error) => error instanceof RangeError ? "nack" : "reject",
  }, async ({ orderId, cents }) => {
    Sentry.setTag("order", orderId); // on the scope of this message
    await new Promise((resolve) => setTimeout(resolve, 10));
    if (cents > 1_000) throw new RangeError(`Cannot charge order ${orderId} as it is above the limit`);
    console.log(`Charged order ${orderId}`);
  });

  const app = new Repid({ actorMiddlewares: [sentry] }).includeRouter(router);
  app.servers.register("memory", new InMemoryServer());
  const connection = await app.servers.default.connect();
  for (const [orderId, cents] of [[1, 900], [2, 5_000], [3, 7_000]] as const) {
    await app.send(charge, { orderId, cents });
  }
  await app.runWorker({ messagesLimit: 3 });
  await connection.close();
  await Sentry.close(2_000); // sends the remaining events before the process exits
}
