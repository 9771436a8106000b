/**
 * BullMQ, with jobs that are removed when they are done.
 * @module
 */
import { Queue, Worker } from "bullmq";
import { type Body, newBody } from "../compare/body.ts";
import type { Contender, Handle, Place } from "../compare/contender.ts";

/** How many jobs are added at once. */
const FILL = 1_000;

export async function open({ url, channel }: Place): Promise<Contender> {
  const { hostname, port } = new URL(url);
  const connection = { host: hostname, port: Number(port), maxRetriesPerRequest: null };
  const options = { connection, defaultJobOptions: { removeOnComplete: true, removeOnFail: true } };
  const queue = new Queue<Body>(channel, options);
  await queue.waitUntilReady();
  return {
    publish: (body) => queue.add("work", body),
    async fill(count, from = 0) {
      for (let id = from; id < from + count; id += FILL) {
        const length = Math.min(FILL, from + count - id);
        await queue.addBulk(Array.from({ length }, (_, i) => ({ name: "work", data: newBody(id + i) })));
      }
    },
    async consume(concurrency: number, handle: Handle) {
      const worker = new Worker<Body>(channel, async ({ data }) => await handle(data), {
        connection,
        concurrency,
      });
      await worker.waitUntilReady();
      return () => worker.close();
    },
    close: () => queue.close(),
  };
}
