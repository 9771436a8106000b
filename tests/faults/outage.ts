/**
 * The broker goes away for a while: the worker comes back by itself, and stops in time also without it.
 * @module
 */
import { Repid, Router, type Server, silentLogger } from "@repid/core";
import { CLOSE_TIMEOUT, SETTLE_TIMEOUT } from "../../src/worker/limits.ts";
import { createServer } from "./servers.ts";
import { isNothing, type Leftovers, pause, publishFirmly, type Stage, until } from "./stage.ts";

/** How long a worker may take to resume, in milliseconds. */
export const RESUME_BOUND = 5_000;
const LIMITS = { gracefulShutdownTime: 500, cancellationTimeout: 500 };
/** How long a worker with these limits may take to stop, in milliseconds; the last part is for a busy machine. */
export const STOP_BOUND: number = LIMITS.gracefulShutdownTime + LIMITS.cancellationTimeout + SETTLE_TIMEOUT +
  2 * CLOSE_TIMEOUT + 500;
const PATIENCE = 30_000;

/** How the broker goes away: its process is gone, or it hangs and its connections stay open. */
export type Absence = "killed" | "hanging";

/** How long it is away, in seconds, and how; defaults to killed. */
export interface OutageOptions {
  readonly seconds: number;
  readonly absence?: Absence;
}

/** What came of it, in milliseconds. */
export interface OutageFigures {
  /** From the broker's return until a message that came after it was handled. */
  readonly resumed: number;
  /** How long `stop()` took with the broker away and a message in hand. */
  readonly stopped: number;
  /** How long closing the connection took after that, with the broker away still. */
  readonly closed: number;
  /** What was left in it at the end, when the message that was in hand had been finished. */
  readonly left: Leftovers;
}

/** Takes the broker away twice. Rejects where the worker does not come back, or a message is lost. */
export async function outage(
  stage: Stage,
  { seconds, absence = "killed" }: OutageOptions,
): Promise<OutageFigures> {
  const channel = crypto.randomUUID();
  await stage.prepare?.(channel);
  const server = await createServer(stage.address);
  const connection = await server.connect();
  const first = new RunningWorker(server, channel);
  await publishFirmly(server, channel, "before");
  await first.handles("before");

  await leave(stage, absence);
  await pause(seconds * 1_000);
  await comeBack(stage, absence);
  const returned = performance.now();
  await publishFirmly(server, channel, "after");
  await first.handles("after");
  const resumed = performance.now() - returned;

  await publishFirmly(server, channel, "held");
  await first.handles("held");
  await leave(stage, absence);
  const stopping = performance.now();
  await first.stop();
  const closing = performance.now();
  await connection.close();
  const closed = performance.now() - closing;
  await comeBack(stage, absence);

  const again = await server.connect();
  const second = new RunningWorker(server, channel);
  // A broker that is gone never hears of the acknowledgement; one that hangs does when it goes on.
  if (absence === "killed") await second.handles("held");
  second.release();
  await until("nothing is left", async () => isNothing(await stage.leftovers(channel)), PATIENCE);
  await second.stop();
  await again.close();
  return { resumed, stopped: closing - stopping, closed, left: await stage.leftovers(channel) };
}

async function leave({ process }: Stage, absence: Absence): Promise<void> {
  if (absence === "killed") await process.kill();
  else process.signal("SIGSTOP");
}

async function comeBack({ process }: Stage, absence: Absence): Promise<void> {
  if (absence === "killed") await process.start();
  else process.signal("SIGCONT");
}

/** A worker of this process; it keeps the message `held` until it is stopped or told to let go. */
export class RunningWorker {
  readonly #seen = new Set<string>();
  readonly #stopping = new AbortController();
  readonly #released = Promise.withResolvers<void>();
  readonly #running: Promise<unknown>;

  constructor(server: Server, channel: string) {
    const app = new Repid({ logger: silentLogger });
    app.servers.register("broker", server);
    const router = new Router({ channel });
    router.actor({ name: "work" }, async (_, { message }) => {
      this.#seen.add(message.text());
      if (message.text() === "held") await this.#released.promise;
    });
    app.includeRouter(router);
    this.#running = app.runWorker({ ...LIMITS, osSignals: [], signal: this.#stopping.signal });
  }

  /** Resolves when it has begun to handle a message. */
  handles(body: string): Promise<void> {
    return until(`${body} is handled`, () => this.#seen.has(body), PATIENCE);
  }

  /** Lets go of the message `held`. */
  release(): void {
    this.#released.resolve();
  }

  /** Tells it to stop, and waits until it has. */
  async stop(): Promise<void> {
    this.#stopping.abort();
    // Its handler ends at once, and its acknowledgement finds no broker.
    this.release();
    await this.#running;
  }
}
