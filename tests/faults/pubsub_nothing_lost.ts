/**
 * The connections to Pub/Sub are cut, and the service is started anew, while messages are published and handled: each is
 * handled at least once.
 *
 * The fakes of Pub/Sub keep everything in memory. So whoever starts one anew makes its topic again before anybody is let in,
 * and publishes again what the fake had confirmed and took with it. Both fakes count their ids from the start then, those by
 * which messages are acknowledged included; so all that an earlier life had are used up first: or an acknowledgement that is
 * tried again would mean another message.
 * @module
 */
import { Repid, Router, silentLogger } from "@repid/core";
import { PubsubServer } from "@repid/core/pubsub";
import type { BrokerProcess } from "../brokers/process.ts";
import { Proxy } from "../brokers/proxy.ts";
import { createChannel, PROJECT } from "../brokers/pubsub.ts";
import { Progress } from "./progress.ts";
import { pause, publishFirmly } from "./stage.ts";
import { evenly, strikeInTurn } from "./strikes.ts";

const WINDOW = 100;
/** How far the publisher may be ahead of the worker, so that faults hit both. */
const MOST_AHEAD = 400;
/** How long handling takes, so that there is always something in hand, in milliseconds. */
const WORK = 5;
/** The least that the service takes, in milliseconds: what was on a cut connection comes again after it. */
const ACK_DEADLINE = 10_000;
/**
 * How long the worker may go without a new message, in milliseconds. Google's emulator does not notice that a connection was
 * cut: it goes on delivering to it, some messages several deadlines long.
 */
const PATIENCE = 15 * ACK_DEADLINE;

/** More than the publications that are under way and were rejected without being counted. */
const SPARE = 10 * WINDOW;

/** How much, and what happens meanwhile. */
export interface PubsubFaults {
  readonly messages: number;
  /** How often all connections are cut. */
  readonly cuts: number;
  /** How often the service is killed and started again. */
  readonly restarts: number;
  /** How long nothing must come at the end, in milliseconds. Defaults to more than a lease lasts. */
  readonly quiet?: number;
}

/** What came of it. */
export interface PubsubFaultFigures {
  /** Different messages that were handled. */
  readonly handled: number;
  /** Handled more than once, counting each time but the first. */
  readonly duplicates: number;
  /** Publishes that rejected, and were tried again. */
  readonly rejectedPublishes: number;
  /** Published again, as the service lost them when it was killed. */
  readonly republished: number;
  /** How often connections were opened through the proxy. */
  readonly connections: number;
  /** Messages that still came when the worker had stopped. */
  readonly left: number;
  /** In milliseconds. */
  readonly duration: number;
}

/** A service of our own, to break. */
export interface PubsubToBreak {
  readonly url: string;
  readonly process: BrokerProcess;
}

/** Publishes with confirmation while everything breaks in turn. Rejects where not all is handled. */
export async function nothingLostOnPubsub(
  service: PubsubToBreak,
  faults: PubsubFaults,
): Promise<PubsubFaultFigures> {
  const started = performance.now();
  const channel = `c-${crypto.randomUUID()}`;
  await createChannel(service.url, channel);
  await using proxy = await Proxy.to(service.url);
  const create = (): PubsubServer =>
    new PubsubServer(`${proxy.url}/projects/${PROJECT}`, { leaseDuration: ACK_DEADLINE });
  const handled = new Progress(PATIENCE);
  const stopping = new AbortController();
  const running = work(create(), channel, handled, stopping.signal);
  const publisher = create();
  const connection = await publisher.connect();
  const publishing = new Publishing(publisher, channel, handled);
  try {
    const breaking = breakThings(service, { ...faults, channel, proxy, handled, publishing });
    // What ends the worker ends the test at once.
    await Promise.race([
      Promise.all([publishing.all(faults.messages), breaking]).then(() => handled.reaches(faults.messages)),
      running.then(() => Promise.reject(new Error("Cannot go on as the worker ended"))),
    ]);
  } finally {
    stopping.abort();
    await running.catch(() => {});
    await connection.close();
  }
  const { size, duplicates } = handled;
  const { rejected: rejectedPublishes, republished } = publishing;
  return {
    handled: size,
    duplicates,
    rejectedPublishes,
    republished,
    connections: proxy.connections,
    left: await leftIn(create(), channel, faults.quiet),
    duration: performance.now() - started,
  };
}

async function work(
  server: PubsubServer,
  channel: string,
  handled: Progress,
  signal: AbortSignal,
): Promise<void> {
  const app = new Repid({ logger: silentLogger });
  app.servers.register("pubsub", server);
  const router = new Router({ channel });
  router.actor({ name: "work" }, async (_, { message }) => {
    await pause(WORK);
    handled.add(message.text());
  });
  app.includeRouter(router);
  await app.runWorker({ tasksLimit: 100, osSignals: [], signal });
}

/** Publishes each message until the service has confirmed it. */
class Publishing {
  /** Publishes that rejected. */
  rejected = 0;
  /** Publishes of what the service had confirmed and lost. */
  republished = 0;
  readonly #server: PubsubServer;
  readonly #channel: string;
  readonly #handled: Progress;
  readonly #confirmed = new Set<string>();
  #tries = 0;

  constructor(server: PubsubServer, channel: string, handled: Progress) {
    this.#server = server;
    this.#channel = channel;
    this.#handled = handled;
  }

  /** How many messages were sent, but for those under way that were rejected already. */
  get sent(): number {
    return this.#tries + this.rejected;
  }

  async all(messages: number): Promise<void> {
    let next = 0;
    const publish = async (): Promise<void> => {
      while (next < messages) {
        const body = next++;
        await this.#handled.reaches(body - MOST_AHEAD);
        await this.#publish(String(body));
      }
    };
    await Promise.all(Array.from({ length: WINDOW }, publish));
  }

  /** Publishes again what was confirmed and not handled. */
  async repeat(): Promise<void> {
    const lost = [...this.#confirmed].filter((body) => !this.#handled.has(body));
    this.republished += lost.length;
    await Promise.all(lost.map((body) => this.#publish(body)));
  }

  async #publish(body: string): Promise<void> {
    this.#tries++;
    this.rejected += await publishFirmly(this.#server, this.#channel, body);
    this.#confirmed.add(body);
  }
}

interface Breaking extends PubsubFaults {
  readonly channel: string;
  readonly proxy: Proxy;
  readonly handled: Progress;
  readonly publishing: Publishing;
}

/** Evenly over the messages. */
async function breakThings({ url, process }: PubsubToBreak, breaking: Breaking): Promise<void> {
  const { messages, cuts, restarts, channel, proxy, handled, publishing } = breaking;
  const cut = (): Promise<void> => Promise.resolve(proxy.cut());
  let used = 0;
  const restart = async (): Promise<void> => {
    proxy.block();
    await process.kill();
    await process.start();
    await createChannel(url, channel);
    used += publishing.sent + SPARE;
    await useUp(url, channel, used);
    proxy.admit();
    await publishing.repeat();
  };
  const faults = [...evenly(cuts, messages, cut), ...evenly(restarts, messages, restart)];
  await strikeInTurn(faults, handled);
}

/** Takes so many ids away from the messages to come. */
async function useUp(url: string, channel: string, ids: number): Promise<void> {
  const server = new PubsubServer(`${url}/projects/${PROJECT}`);
  await using _connection = await server.connect();
  const message = { payload: new Uint8Array([0]), headers: {}, contentType: undefined, replyTo: undefined };
  await Promise.all(Array.from({ length: ids }, () => server.publish(channel, message, {})));
  const subscription = await server.subscribe([channel]);
  for (let left = ids; left > 0;) {
    const deliveries = await subscription.take(1_000, ACK_DEADLINE);
    const results = await Promise.all(deliveries.map((delivery) => delivery.settle("ack")));
    left -= results.filter((result) => result === "done").length;
  }
  await subscription.close();
}

/** What still comes when the worker is gone. */
async function leftIn(server: PubsubServer, channel: string, quiet = 1.2 * ACK_DEADLINE): Promise<number> {
  await using _connection = await server.connect();
  const subscription = await server.subscribe([channel]);
  let left = 0;
  for (let deliveries; (deliveries = await subscription.take(100, quiet)).length > 0;) {
    left += deliveries.length;
    await Promise.all(deliveries.map((delivery) => delivery.settle("ack")));
  }
  await subscription.close();
  return left;
}
