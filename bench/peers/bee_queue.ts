/**
 * Bee-Queue, without what its own documentation says to leave out for speed: events, stored jobs of the past.
 * @module
 */
import BeeQueue from "bee-queue";
import { type Body, newBody } from "../compare/body.ts";
import type { Contender, Handle, Place } from "../compare/contender.ts";

/** How many jobs are saved at once. */
const FILL = 1_000;

export async function open({ url, channel }: Place): Promise<Contender> {
  const { hostname, port } = new URL(url);
  const redis = { host: hostname, port: Number(port) };
  const common = { redis, removeOnSuccess: true, getEvents: false, sendEvents: false, storeJobs: false };
  const producer = new BeeQueue<Body>(channel, { ...common, isWorker: false });
  await producer.ready();
  return {
    publish: (body) => producer.createJob(body).save(),
    async fill(count, from = 0) {
      for (let id = from; id < from + count; id += FILL) {
        const length = Math.min(FILL, from + count - id);
        await producer.saveAll(Array.from({ length }, (_, i) => producer.createJob(newBody(id + i))));
      }
    },
    async consume(concurrency: number, handle: Handle) {
      const queue = new BeeQueue<Body>(channel, { ...common, isWorker: true });
      await queue.ready();
      queue.process(concurrency, async ({ data }: { data: Body }) => await handle(data));
      return () => queue.close(1_000);
    },
    close: () => producer.close(1_000),
  };
}
