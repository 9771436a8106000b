/**
 * Shared by the web application and the worker: the application, its server, and the message that connects them.
 */
import { consoleLogger, defineMessage, InMemoryServer, Repid, Router } from "@repid/core";
import { RedisServer } from "@repid/core/redis";
import { type } from "arktype";
import process from "node:process";

/** A request for a report. */
export const createReport = defineMessage({
  name: "create_report",
  channel: "reports",
  title: "Create a report",
  payload: type({ month: "string.date" }),
});

/** With Redis the worker can be a separate program. Without Redis it must run in this process. */
export const app: Repid = new Repid({
  title: "Reports",
  version: "1.0.0",
  logger: consoleLogger({ level: "info" }),
});
const { REDIS_URL } = process.env;
app.servers.register("default", REDIS_URL === undefined ? new InMemoryServer() : new RedisServer(REDIS_URL));
app.messages.register(createReport);

/** The actors. Only a process that runs a worker has to include this router. */
export const router: Router = new Router({ timeout: 30_000 });
router.actor(createReport, async ({ month }, { signal }) => {
  await new Promise((resolve) => setTimeout(resolve, 50)); // the work
  signal.throwIfAborted();
  console.log(`Report of ${month}`);
});
