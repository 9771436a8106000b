/**
 * The two ways of measuring a server: by itself, and below the framework.
 * @module
 */
import { Repid } from "../../app.ts";
import { silentLogger } from "../../contract/logger.ts";
import { Router } from "../../declaration/router.ts";
import type { Delivery, MessageData, Server } from "../../contract/server.ts";

/** Handles a body. */
export type HandlePayload = (payload: Uint8Array) => void | Promise<void>;

/** A way to send and to handle messages of one channel. */
export interface Path {
  /** Sends a message; resolves when the broker has confirmed it. */
  publish(payload: Uint8Array): Promise<void>;
  /** Starts to handle messages, `concurrency` at once. Resolves to a function that stops it. */
  consume(concurrency: number, handle: HandlePayload): Promise<() => Promise<void>>;
}

/** The header that routes, and the actor's name. */
const TOPIC = "work";
/** How long a take waits for a message, in milliseconds. */
const TAKE_WAIT = 1_000;

/** The server by itself: handled messages are acknowledged, and a slot is free again when the broker has confirmed that. */
export function throughSeam(server: Server, channel: string): Path {
  return {
    publish: (payload) => server.publish(channel, toMessage(payload), {}),
    consume: (concurrency, handle) =>
      consumeThroughSeam(server, channel, concurrency, ({ payload }) => handle(payload)),
  };
}

/** The framework: a worker with one actor without schema and middlewares. */
export function throughFramework(server: Server, channel: string): Path {
  const app = new Repid({ logger: silentLogger });
  app.servers.register("measured", server);
  const router = new Router({ channel });
  let handle: HandlePayload = () => {};
  router.actor({ name: TOPIC }, (_, { message }) => handle(message.payload));
  app.includeRouter(router);
  return {
    publish: (payload) => app.sendMessage({ channel, ...toMessage(payload) }),
    consume(tasksLimit, given) {
      handle = given;
      const stop = new AbortController();
      const running = app.runWorker({ tasksLimit, signal: stop.signal, osSignals: [] });
      // A failure is reported when it is stopped.
      running.catch(() => {});
      return Promise.resolve(async () => {
        stop.abort();
        await running;
      });
    },
  };
}

function toMessage(payload: Uint8Array): MessageData {
  return { payload, headers: { topic: TOPIC }, contentType: "application/json", replyTo: undefined };
}

async function consumeThroughSeam(
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
  // A failure is reported when it is stopped.
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
