/**
 * Redis goes away for a while: the worker comes back by itself, and stops in time also without it.
 * @module
 */
import { Repid, Router, silentLogger } from "@repid/core";
import { RedisServer } from "@repid/core/redis";
import { CLOSE_TIMEOUT, SETTLE_TIMEOUT } from "../../src/worker_limits.ts";
import type { PrivateRedis } from "../brokers/redis.ts";
import { type Leftovers, leftovers, pause, publishFirmly, until } from "./stage.ts";

/** How long a worker may take to resume, in milliseconds. */
export const RESUME_BOUND = 5_000;
const LIMITS = { gracefulShutdownTime: 500, cancellationTimeout: 500 };
/** How long a worker with these limits may take to stop, in milliseconds; the last part is for a busy machine. */
export const STOP_BOUND: number = LIMITS.gracefulShutdownTime + LIMITS.cancellationTimeout + SETTLE_TIMEOUT +
  2 * CLOSE_TIMEOUT + 500;
/** How long a message may be in silent hands, in milliseconds. */
const MIN_IDLE = 2_000;
const PATIENCE = 30_000;

/** How Redis goes away: its process is gone, or it hangs and its connections stay open. */
export type Absence = "killed" | "hanging";

/** What came of it, in milliseconds. */
export interface OutageFigures {
  /** From Redis' return until a message that came after it was handled. */
  readonly resumed: number;
  /** How long `stop()` took with Redis away and a message in hand. */
  readonly stopped: number;
  /** How long closing the connection took after that, with Redis away still. */
  readonly closed: number;
  /** What was left in Redis at the end, when the message that was in hand had been finished. */
  readonly left: Leftovers;
}

/** Takes Redis away twice. Rejects where the worker does not come back, or a message is lost. */
export async function outage(
  redis: PrivateRedis,
  { seconds, absence = "killed" }: { readonly seconds: number; readonly absence?: Absence },
): Promise<OutageFigures> {
  const channel = crypto.randomUUID();
  const server = new RedisServer(redis.url, { minIdleMs: MIN_IDLE });
  const connection = await server.connect();
  const first = new RunningWorker(server, channel);
  await publishFirmly(server, channel, "before");
  await first.handles("before");

  await leave(redis, absence);
  await pause(seconds * 1_000);
  await comeBack(redis, absence);
  const returned = performance.now();
  await publishFirmly(server, channel, "after");
  await first.handles("after");
  const resumed = performance.now() - returned;

  await publishFirmly(server, channel, "held");
  await first.handles("held");
  await leave(redis, absence);
  const stopping = performance.now();
  await first.stop();
  const closing = performance.now();
  await connection.close();
  const closed = performance.now() - closing;
  await comeBack(redis, absence);

  const again = await server.connect();
  const second = new RunningWorker(server, channel);
  // A Redis that is gone never hears of the acknowledgement; one that hangs does when it goes on.
  if (absence === "killed") await second.handles("held");
  second.release();
  await until("nothing is left", async () => (await leftovers(redis.url, channel)).entries === 0, PATIENCE);
  await second.stop();
  await again.close();
  return { resumed, stopped: closing - stopping, closed, left: await leftovers(redis.url, channel) };
}

async function leave(redis: PrivateRedis, absence: Absence): Promise<void> {
  if (absence === "killed") await redis.process.kill();
  else redis.process.signal("SIGSTOP");
}

async function comeBack(redis: PrivateRedis, absence: Absence): Promise<void> {
  if (absence === "killed") await redis.process.start();
  else redis.process.signal("SIGCONT");
}

/** A worker of this process; it keeps the message `held` until it is stopped or told to let go. */
class RunningWorker {
  readonly #seen = new Set<string>();
  readonly #stopping = new AbortController();
  readonly #released = Promise.withResolvers<void>();
  readonly #running: Promise<unknown>;

  constructor(server: RedisServer, channel: string) {
    const app = new Repid({ logger: silentLogger });
    app.servers.register("redis", server);
    const router = new Router({ channel });
    router.actor({ name: "work" }, async (_, { message }) => {
      this.#seen.add(message.text());
      if (message.text() === "held") await this.#released.promise;
    });
    app.includeRouter(router);
    this.#running = app.runWorker({ ...LIMITS, osSignals: [], signal: this.#stopping.signal });
  }

  handles(body: string): Promise<void> {
    return until(`${body} is handled`, () => this.#seen.has(body), PATIENCE);
  }

  release(): void {
    this.#released.resolve();
  }

  async stop(): Promise<void> {
    this.#stopping.abort();
    // Its handler ends at once, and its acknowledgement finds no Redis.
    this.release();
    await this.#running;
  }
}
