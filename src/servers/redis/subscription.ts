/**
 * One consumer of some channels.
 * @module
 */
import { settlesWithin, systemClock } from "../../_internal/clock.ts";
import type { Delivery, Subscription } from "../../contract/server.ts";
import { ReadAhead } from "./read_ahead.ts";
import { Reader, type ReaderOptions } from "./reader.ts";

/** How long giving back may take with a Redis that does not answer, in milliseconds. */
const CLOSE_TIMEOUT = 2_000;

/**
 * With room for so many messages, half of it is read at a time: while one half is handled, the other is on its way. That is
 * 14 % more messages on Deno and 20 % on Bun with room for 1 000; with room for 100 it is 13 % on Deno and nothing on Bun,
 * and below that the additional round trips cost more than they save.
 */
const HALVED_FROM = 100;

/** What a subscription works with. */
export interface RedisSubscriptionOptions extends ReaderOptions {
  readonly leaseInterval: number;
  /** How many entries may be read beyond the demand. */
  readonly prefetch: number;
  /** Takes the consumer out of its groups, now or when Redis is back. */
  readonly leave: () => Promise<void>;
}

/** One consumer. */
export class RedisSubscription implements Subscription {
  readonly #options: RedisSubscriptionOptions;
  readonly #reader: Reader;
  readonly #ahead: ReadAhead;
  #stopping: Promise<void> | undefined;
  #taking: Promise<unknown> = Promise.resolve();
  #closing: Promise<void> | undefined;
  #blockedId: number | undefined;
  /** The largest demand so far. */
  #most = 0;

  constructor(options: RedisSubscriptionOptions) {
    this.#options = options;
    this.#reader = new Reader(options);
    this.#ahead = new ReadAhead(options.leaseInterval);
  }

  get isActive(): boolean {
    return !this.#stopping && this.#options.blocking.isReady;
  }

  /** Learns what the blocking connection is called, to be able to wake it. */
  async start(): Promise<void> {
    this.#blockedId = Number(await this.#options.blocking.redis.client("ID"));
  }

  take(max: number, wait: number): Promise<readonly Delivery[]> {
    const taking = this.#take(max, wait);
    this.#taking = taking.catch(() => {});
    return taking;
  }

  stop(): Promise<void> {
    return this.#stopping ??= this.#stop();
  }

  close(): Promise<void> {
    return this.#closing ??= this.#close();
  }

  async #stop(): Promise<void> {
    this.#reader.stop();
    const { commands, blocking } = this.#options;
    const returning = this.#ahead.giveBack();
    // Ends a blocked read in order: it answers what it has, or nothing.
    // Only while the connection is open: after a restart of Redis the id may belong to another client.
    const woken = commands.isReady && blocking.isReady && this.#blockedId !== undefined
      ? commands.redis.client("UNBLOCK", this.#blockedId)
      : Promise.reject(new Error("the connection has no id"));
    await settlesWithin(systemClock, CLOSE_TIMEOUT, Promise.allSettled([woken, returning]));
    // What did not end in order is cut.
    if (!await settlesWithin(systemClock, CLOSE_TIMEOUT / 2, this.#taking)) await blocking.cut();
  }

  async #close(): Promise<void> {
    await this.stop();
    const { blocking, leave, commands, holdings } = this.#options;
    const returning = Promise.all(holdings.map((holding) => holding.close()));
    if (commands.isReady) await settlesWithin(systemClock, CLOSE_TIMEOUT, returning);
    await settlesWithin(systemClock, CLOSE_TIMEOUT, leave());
    await blocking.close();
  }

  async #take(max: number, wait: number): Promise<readonly Delivery[]> {
    if (this.#stopping) return [];
    const ahead = this.#ahead.take(max);
    if (ahead.length > 0) return ahead;
    const { blocking, prefetch } = this.#options;
    try {
      const deliveries = await this.#reader.read(this.#share(max) + prefetch, performance.now() + wait);
      if (this.#stopping) {
        await Promise.allSettled(deliveries.map((delivery) => delivery.giveBack()));
        return [];
      }
      for (const delivery of deliveries) delivery.hold();
      if (deliveries.length <= max) return deliveries;
      this.#ahead.put(deliveries.slice(max));
      return deliveries.slice(0, max);
    } catch (error) {
      if (this.#stopping) return [];
      throw blocking.explain(error);
    }
  }

  /** How much of a demand is read now. */
  #share(max: number): number {
    this.#most = Math.max(this.#most, max);
    return this.#most < HALVED_FROM ? max : Math.min(max, Math.ceil(this.#most / 2));
  }
}
