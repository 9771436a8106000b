/**
 * Cases: whole flows with a worker, its actors and the broker.
 * @module
 */
import type { ConformanceCase } from "./case.ts";
import type { ActorContext } from "../declaration/context.ts";
import type { WorkerOptions } from "../worker/worker_options.ts";
import type { ActorOptions } from "../declaration/actor.ts";
import { Repid } from "../app.ts";
import { silentLogger } from "../contract/logger.ts";
import type { Message } from "../declaration/message.ts";
import { Router } from "../declaration/router.ts";
import type { WorkerResult } from "../worker/worker.ts";
import { assert, assertEqual } from "./assert.ts";
import { numbered, textOf, toBytes } from "./bodies.ts";
import type { Trial } from "./trial.ts";

const HEADERS = { topic: "conformance" };

/** How often a message that matches no actor is delivered: it is rejected nine times, and nacked the tenth. */
const SIGHTINGS = 10;

/** Cases about workers. */
export const flowCases: readonly ConformanceCase[] = [
  {
    name: "delivers a message to its actor",
    run: async (trial) => {
      const channel = await trial.channel();
      const got = Promise.withResolvers<unknown>();
      const worker = await workerOn(
        trial,
        channel,
        { messagesLimit: 1 },
        (message) => got.resolve(message.json()),
      );
      const payload = { name: "größe", count: 1, of: [null, true] };
      await worker.app.sendMessageJson({ channel, payload, headers: HEADERS });
      assertEqual(await trial.within(got.promise, "handling"), payload, "the payload");
      assertEqual(await trial.within(worker.running, "the worker"), { processed: 1 }, "what the worker did");
    },
  },
  {
    name: "handles 3 000 messages, 100 at a time, each once",
    run: (trial) => handlesEachOnce(trial, 3_000, 100),
  },
  {
    name: "handles 5 000 messages, 50 at a time, each once",
    run: (trial) => handlesEachOnce(trial, 5_000, 50),
  },
  {
    name: "handles one message at a time with tasksLimit: 1",
    run: async (trial) => {
      const channel = await trial.channel();
      let [running, most] = [0, 0];
      const worker = await workerOn(trial, channel, { messagesLimit: 20, tasksLimit: 1 }, async () => {
        most = Math.max(most, ++running);
        await new Promise((resolve) => setTimeout(resolve, 1));
        running--;
      });
      await sendAll(worker.app, channel, numbered(20));
      await trial.within(worker.running, "the worker");
      assertEqual(most, 1, "messages handled at once");
    },
  },
  {
    name: "handles as many messages at once as tasksLimit allows, and no more",
    run: async (trial) => {
      const channel = await trial.channel();
      let [running, most] = [0, 0];
      const full = Promise.withResolvers<void>();
      const worker = await workerOn(trial, channel, { messagesLimit: 30, tasksLimit: 10 }, async () => {
        most = Math.max(most, ++running);
        // The first ten wait for one another: fewer at once would wait for ever.
        if (running === 10) full.resolve();
        await full.promise;
        running--;
      }, numbered(30));
      assertEqual(await trial.within(worker.running, "the worker"), { processed: 30 }, "what the worker did");
      assertEqual(most, 10, "messages handled at once");
    },
  },
  {
    name: "leaves messages beyond messagesLimit to the next worker",
    run: async (trial) => {
      const channel = await trial.channel();
      const seen: string[] = [];
      const handle = (message: Message): void => void seen.push(textOf(message));
      const first = await workerOn(trial, channel, { messagesLimit: 3 }, handle, numbered(10));
      assertEqual(await trial.within(first.running, "the first worker"), { processed: 3 }, "what it did");
      assertEqual(seen.length, 3, "messages handled by the first worker");
      const second = await workerOn(trial, channel, { messagesLimit: 7 }, handle);
      await trial.within(second.running, "the second worker");
      assertEqual(seen.toSorted(), numbered(10).toSorted(), "messages handled by both");
    },
  },
  {
    name: "does not lose a message whose handler was aborted by shutdown",
    run: async (trial) => {
      const channel = await trial.channel();
      const begun = Promise.withResolvers<void>();
      const limits = { gracefulShutdownTime: 0, cancellationTimeout: 50 };
      const first = await workerOn(trial, channel, limits, (_, { signal }) => {
        begun.resolve();
        return new Promise((_, reject) => signal.addEventListener("abort", () => reject(signal.reason)));
      });
      await sendAll(first.app, channel, ["interrupted"]);
      await trial.within(begun.promise, "handling");
      await first.stop();
      const again = Promise.withResolvers<string>();
      const second = await workerOn(
        trial,
        channel,
        { messagesLimit: 1 },
        (message) => again.resolve(textOf(message)),
      );
      assertEqual(await trial.within(again.promise, "handling again"), "interrupted", "the message");
      await trial.within(second.running, "the second worker");
    },
  },
  {
    name: "takes nothing from channels without actors",
    run: async (trial) => {
      const [server, own, other] = [await trial.server(), await trial.channel(), await trial.channel()];
      await trial.publish(server, other, "untouched");
      const worker = await workerOn(trial, own, { messagesLimit: 1 }, () => {}, ["own"]);
      await trial.within(worker.running, "the worker");
      assertEqual(
        textOf(await (await trial.consumer(server, other)).next()),
        "untouched",
        "what is still there",
      );
    },
  },
  {
    name: "nacks a message that matches no actor, the tenth time",
    run: async (trial) => {
      const [server, channel] = [await trial.server(), await trial.channel()];
      let sightings = 0;
      const routingStrategy = { matches: (): boolean => ++sightings < 0 };
      const known = { name: "known" };
      const handled = Promise.withResolvers<void>();
      const worker = await startWorker(trial, {}, (router) => {
        router.actor({ name: "nobody", channel, routingStrategy }, () => {});
        router.actor({ ...known, channel }, () => handled.resolve());
      });
      await trial.send(server, channel, { headers: { topic: "unknown" } });
      const end = performance.now() + trial.patience;
      while (sightings < SIGHTINGS) {
        assert(performance.now() < end, `delivered ${sightings} times instead of ${SIGHTINGS}`);
        await new Promise((resolve) => setTimeout(resolve, 5));
      }
      await trial.send(server, channel, { headers: { topic: known.name } });
      await trial.within(handled.promise, "handling what comes after");
      await worker.stop();
      await (await trial.consumer(server, channel)).nothing("delivered after it was nacked");
      // The handled message was matched as well.
      assertEqual(sightings, SIGHTINGS + 1, "how often it was delivered");
    },
  },
  {
    name: "sends a reply to replyTo and acknowledges the message",
    run: async (trial) => {
      const [server, channel, answers] = [await trial.server(), await trial.channel(), await trial.channel()];
      const answered = Promise.withResolvers<boolean>();
      const worker = await workerOn(trial, channel, { messagesLimit: 1 }, async (message) => {
        answered.resolve(await message.reply({ payload: `re: ${message.text()}`, headers: { by: "reply" } }));
      });
      await trial.send(server, channel, { payload: toBytes("question"), headers: HEADERS, replyTo: answers });
      await trial.within(worker.running, "the worker");
      assertEqual(await answered.promise, true, "what reply() answers");
      const reply = await (await trial.consumer(server, answers)).next();
      assertEqual([textOf(reply), reply.headers.by], ["re: question", "reply"], "the reply");
      await (await trial.consumer(server, channel)).nothing("delivered after it was replied to");
    },
  },
  {
    name: "lets actors send while all slots are taken",
    run: async (trial) => {
      const [channel, next] = [await trial.channel(), await trial.channel()];
      const done = Promise.withResolvers<void>();
      let left = 10;
      const worker = await startWorker(trial, { tasksLimit: 2 }, (router) => {
        router.actor({ name: HEADERS.topic, channel }, async (_, { message }) => {
          await message.sendMessage({ channel: next, payload: message.payload, headers: { topic: "next" } });
        });
        router.actor({ name: "next", channel: next }, () => {
          if (--left === 0) done.resolve();
        });
      });
      await sendAll(worker.app, channel, numbered(10));
      await trial.within(done.promise, "handling what actors sent");
      await worker.stop();
    },
  },
];

/** What an actor of the suite does. */
export type Handle = (message: Message, context: ActorContext) => unknown;

/** A worker that runs. */
export interface RunningWorker {
  /** Its application. */
  readonly app: Repid;
  /** Its end. */
  readonly running: Promise<WorkerResult>;
  /** Ends it, and waits for that. */
  stop(): Promise<WorkerResult>;
}

/** Starts a worker with one actor on one channel, until the case ends; the bodies are sent before it starts. */
export async function workerOn(
  trial: Trial,
  channel: string,
  options: WorkerOptions,
  handle: Handle,
  bodies: readonly string[] = [],
): Promise<RunningWorker> {
  const actor: ActorOptions = { name: HEADERS.topic, channel };
  return await startWorker(
    trial,
    options,
    (router) => router.actor({ name: actor.name, channel }, (_, context) => handle(context.message, context)),
    (app) => sendAll(app, channel, bodies),
  );
}

async function startWorker(
  trial: Trial,
  options: WorkerOptions,
  addActors: (router: Router) => unknown,
  prepare: (app: Repid) => Promise<unknown> = () => Promise.resolve(),
): Promise<RunningWorker> {
  const app = new Repid({ logger: silentLogger });
  app.servers.register("tested", await trial.server());
  const router = new Router();
  addActors(router);
  app.includeRouter(router);
  await prepare(app);
  const controller = new AbortController();
  const running = app.runWorker({ osSignals: [], signal: controller.signal, ...options });
  const stop = (): Promise<WorkerResult> => {
    controller.abort();
    return trial.within(running, "the end of a worker", trial.patience + 30_000);
  };
  trial.atEnd(stop);
  return { app, running, stop };
}

async function sendAll(app: Repid, channel: string, bodies: readonly string[]): Promise<void> {
  await Promise.all(bodies.map((payload) => app.sendMessage({ channel, payload, headers: HEADERS })));
}

async function handlesEachOnce(trial: Trial, count: number, tasksLimit: number): Promise<void> {
  const channel = await trial.channel();
  const bodies = numbered(count);
  const seen = new Map<string, number>();
  const worker = await workerOn(trial, channel, { messagesLimit: count, tasksLimit }, (message) => {
    const body = textOf(message);
    seen.set(body, (seen.get(body) ?? 0) + 1);
  }, bodies);
  await trial.within(worker.running, "the worker", trial.patience * 6);
  const [lost, doubled] = [
    bodies.filter((body) => !seen.has(body)),
    bodies.filter((body) => (seen.get(body) ?? 0) > 1),
  ];
  assertEqual({ lost, doubled }, { lost: [], doubled: [] }, "messages");
  await (await trial.consumer(await trial.server(), channel)).nothing("delivered after it was handled");
}
