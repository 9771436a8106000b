/**
 * RabbitMQ goes away for a while: the worker comes back by itself, and stops in time also without it.
 * @module
 */
import { AmqpServer } from "@repid/core/amqp";
import type { PrivateRabbit } from "../brokers/rabbitmq.ts";
import { type Absence, RunningWorker } from "./outage.ts";
import { pause, publishFirmly } from "./stage.ts";

/** How long what the user closes himself may take, with one timeout for the link and one for the session, in milliseconds. */
export const RABBIT_CLOSE_BOUND = 5_000;
const TIMEOUT = 2_000;
/** A connection is silent for so long before it counts as lost, in milliseconds. */
const IDLE = 4_000;

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
  { seconds, absence }: { readonly seconds: number; readonly absence: Absence },
): Promise<RabbitOutageFigures> {
  const [staying, leaving] = [crypto.randomUUID(), crypto.randomUUID()];
  await rabbit.declareQueue(staying);
  await rabbit.declareQueue(leaving);
  const options = { connectTimeout: TIMEOUT, publishTimeout: TIMEOUT, idleTimeout: IDLE };
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

  // A broker that is gone never heard of the acknowledgement; one that hung may have when it went on.
  const third = new RunningWorker(server, leaving);
  if (absence === "killed") await third.handles("held");
  await Promise.all([first.stop(), third.stop()]);
  await connection.close();
  return { resumed, stopped: closing - stopping, closed };
}
