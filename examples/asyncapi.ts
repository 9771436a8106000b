/**
 * The AsyncAPI document of an application: as data, as an HTML page, and served over HTTP while a worker runs.
 *
 * deno run -A examples/asyncapi.ts   or   bun run examples/asyncapi.ts
 */
import { InMemoryServer, Repid, Router, silentLogger } from "@repid/core";
import { type } from "arktype";

const stop = new AbortController();

const app = new Repid({
  title: "My Repid Task Queue",
  version: "1.0.0",
  description: "Background task queue processing orders.",
  contact: { name: "Support", url: "https://example.com", email: "support@example.com" },
  license: { name: "MIT", url: "https://opensource.org/licenses/MIT" },
  logger: {
    ...silentLogger,
    info: (event, fields) => {
      if (event === "asyncapi.server.start" && "url" in fields) void visit(fields.url);
    },
  },
});

// The document lists it among the servers.
app.servers.register("default", new InMemoryServer(), { isDefault: true });

const router = new Router({ channel: "orders" });
router.actor({ name: "process_order", payload: type({ orderId: "number" }) }, () => {});
app.includeRouter(router);

const document = app.asyncApiDocument();
console.log(`Operations: ${Object.keys(document.operations).join(", ")}`);

const html = app.asyncApiHtml({
  sidebar: true,
  info: true,
  servers: true,
  operations: true,
  messages: true,
  schemas: true,
  errors: true,
  expandMessageExamples: true,
});
console.log(`Page: ${/<title>(.*)<\/title>/.exec(html)?.[1]}`);

const connection = await app.servers.default.connect();
await app.runWorker({
  signal: stop.signal,
  asyncApiServer: { hostname: "127.0.0.1", port: 0, path: "/" },
});
await connection.close();

async function visit(url: string): Promise<void> {
  const response = await fetch(`${url}/`);
  console.log(`Served: ${response.status} ${response.headers.get("content-type")}`);
  await response.body?.cancel();
  stop.abort();
}
