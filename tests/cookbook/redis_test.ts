/**
 * Recipes that two programs share, on a Redis of their own.
 * @module
 */
import assert from "node:assert/strict";
import { Repid, Router } from "@repid/core";
import { RedisServer } from "@repid/core/redis";
import { type } from "arktype";
import { provideRedis, startRedis } from "../brokers/redis.ts";
import { withBroker } from "../brokers/provision.ts";
import { test } from "../harness.ts";
import { start } from "./program.ts";

await withBroker("The cookbook on Redis", await provideRedis("Redis 7"), async (found) => {
  const url = found.kind === "url" ? found.url : (await startRedis(found)).url;

  const onRedis = (name: string, run: () => Promise<void>): void => {
    test(name, run, { sanitizeOps: false, sanitizeResources: false });
  };

  onRedis("examples/request_reply.ts: answers come back over Redis", async () => {
    const { code, lines } = await start("../request_reply.ts", [], { env: { REDIS_URL: url } }).ends();
    assert.deepEqual(lines, ["pen: 300", "paper: 500", "stapler: 700", "unknown: TimeoutError"]);
    assert.equal(code, 0);
  });

  onRedis(
    "examples/opentelemetry.ts: a request and the actors of another process are one trace",
    async () => {
      const env = { REDIS_URL: url };
      const [sender, worker] = await Promise.all(
        ["send", "work"].map((half) => start("../opentelemetry.ts", [half], { env }).ends()),
      );
      assert.deepEqual([sender?.code, worker?.code], [0, 0]);
      const spans = [...sender?.lines ?? [], ...worker?.lines ?? []].map((line) => {
        const [, name, trace, id, parent] = /^(.*) trace=(\w+) span=(\w+) parent=(\w+)$/.exec(line) ?? [];
        return { name, trace, id, parent };
      });
      assert.equal(new Set(spans.map(({ trace }) => trace)).size, 1);
      // From the last actor up to the request.
      const names: unknown[] = [];
      let span = spans.find(({ name }) => name === "process mails CONSUMER");
      while (span) {
        names.push(span.name);
        span = spans.find(({ id }) => id === span?.parent);
      }
      assert.deepEqual(names, [
        "process mails CONSUMER",
        "send mails PRODUCER",
        "process orders CONSUMER",
        "send orders PRODUCER",
        "POST /orders SERVER",
      ]);
    },
  );

  onRedis("RedisServer({ names }): each group has every message", async () => {
    const channel = crypto.randomUUID();
    const seen: string[] = [];
    const apps = ["mail", "stock"].map((group) => {
      const router = new Router({ channel });
      const placed = router.actor({ name: "placed", payload: type({ id: "number" }) }, ({ id }) => {
        seen.push(`${group} ${id}`);
      });
      const app = new Repid().includeRouter(router);
      app.servers.register(
        "redis",
        new RedisServer(url, { names: (channel) => ({ group: `${channel}:${group}` }) }),
      );
      return { app, placed };
    });
    const [first] = apps;
    const connection = await first?.app.servers.default.connect();
    if (first) await first.app.send(first.placed, { id: 1 });
    await Promise.all(apps.map(({ app }) => app.runWorker({ messagesLimit: 1, osSignals: [] })));
    await connection?.close();
    assert.deepEqual(seen.sort(), ["mail 1", "stock 1"]);
  });
});
