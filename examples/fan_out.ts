/**
 * One message for several receivers, on any broker: a producer middleware sends a copy to the channel of each receiver.
 *
 * deno run -A examples/fan_out.ts   or   bun run examples/fan_out.ts
 */
import { defineMessage, InMemoryServer, type ProducerMiddleware, Repid, Router } from "@repid/core";
import { type } from "arktype";

/**
 * A message to one of these channels goes to the channels listed for it instead. If one copy cannot be sent, the send
 * rejects, although other copies may have been sent.
 */
export function fanOut(receivers: Readonly<Record<string, readonly string[]>>): ProducerMiddleware {
  return async ({ channel }, next) => {
    const channels = receivers[channel] ?? [channel];
    await Promise.all(channels.map((channel) => next({ channel })));
  };
}

if (import.meta.main) {
  const orderPlaced = defineMessage({
    name: "order_placed",
    channel: "orders",
    payload: type({ id: "number" }),
  });
  const router = new Router();
  router.actor({ ...orderPlaced, channel: "orders.mail" }, ({ id }) => console.log(`Mail for order ${id}`));
  router.actor({ ...orderPlaced, channel: "orders.stock" }, ({ id }) => console.log(`Stock for order ${id}`));

  const app = new Repid({ producerMiddlewares: [fanOut({ orders: ["orders.mail", "orders.stock"] })] });
  app.includeRouter(router).servers.register("memory", new InMemoryServer());
  const connection = await app.servers.default.connect();
  await app.send(orderPlaced, { id: 1 });
  await app.runWorker({ messagesLimit: 2 });
  await connection.close();
}
