/**
 * A server by itself, without the framework above it: what is handled is acknowledged, and a slot is free again once the
 * broker has that.
 * @module
 */
import type { Delivery, Server } from "../../server.ts";

/** How long a take waits for a message, in milliseconds. */
const TAKE_WAIT = 1_000;

/** Starts to handle what comes on a channel, so many at once; answers what stops it. */
export async function consumeThroughSeam(
  server: Server,
  channel: string,
  concurrency: number,
  handle: (delivery: Delivery) => void | Promise<void>,
): Promise<() => Promise<void>> {
  const subscription = await server.subscribe([channel]);
  let free = concurrency;
  let isStopped = false;
  let failure: unknown;
  let change = Promise.withResolvers<void>();
  const changed = (): void => {
    change.resolve();
    change = Promise.withResolvers();
  };
  const run = async (delivery: Delivery): Promise<void> => {
    try {
      const handling = handle(delivery);
      if (handling) await handling;
      await delivery.settle("ack");
    } catch (error) {
      failure ??= error;
      isStopped = true;
    }
    if (free++ === 0 || isStopped) changed();
  };
  const loop = async (): Promise<void> => {
    while (!isStopped) {
      if (free === 0) await change.promise;
      const deliveries = await subscription.take(free, TAKE_WAIT);
      free -= deliveries.length;
      for (const delivery of deliveries) void run(delivery);
    }
  };
  const looping = loop();
  // Told when it is stopped.
  looping.catch(() => {});
  return async () => {
    isStopped = true;
    await subscription.stop();
    while (free < concurrency && failure === undefined) await change.promise;
    await subscription.close();
    await looping;
    if (failure !== undefined) throw failure;
  };
}
