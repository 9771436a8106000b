/**
 * An application with an AsyncAPI document: actors, a dependency, message contracts, an operation and a reply.
 *
 * deno task asyncapi examples/app.ts
 */
import { defineMessage, dependency, InMemoryServer, Repid, Router } from "@repid/core";
import { type } from "arktype";

export const app: Repid = new Repid({
  title: "Orders",
  version: "1.0.0",
  description: "Takes orders, and tells customers about them.",
  contact: { name: "Support", url: "https://example.com", email: "support@example.com" },
  license: { name: "MIT", url: "https://opensource.org/licenses/MIT" },
});
app.servers.register("memory", new InMemoryServer({ description: { title: "In this process" } }));

const orders = { address: "orders", title: "Orders", description: "Everything that customers buy." };

const OrderStatus = defineMessage({
  name: "order_status",
  channel: "order_status",
  title: "Order status",
  payload: type({ orderId: "string", status: "'placed' | 'shipped'" }),
});

const PlaceOrder = defineMessage({
  name: "place_order",
  channel: orders,
  title: "Place an order",
  summary: "Somebody wants to buy something.",
  payload: type({
    orderId: "string",
    items: type({ sku: "string", quantity: "number.integer > 0" }).array(),
  }),
  examples: [{ name: "two-pens", payload: { orderId: "o-1", items: [{ sku: "pen", quantity: 2 }] } }],
  correlationId: { location: "$message.header#/correlation-id" },
  reply: OrderStatus,
});

const customer = dependency(
  { headers: type({ "customer-id": "string" }) },
  ({ headers }) => headers["customer-id"],
);

const router = new Router();
router.actor({ ...PlaceOrder, deps: { customer } }, async ({ orderId }, { message, deps }) => {
  console.log(`Order ${orderId} of ${deps.customer}`);
  await message.replyJson({ channel: "order_status", payload: { orderId, status: "placed" } });
});
app.includeRouter(router);

app.messages.registerOperation({
  operationId: "ship_order",
  channel: "shipping",
  title: "Ship an order",
  description: "Tells the warehouse to send what was ordered.",
  messages: [defineMessage({ name: "ship_order", payload: type({ orderId: "string" }), reply: OrderStatus })],
});

if (import.meta.main) {
  const connection = await app.servers.default.connect();
  await app.runWorker({ asyncApiServer: { hostname: "127.0.0.1", port: 8081 } });
  await connection.close();
}
