/**
 * What was handled is gone from Redis.
 * @module
 */
import { Repid, Router, silentLogger } from "@repid/core";
import { memoryOf } from "./redis_stage.ts";
import { createServer } from "./servers.ts";
import { type Leftovers, publishFirmly, type Stage } from "./stage.ts";

const WINDOW = 200;

/** What came of it. */
export interface NothingLeftFigures {
  readonly processed: number;
  /** Redis' memory before the first message, with all of them waiting, and after the last was handled, in bytes. */
  readonly memory: { readonly before: number; readonly full: number; readonly after: number };
  readonly left: Leftovers;
  /** In milliseconds. */
  readonly duration: number;
}

/** Publishes, handles everything, and looks what is left. */
export async function nothingLeft(
  { address, leftovers }: Stage,
  { messages }: { readonly messages: number },
): Promise<NothingLeftFigures> {
  const channel = crypto.randomUUID();
  const server = await createServer(address);
  const app = new Repid({ logger: silentLogger });
  app.servers.register("redis", server);
  const router = new Router({ channel });
  router.actor({ name: "work" }, () => {});
  app.includeRouter(router);
  const connection = await server.connect();
  const started = performance.now();
  const before = await memoryOf(address.url);
  for (let next = 0; next < messages; next += WINDOW) {
    const count = Math.min(WINDOW, messages - next);
    await Promise.all(
      Array.from({ length: count }, (_, index) => publishFirmly(server, channel, `${next + index}`)),
    );
  }
  const full = await memoryOf(address.url);
  const { processed } = await app.runWorker({ messagesLimit: messages, tasksLimit: 200, osSignals: [] });
  const left = await leftovers(channel);
  const after = await memoryOf(address.url);
  await connection.close();
  return { processed, memory: { before, full, after }, left, duration: performance.now() - started };
}
