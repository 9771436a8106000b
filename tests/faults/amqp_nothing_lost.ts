/**
 * RabbitMQ is stopped and killed, its connections are closed, and no message that was confirmed is lost.
 * @module
 */
import { Repid, Router, silentLogger } from "@repid/core";
import { AmqpServer } from "@repid/core/amqp";
import type { PrivateRabbit } from "../brokers/rabbitmq.ts";
import { Progress } from "./progress.ts";
import { pause, publishFirmly, until } from "./stage.ts";

/** How many publications are under way at once. */
const WINDOW = 100;
/** How far the publisher may be ahead of the worker, so that faults hit both. */
const MOST_AHEAD = 400;
/** How many messages are handled between opening the way and a fault. */
const RUN_UP = 100;
/** How long handling takes, so that there is always something in hand, in milliseconds. */
const WORK = 5;
/** How long anything may take, in milliseconds. */
const PATIENCE = 60_000;

/** How much, and what happens meanwhile. */
export interface AmqpFaults {
  readonly messages: number;
  /** How often the broker is stopped in order and started again. */
  readonly stops: number;
  /** How often it is killed and started again. */
  readonly kills: number;
  /** How often all of its connections are closed. */
  readonly closings: number;
}

/** What came of it. */
export interface AmqpFaultFigures {
  /** Different messages that were handled. */
  readonly handled: number;
  /** Handled more than once, counting each time but the first. */
  readonly duplicates: number;
  /** Publishes that rejected, and were tried again. */
  readonly rejectedPublishes: number;
  /** How often the worker subscribed. */
  readonly subscribed: number;
  /** Messages that are left in the queue. */
  readonly left: number;
  /** In milliseconds. */
  readonly duration: number;
}

/** Publishes with confirmation, through a quorum queue. Rejects where not all is handled. */
export async function nothingLostOnRabbit(
  rabbit: PrivateRabbit,
  faults: AmqpFaults,
): Promise<AmqpFaultFigures> {
  const { messages } = faults;
  const started = performance.now();
  const channel = crypto.randomUUID();
  await rabbit.declareQueue(channel, { arguments: { "x-delivery-limit": -1 } });
  const handled = new Progress(PATIENCE);
  let subscribed = 0;
  const app = new Repid({
    logger: {
      ...silentLogger,
      info: (event) => void (subscribed += Number(event === "worker.consumer.start")),
    },
  });
  app.servers.register("amqp", new AmqpServer(rabbit.url));
  const router = new Router({ channel });
  router.actor({ name: "work" }, async (_, { message }) => {
    handled.add(message.text());
    await pause(WORK);
  });
  app.includeRouter(router);
  const stopping = new AbortController();
  const running = app.runWorker({ tasksLimit: 100, osSignals: [], signal: stopping.signal });
  const publisher = new AmqpServer(rabbit.url, { publishTimeout: 10_000 });
  const connection = await publisher.connect();
  try {
    const striking = new Striking(rabbit, faults, handled);
    const [rejectedPublishes] = await Promise.all([
      publishAll(publisher, channel, messages, handled, striking),
      striking.run(),
    ]);
    await handled.reaches(messages);
    const left = await leftIn(rabbit, channel);
    const { size, duplicates } = handled;
    const duration = performance.now() - started;
    return { handled: size, duplicates, rejectedPublishes, subscribed, left, duration };
  } finally {
    stopping.abort();
    await running;
    await connection.close();
  }
}

async function publishAll(
  server: AmqpServer,
  channel: string,
  messages: number,
  handled: Progress,
  striking: Striking,
): Promise<number> {
  let [next, rejected] = [0, 0];
  const publish = async (): Promise<void> => {
    while (next < messages) {
      const body = next++;
      await striking.allows(body);
      await handled.reaches(body - MOST_AHEAD);
      const failures = await publishFirmly(server, channel, String(body));
      rejected += failures;
    }
  };
  await Promise.all(Array.from({ length: WINDOW }, publish));
  return rejected;
}

/** The messages that are in the queue when all was settled; the management API counts late. */
async function leftIn(rabbit: PrivateRabbit, channel: string): Promise<number> {
  let left = -1;
  await until("the queue is empty", async () => {
    const { messages } = await rabbit.api("GET", `queues/%2F/${channel}`) as { messages?: number };
    left = messages ?? -1;
    return left === 0;
  }, PATIENCE).catch(() => {});
  return left;
}

interface Fault {
  /** Resolves when it can strike. */
  prepare(): Promise<void>;
  strike(): Promise<void>;
}

/** The faults, evenly over the messages. Each waits for what it needs with the publisher held, and strikes while messages flow. */
class Striking {
  readonly #faults: readonly (Fault & { readonly at: number })[];
  readonly #handled: Progress;
  /** How far messages may be published; and who waits for more. */
  #limit = 0;
  #raised = Promise.withResolvers<void>();

  constructor(rabbit: PrivateRabbit, { messages, stops, kills, closings }: AmqpFaults, handled: Progress) {
    this.#handled = handled;
    const restart = (end: "stop" | "kill"): Fault => ({
      prepare: () => Promise.resolve(),
      async strike() {
        await rabbit[end]();
        await rabbit.start();
      },
    });
    const close: Fault = {
      // The management API hears of connections a moment after they were made.
      prepare: () =>
        until("both are listed", async () => (await rabbit.connections()).length === 2, PATIENCE),
      async strike() {
        await rabbit.closeConnections();
      },
    };
    // One kind after the other, as long as there are any.
    const kinds = [times(closings, close), times(stops, restart("stop")), times(kills, restart("kill"))];
    const faults = Array.from({ length: Math.max(closings, stops, kills) }, (_, turn) => {
      return kinds.flatMap((faults) => faults[turn] ?? []);
    }).flat();
    this.#faults = faults.map((fault, index) => {
      return { ...fault, at: Math.floor(messages * (index + 1) / (faults.length + 1)) };
    });
  }

  async run(): Promise<void> {
    for (const [index, { at, prepare, strike }] of this.#faults.entries()) {
      if (index === 0) this.#allow(at);
      await this.#handled.reaches(at);
      await prepare();
      this.#allow(this.#faults[index + 1]?.at ?? Infinity);
      await this.#handled.reaches(at + RUN_UP);
      await strike();
    }
    this.#allow(Infinity);
  }

  /** Resolves when so many may be published. */
  async allows(count: number): Promise<void> {
    while (count >= this.#limit) await this.#raised.promise;
  }

  #allow(limit: number): void {
    this.#limit = limit;
    this.#raised.resolve();
    this.#raised = Promise.withResolvers();
  }
}

function times(count: number, fault: Fault): Fault[] {
  return Array.from({ length: count }, () => fault);
}
