/**
 * RabbitMQ goes away for a while: the worker comes back by itself, and stops in time also without it.
 * @module
 */
import { Repid, Router, silentLogger } from "@repid/core";
import { AmqpServer } from "@repid/core/amqp";
import { CLOSE_TIMEOUT, SETTLE_TIMEOUT } from "../../src/worker_limits.ts";
import type { PrivateRabbit } from "../brokers/rabbitmq.ts";
import { pause, publishFirmly, until } from "./stage.ts";

const LIMITS = { gracefulShutdownTime: 500, cancellationTimeout: 500 };
/** How long a worker with these limits may take to stop, in milliseconds; the last part is for a busy machine. */
export const RABBIT_STOP_BOUND: number = LIMITS.gracefulShutdownTime + LIMITS.cancellationTimeout +
  SETTLE_TIMEOUT + 2 * CLOSE_TIMEOUT + 500;
/** How long what the user closes himself may take, with one timeout for the link and one for the session, in milliseconds. */
export const RABBIT_CLOSE_BOUND = 5_000;
const TIMEOUT = 2_000;
/** A connection is silent for so long before it counts as lost, in milliseconds. */
const IDLE = 4_000;
const PATIENCE = 90_000;

/** How it goes away: its process is gone, or it hangs and its connections stay open. */
export type RabbitAbsence = "killed" | "hanging";

/** What came of it, in milliseconds. */
export interface RabbitOutageFigures {
  /** From the broker's return until a message that came after it was handled. */
  readonly resumed: number;
  /** How long a worker took to stop in the middle of it, with a message in hand. */
  readonly stopped: number;
  /** How long `close()` of a subscription and a connection took in the middle of it. */
  readonly closed: number;
}

/** Takes the broker away. Rejects where a worker does not come back, or a message is lost. */
export async function rabbitOutage(
  rabbit: PrivateRabbit,
  { seconds, absence }: { readonly seconds: number; readonly absence: RabbitAbsence },
): Promise<RabbitOutageFigures> {
  const [staying, leaving] = [crypto.randomUUID(), crypto.randomUUID()];
  await rabbit.declareQueue(staying);
  await rabbit.declareQueue(leaving);
  const options = { timeout: TIMEOUT, confirmTimeout: TIMEOUT, idleTimeout: IDLE };
  const server = new AmqpServer(rabbit.url, options);
  const connection = await server.connect();
  const first = new RunningWorker(new AmqpServer(rabbit.url, options), staying);
  const second = new RunningWorker(new AmqpServer(rabbit.url, options), leaving);
  const other = new AmqpServer(rabbit.url, options);
  const closable = await other.connect();
  const subscription = await other.subscribe([staying]);
  await publishFirmly(server, staying, "before");
  await first.handles("before");
  await publishFirmly(server, leaving, "held");
  await second.handles("held");

  await (absence === "killed" ? rabbit.kill() : rabbit.suspend());
  const left = performance.now();
  await pause(seconds * 500);
  const stopping = performance.now();
  await second.stop();
  const closing = performance.now();
  await subscription.close();
  await closable.close();
  const closed = performance.now() - closing;
  await pause(Math.max(0, left + seconds * 1_000 - performance.now()));
  await (absence === "killed" ? rabbit.start() : rabbit.resume());
  const returned = performance.now();
  await publishFirmly(server, staying, "after");
  await first.handles("after");
  const resumed = performance.now() - returned;

  // What was in hand when its worker stopped is there for the next.
  const third = new RunningWorker(server, leaving);
  await third.handles("held");
  third.release();
  await Promise.all([first.stop(), third.stop()]);
  await connection.close();
  return { resumed, stopped: closing - stopping, closed };
}

/** A worker of this process; it keeps the message `held` until it is stopped or told to let go. */
class RunningWorker {
  readonly #seen = new Set<string>();
  readonly #stopping = new AbortController();
  readonly #released = Promise.withResolvers<void>();
  readonly #running: Promise<unknown>;

  constructor(server: AmqpServer, channel: string) {
    const app = new Repid({ logger: silentLogger });
    app.servers.register("amqp", server);
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
    await this.#running;
  }
}
