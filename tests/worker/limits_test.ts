import assert from "node:assert/strict";
import { InMemoryServer, Repid, Router } from "../../mod.ts";
import { test } from "../harness.ts";

test("Repid.runWorker(): refuses limits and times that are negative or no numbers", async () => {
  const app = new Repid();
  app.servers.register("memory", new InMemoryServer());
  const router = new Router();
  router.actor({ name: "a" }, () => {});
  app.includeRouter(router);
  const wrong = [
    { tasksLimit: 0 },
    { tasksLimit: -1 },
    { tasksLimit: 1.5 },
    { messagesLimit: -1 },
    { messagesLimit: NaN },
    { gracefulShutdownTime: -1 },
    { gracefulShutdownTime: NaN },
    { cancellationTimeout: -1 },
  ];
  for (const options of wrong) {
    await assert.rejects(app.runWorker({ ...options, osSignals: [] }), RangeError, JSON.stringify(options));
  }
  await assert.rejects(app.runWorker({ server: "nope", osSignals: [] }), RangeError);
});
