/**
 * What the web application and the worker share: the application, its server, and the message between them.
 */
import { consoleLogger, defineMessage, InMemoryServer, Repid, Router } from "@repid/core";
import { RedisServer } from "@repid/core/redis";
import { type } from "arktype";
import process from "node:process";

/** A report that somebody wants. */
export const createReport = defineMessage({
  name: "create_report",
  channel: "reports",
  title: "Create a report",
  payload: type({ month: "string.date" }),
});

/** With Redis a worker may be a program of its own; without it, it must be in this process. */
export const app: Repid = new Repid({
  title: "Reports",
  version: "1.0.0",
  logger: consoleLogger({ level: "info" }),
});
const { REDIS_URL } = process.env;
app.servers.register("default", REDIS_URL === undefined ? new InMemoryServer() : new RedisServer(REDIS_URL));
app.messages.register(createReport);

/** The work. A web application without a worker need not include it. */
export const router: Router = new Router({ timeout: 30_000 });
router.actor(createReport, async ({ month }, { signal }) => {
  await new Promise((resolve) => setTimeout(resolve, 50)); // the work
  signal.throwIfAborted();
  console.log(`Report of ${month}`);
});
