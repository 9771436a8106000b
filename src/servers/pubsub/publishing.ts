/**
 * Publications of one turn of the event loop travel together; those with an ordering key one request after another.
 * @module
 */
import { setImmediate } from "node:timers";
import type { Timer } from "../../_internal/clock.ts";
import type { BatchLimits } from "./options.ts";
import { publish, type PubsubMessage } from "./protocol.ts";
import { type CallParts, retrying, type RetryOptions } from "./retry.ts";
import { type CallFailure, consequenceOf, toError } from "./status.ts";

/** One message, and how it is to be published. */
export interface Publication {
  /** The topic's path. */
  readonly topic: string;
  readonly message: PubsubMessage;
  /** For all tries together, in milliseconds. */
  readonly timeout: number;
}

interface Item {
  readonly message: PubsubMessage;
  readonly resolve: () => void;
  readonly reject: (error: unknown) => void;
}

interface Batch {
  readonly key: string;
  readonly topic: string;
  readonly timeout: number;
  readonly items: Item[];
  bytes: number;
  timer: Timer | undefined;
}

/** What the service takes in one message. */
const LARGEST = 10_000_000;

/** Gathers and sends. Used by one server only. */
export class Publishing {
  readonly #parts: CallParts;
  readonly #limits: BatchLimits;
  readonly #batches = new Map<string, Batch>();
  /** The one without order that was opened last, while it is open. */
  #latest: Batch | undefined;
  /** Requests of each ordering key that wait for the one before. */
  readonly #lanes = new Map<string, Batch[]>();
  readonly #sending = new Set<Promise<unknown>>();
  #isScheduled = false;

  /** Nothing is published yet. */
  constructor(parts: CallParts, limits: BatchLimits) {
    this.#parts = parts;
    this.#limits = limits;
  }

  /** Publishes. Resolves once the service has it. */
  add({ topic, message, timeout }: Publication): Promise<void> {
    const size = sizeOf(message);
    if (size > LARGEST) {
      const particulars = `${size} bytes of at most ${LARGEST}`;
      return Promise.reject(new RangeError(`Cannot publish as the message is too large: ${particulars}`));
    }
    return new Promise((resolve, reject) => {
      const batch = this.#batchFor(topic, timeout, message.orderingKey, size);
      batch.items.push({ message, resolve, reject });
      batch.bytes += size;
      const { messages, bytes } = this.#limits;
      if (batch.items.length >= messages || batch.bytes >= bytes) this.#flush(batch);
    });
  }

  /** Sends what was gathered; resolves once everything published so far has been answered. */
  async idle(): Promise<void> {
    this.#flushAll();
    while (this.#sending.size > 0) await Promise.all(this.#sending);
  }

  #batchFor(topic: string, timeout: number, orderingKey: string | undefined, size: number): Batch {
    const { bytes } = this.#limits;
    const latest = this.#latest;
    // Nearly always; no key is made for it.
    if (
      latest && orderingKey === undefined && latest.topic === topic && latest.timeout === timeout &&
      latest.bytes + size <= bytes
    ) return latest;
    // What is in order travels in one lane, whatever its time limit.
    const key = orderingKey === undefined ? `${timeout} ${topic}` : `ordered ${topic} ${orderingKey}`;
    const batch = this.#batches.get(key);
    if (batch && batch.timeout === timeout && batch.bytes + size <= bytes) return batch;
    if (batch) this.#flush(batch);
    const opened = this.#open(key, topic, timeout);
    if (orderingKey === undefined) this.#latest = opened;
    return opened;
  }

  #open(key: string, topic: string, timeout: number): Batch {
    const batch: Batch = { key, topic, timeout, items: [], bytes: 0, timer: undefined };
    this.#batches.set(key, batch);
    const { delay } = this.#limits;
    if (delay > 0) batch.timer = this.#parts.clock.schedule(delay, () => this.#flush(batch));
    else if (!this.#isScheduled) {
      this.#isScheduled = true;
      setImmediate(() => {
        this.#isScheduled = false;
        this.#flushAll();
      });
    }
    return batch;
  }

  #flushAll(): void {
    for (const batch of this.#batches.values()) this.#flush(batch);
  }

  #flush(batch: Batch): void {
    const { key } = batch;
    this.#batches.delete(key);
    if (this.#latest === batch) this.#latest = undefined;
    this.#parts.clock.cancel(batch.timer);
    if (!isOrdered(batch.items)) return this.#track(this.#send(batch, batch.items));
    const waiting = this.#lanes.get(key);
    if (waiting) return void waiting.push(batch);
    const batches = [batch];
    this.#lanes.set(key, batches);
    this.#track(this.#sendInOrder(key, batches));
  }

  #track(sending: Promise<unknown>): void {
    const tracked = sending.finally(() => this.#sending.delete(tracked));
    this.#sending.add(tracked);
  }

  /** One after another. Those behind a failed one fail with it; what is published later goes on. */
  async #sendInOrder(key: string, batches: Batch[]): Promise<void> {
    for (let batch = batches[0]; batch; batch = batches[0]) {
      const failure = await this.#send(batch, batch.items);
      batches.shift();
      if (failure === undefined) continue;
      // Also what was not sent yet: it was published before the failure was known.
      const gathered = this.#batches.get(key);
      this.#batches.delete(key);
      this.#parts.clock.cancel(gathered?.timer);
      const behind = gathered ? [...batches.splice(0), gathered] : batches.splice(0);
      for (const { items } of behind) items.forEach(({ reject }) => reject(failure));
    }
    this.#lanes.delete(key);
  }

  /** Never rejects: each item gets its own result. Answers the error of an ordering key's first failure. */
  async #send(batch: Batch, items: readonly Item[]): Promise<unknown> {
    const { topic, timeout } = batch;
    try {
      const request = { topic, messages: items.map(({ message }) => message) };
      const options: RetryOptions = { ...this.#parts, operation: "publish", timeout };
      await retrying((left) => this.#parts.rpc.call(publish, request, { timeout: left }), options);
      for (const { resolve } of items) resolve();
      return undefined;
    } catch (error) {
      const failure = error as CallFailure;
      const consequence = consequenceOf("publish", failure.code, failure.details);
      if (consequence === "split" && items.length > 1) return await this.#split(batch, items);
      const refusal = toError("publish", topic, failure);
      for (const { reject } of items) reject(refusal);
      return refusal;
    }
  }

  /** The service refuses a request as a whole: halves find the message that it means. */
  async #split(batch: Batch, items: readonly Item[]): Promise<unknown> {
    const middle = items.length >> 1;
    const [first, second] = [items.slice(0, middle), items.slice(middle)];
    if (!isOrdered(items)) {
      return await Promise.all([this.#send(batch, first), this.#send(batch, second)]);
    }
    const failure = await this.#send(batch, first);
    if (failure === undefined) return await this.#send(batch, second);
    for (const { reject } of second) reject(failure);
    return failure;
  }
}

function isOrdered([first]: readonly Item[]): boolean {
  return first?.message.orderingKey !== undefined;
}

/** About as many bytes as it takes: headers are nearly always ASCII. */
function sizeOf({ data, attributes, orderingKey }: PubsubMessage): number {
  let size = (data?.byteLength ?? 0) + (orderingKey?.length ?? 0) + 16;
  for (const name in attributes) size += name.length + (attributes[name]?.length ?? 0) + 6;
  return size;
}
