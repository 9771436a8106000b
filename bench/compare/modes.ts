/**
 * The ways to measure a contender. Each prepares first; what it answers is run when everybody is ready.
 * @module
 */
import { callInWindow, cpuTime, Meter, type Span } from "../../src/conformance/measuring/meter.ts";
import { newBody } from "./body.ts";
import type { Contender, Place } from "./contender.ts";
import { heapUsed } from "./heap.ts";

/** What one process is to measure. */
export interface Job {
  /** The contender's module, as a URL. */
  readonly module: string;
  readonly place: Place;
  /** The file that a profile of what is measured goes to. */
  readonly profile: string | undefined;
  readonly mode: Mode;
  /** At once: handlers, or publications not confirmed yet. */
  readonly concurrency: number;
  /** How many are not measured at first. */
  readonly warmUp: number;
  /** How many are measured. */
  readonly messages: number;
  /** How many lie behind those that are measured. */
  readonly tail: number;
  /** When measuring ends at the latest, in milliseconds; fewer messages are measured then. */
  readonly longest: number;
  /** How long handlers sleep, in milliseconds. */
  readonly sleep: number;
}

/** What came of it. */
export interface Figures {
  /** The figure of the mode: messages a second, a share, milliseconds or bytes. */
  readonly value: number;
  /** User and system time for each message, in microseconds. */
  readonly cpuMicros: number;
  /** How many messages passed through the broker meanwhile, for its counters; NaN where they cannot be told. */
  readonly total: number;
  /** Others, by name. */
  readonly more: Readonly<Record<string, number>>;
  /** Which bodies were handled, one bit for each, where that matters. */
  readonly seen?: readonly number[];
}

/** The modes. */
export type Mode = "publish" | "drain" | "sleep" | "latency" | "memory" | "shared";

/** Something prepared. */
export interface Prepared {
  measure(): Promise<Figures>;
  stop(): Promise<void>;
}

/** How many messages a second the latency is measured at. */
const LATENCY_RATE = 200;
/** How long no message comes until a process that shares its work believes that all is done, in milliseconds. */
const IDLE = 400;
/** What settlements are given to reach the broker after the last handler, in milliseconds. */
const SETTLING = 50;

/** Prepares a job. */
export function prepare(contender: Contender, job: Job): Promise<Prepared> {
  return MODES[job.mode](contender, job);
}

const MODES: Readonly<Record<Mode, (contender: Contender, job: Job) => Promise<Prepared>>> = {
  publish: preparePublish,
  drain: prepareDrain,
  sleep: prepareSleep,
  latency: prepareLatency,
  memory: prepareMemory,
  shared: prepareShared,
};

function preparePublish(contender: Contender, job: Job): Promise<Prepared> {
  const { concurrency: window, warmUp, messages } = job;
  return Promise.resolve({
    async measure() {
      const meter = new Meter(job);
      let id = 0;
      meter.start();
      await callInWindow(() => contender.publish(newBody(id++)), {
        window,
        most: warmUp + messages + window,
        meter,
      });
      return toRate(await meter.span, meter.count);
    },
    stop: () => Promise.resolve(),
  });
}

async function prepareDrain(contender: Contender, job: Job): Promise<Prepared> {
  const all = job.warmUp + job.messages + job.tail;
  await contender.fill(all);
  let stop: (() => Promise<void>) | undefined;
  return {
    async measure() {
      const meter = new Meter(job);
      meter.start();
      stop = await contender.consume(job.concurrency, () => meter.add());
      const span = await meter.span;
      // A short tail is handled as well, so that the broker's counters are those of a whole run.
      for (let left = 20; meter.count < all && left > 0 && job.tail < job.messages; left--) {
        await pause(SETTLING);
      }
      await pause(SETTLING);
      // Where handling goes on, nobody knows of how many messages the broker's counters are.
      return toRate(span, meter.count < all ? NaN : meter.count);
    },
    stop: async () => await stop?.(),
  };
}

/** How long a handler sleeps before it is measured, in milliseconds. */
const WARM_UP_SLEEP = 1;

/** The share of what so many sleepers could do who never wait for anything. */
async function prepareSleep(contender: Contender, job: Job): Promise<Prepared> {
  const { warmUp, messages, concurrency, sleep } = job;
  await contender.fill(warmUp + messages);
  let stop: (() => Promise<void>) | undefined;
  return {
    async measure() {
      const { promise, resolve } = Promise.withResolvers<number>();
      let [started, ended, began, cpu] = [0, 0, 0, 0];
      stop = await contender.consume(concurrency, async () => {
        if (started++ < warmUp) return await pause(WARM_UP_SLEEP);
        if (began === 0) [began, cpu] = [performance.now(), cpuTime()];
        await pause(sleep);
        if (++ended === messages) resolve(performance.now() - began);
      });
      const ms = await promise;
      const cpuMicros = (cpuTime() - cpu) * 1_000 / messages;
      await pause(SETTLING);
      const ideal = messages / concurrency * sleep;
      return { value: ideal / ms * 100, cpuMicros, total: messages, more: { rate: messages / ms * 1_000 } };
    },
    stop: async () => await stop?.(),
  };
}

function prepareLatency(contender: Contender, job: Job): Promise<Prepared> {
  const { warmUp, messages, concurrency } = job;
  const most = warmUp + messages;
  const delays: number[] = [];
  let stop: (() => Promise<void>) | undefined;
  return Promise.resolve({
    async measure() {
      const [warm, over] = [Promise.withResolvers<void>(), Promise.withResolvers<void>()];
      let handled = 0;
      stop = await contender.consume(concurrency, ({ id, at }) => {
        if (id >= warmUp) delays.push(performance.now() - at);
        if (++handled === warmUp) warm.resolve();
        if (handled === most) over.resolve();
      });
      // As fast as may be: of code that is not compiled yet, every line would be measured.
      let next = 0;
      await callInWindow(() => contender.publish(newBody(next++)), { window: concurrency, most: warmUp });
      await warm.promise;
      const cpu = cpuTime();
      const publishing: Promise<unknown>[] = [];
      for (let number = 0, began = performance.now(); number < messages; number++) {
        const early = began + number * 1_000 / LATENCY_RATE - performance.now();
        if (early > 0) await pause(early);
        publishing.push(contender.publish(newBody(next++)));
      }
      await Promise.all(publishing);
      await over.promise;
      const cpuMicros = (cpuTime() - cpu) * 1_000 / messages;
      const sorted = delays.sort((a, b) => a - b);
      const at = (share: number): number => sorted[Math.ceil(sorted.length * share) - 1] ?? NaN;
      return { value: at(0.5), cpuMicros, total: most, more: { p95: at(0.95), p99: at(0.99), max: at(1) } };
    },
    stop: async () => await stop?.(),
  });
}

/** What messages in flight keep: handlers that all wait for the same. */
async function prepareMemory(contender: Contender, job: Job): Promise<Prepared> {
  const { messages } = job;
  await contender.fill(messages);
  const before = await heapUsed();
  let stop: (() => Promise<void>) | undefined;
  const open = Promise.withResolvers<void>();
  return {
    async measure() {
      const { promise, resolve } = Promise.withResolvers<void>();
      let begun = 0;
      const cpu = cpuTime();
      stop = await contender.consume(messages, async () => {
        if (++begun === messages) resolve();
        await open.promise;
      });
      await promise;
      const cpuMicros = (cpuTime() - cpu) * 1_000 / messages;
      const after = await heapUsed();
      const per = (bytes: number): number => bytes / messages;
      return {
        value: per(after.heap - before.heap),
        cpuMicros,
        total: messages,
        more: { residentBytes: per(after.resident - before.resident) },
      };
    },
    async stop() {
      open.resolve();
      await stop?.();
    },
  };
}

/** One of several processes at the same channel; the first of them fills it. */
async function prepareShared(contender: Contender, job: Job): Promise<Prepared> {
  const { messages, concurrency } = job;
  await contender.fill(messages);
  let stop: (() => Promise<void>) | undefined;
  return {
    async measure() {
      const seen: number[] = [];
      let [first, last] = [NaN, NaN];
      const cpu = cpuTime();
      const started = performance.now();
      stop = await contender.consume(concurrency, ({ id }) => {
        last = performance.now();
        if (seen.push(id) === 1) first = last;
      });
      while (performance.now() - (seen.length > 0 ? last : started + 5_000) < IDLE) await pause(SETTLING);
      const cpuMicros = (cpuTime() - cpu) * 1_000 / seen.length;
      const [from, to] = [first, last].map((at) => performance.timeOrigin + at) as [number, number];
      const value = seen.length / (last - first) * 1_000;
      return { value, cpuMicros, total: seen.length, more: { from, to }, seen };
    },
    stop: async () => await stop?.(),
  };
}

function toRate({ messages, ms, cpuMs }: Span, total: number): Figures {
  return { value: messages / ms * 1_000, cpuMicros: cpuMs * 1_000 / messages, total, more: {} };
}

function pause(ms: number): Promise<void> {
  return new Promise((resolve) => setTimeout(resolve, ms));
}

/** Bodies that were not handled just once: how often one was missing, how often one came again. */
export function audit(seen: readonly number[], count: number): { missing: number; again: number } {
  const distinct = new Set(seen);
  return { missing: count - distinct.size, again: seen.length - distinct.size };
}
