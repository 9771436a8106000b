/**
 * Consuming from streams: demand becomes the size of reads.
 *
 * A channel has a group of its own, and Redis reads for one group at a time. One channel is read blocking. Several are read
 * one after the other without waiting, each its share of the demand, beginning with another one each time; when all are
 * empty, a read without a group waits for news of any of them, so that nothing is taken that was not asked for.
 * @module
 */
import { settlesWithin, systemClock } from "../../_internal/clock.ts";
import type { Delivery, Subscription } from "../../server.ts";
import type { RedisClient } from "./client.ts";
import { RedisDelivery } from "./delivery.ts";
import { type Entry, fromRaw, type RawEntry } from "./entry.ts";
import { Reclaimer } from "./reclaimer.ts";
import type { Place, Settler } from "./settler.ts";

/** How long giving back may take with a Redis that does not answer, in milliseconds. */
const CLOSE_TIMEOUT = 2_000;
/** How much longer than told a blocking read may take, in milliseconds. */
const BLOCK_GRACE = 5_000;

/** A channel, and where it is in Redis. */
export interface ChannelPlace extends Place {
  readonly channel: string;
}

/** What a subscription works with. */
export interface RedisSubscriptionOptions {
  readonly places: readonly ChannelPlace[];
  readonly consumer: string;
  /** For everything but blocking reads. */
  readonly commands: RedisClient;
  /** For blocking reads only. */
  readonly blocking: RedisClient;
  readonly settler: Settler;
  readonly blockMs: number;
  readonly minIdleMs: number;
  readonly reclaim: boolean;
  /** Takes the consumer out of its groups, now or when Redis is back. */
  readonly leave: () => Promise<void>;
  /** Makes the groups that are missing. */
  readonly createGroups: () => Promise<void>;
}

/** What reading answers: for each stream, its name and its entries. */
type RawStreams = readonly (readonly [name: unknown, entries: readonly RawEntry[]])[] | null;

/** One consumer. */
export class RedisSubscription implements Subscription {
  readonly #options: RedisSubscriptionOptions;
  readonly #reclaimer: Reclaimer | undefined;
  /** What was handed over and is not settled yet. */
  readonly #held = new Set<RedisDelivery>();
  /** The place that comes first next time. */
  #turn = 0;
  #stopped = false;
  #taking: Promise<unknown> = Promise.resolve();
  #closing: Promise<void> | undefined;
  #blockedId: number | undefined;

  constructor(options: RedisSubscriptionOptions) {
    this.#options = options;
    if (options.reclaim) {
      this.#reclaimer = new Reclaimer({ ...options, isHeld: (stream, id) => this.#isHeld(stream, id) });
    }
  }

  get isActive(): boolean {
    return !this.#stopped && this.#options.blocking.isReady;
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

  async stop(): Promise<void> {
    if (this.#stopped) return;
    this.#stopped = true;
    const { commands, blocking } = this.#options;
    // Ends a blocked read in order: it answers what it has, or nothing.
    const woken = commands.isReady && this.#blockedId !== undefined
      ? commands.redis.client("UNBLOCK", this.#blockedId)
      : Promise.reject(new Error("nobody to ask"));
    await settlesWithin(systemClock, CLOSE_TIMEOUT, woken);
    // What did not end in order is cut.
    if (!await settlesWithin(systemClock, CLOSE_TIMEOUT / 2, this.#taking)) await blocking.cut();
  }

  close(): Promise<void> {
    return this.#closing ??= this.#close();
  }

  async #close(): Promise<void> {
    await this.stop();
    const { blocking, leave, commands } = this.#options;
    const returning = Promise.allSettled([...this.#held].map((delivery) => delivery.giveBack("reject")));
    this.#held.clear();
    if (commands.isReady) await settlesWithin(systemClock, CLOSE_TIMEOUT, returning);
    await settlesWithin(systemClock, CLOSE_TIMEOUT, leave());
    await blocking.close();
  }

  async #take(max: number, wait: number): Promise<readonly Delivery[]> {
    try {
      const entries = this.#stopped ? [] : await this.#read(max, performance.now() + wait);
      if (!this.#stopped) return entries.map(({ place, entry }) => this.#handOver(place, entry));
      await Promise.allSettled(entries.map(({ place, entry }) => this.#giveBack(place, entry.id)));
      return [];
    } catch (error) {
      if (this.#stopped) return [];
      const explained = this.#options.blocking.explain(error);
      if (!isGroupMissing(explained)) throw explained;
      await this.#options.createGroups();
      return [];
    }
  }

  /** Until there is something, the time is over, or it is stopped. */
  async #read(max: number, end: number): Promise<readonly Read[]> {
    for (;;) {
      const reclaimed = await this.#reclaimer?.claim(max) ?? [];
      if (reclaimed.length > 0 || this.#stopped) return reclaimed;
      const { blockMs, places } = this.#options;
      const left = Math.max(
        1,
        Math.min(blockMs, end - performance.now(), this.#reclaimer?.untilDue() ?? Infinity),
      );
      const [only, ...others] = places;
      const read = only && others.length === 0
        ? await this.#readOne(only, max, Math.ceil(left))
        : await this.#readMany(max, Math.ceil(left));
      if (read.length > 0 || this.#stopped || performance.now() >= end) return read;
    }
  }

  /** One channel: one blocking read is all it takes. */
  async #readOne(place: ChannelPlace, max: number, block: number): Promise<readonly Read[]> {
    const { stream, group } = place;
    const { consumer, blocking } = this.#options;
    const scope = ["GROUP", group, consumer, "COUNT", max];
    const streams = await this.#within(
      block,
      blocking.ask("XREADGROUP", ...scope, "BLOCK", block, "STREAMS", stream, ">"),
    );
    return toReads(place, streams as RawStreams);
  }

  /** Several channels: what is there, else news of any. */
  async #readMany(max: number, block: number): Promise<readonly Read[]> {
    const { blocking, commands, places } = this.#options;
    const found = await this.#readAll(max);
    if (found.length > 0 || this.#stopped) return found;
    const last = await Promise.all(places.map((place) => this.#lastDelivered(place)));
    // What is newer than a group has delivered is there for the taking: nothing can slip between this and the last read.
    const streams = places.map(({ stream }) => stream);
    await this.#within(
      block,
      blocking.ask("XREAD", "COUNT", 1, "BLOCK", block, "STREAMS", ...streams, ...last),
    );
    return this.#stopped || !commands.isReady ? [] : await this.#readAll(max);
  }

  /** One round of all channels, each its share and then what others left. */
  async #readAll(max: number): Promise<Read[]> {
    const { places } = this.#options;
    const order = [...places.slice(this.#turn), ...places.slice(0, this.#turn)];
    this.#turn = (this.#turn + 1) % places.length;
    const share = Math.floor(max / places.length);
    // Together in one write, as the shares cannot exceed the demand.
    const reads = share === 0
      ? []
      : (await Promise.all(order.map((place) => this.#readNow(place, share)))).flat();
    for (const place of order) {
      if (reads.length >= max) break;
      if (reads.length > 0 && share > 0) break;
      reads.push(...await this.#readNow(place, max - reads.length));
    }
    return reads;
  }

  async #readNow(place: ChannelPlace, count: number): Promise<Read[]> {
    const { stream, group } = place;
    const { consumer, commands } = this.#options;
    const scope = ["GROUP", group, consumer, "COUNT", count];
    const streams = await commands.ask("XREADGROUP", ...scope, "STREAMS", stream, ">");
    return toReads(place, streams as RawStreams);
  }

  async #lastDelivered({ stream, group }: ChannelPlace): Promise<string> {
    const groups = await this.#options.commands.redis.xinfo("GROUPS", stream) as readonly unknown[][];
    for (const fields of groups) {
      const info = new Map<unknown, unknown>();
      for (let i = 0; i + 1 < fields.length; i += 2) info.set(String(fields[i]), fields[i + 1]);
      if (String(info.get("name")) === group) return String(info.get("last-delivered-id"));
    }
    throw new Error(`NOGROUP the group ${group} of ${stream} is gone`);
  }

  /** A read that does not come back although its time is over has lost its connection without being told. */
  async #within<T>(block: number, reading: Promise<T>): Promise<T> {
    if (!await settlesWithin(systemClock, block + BLOCK_GRACE, reading)) await this.#options.blocking.cut();
    return await reading;
  }

  #handOver(place: ChannelPlace, entry: Entry): Delivery {
    const { settler, consumer, minIdleMs } = this.#options;
    const delivery = new RedisDelivery(entry, {
      channel: place.channel,
      leaseInterval: Math.max(1, Math.floor(minIdleMs / 3)),
      tell: (action) => settler.settle(place, consumer, entry.id, action),
      release: () => this.#held.delete(delivery),
      isOpen: () => this.#closing === undefined,
      key: heldKey(place.stream, entry.id),
    });
    this.#held.add(delivery);
    return delivery;
  }

  #giveBack({ stream, group, deadLetters }: ChannelPlace, id: string): Promise<unknown> {
    return this.#options.settler.settle({ stream, group, deadLetters }, this.#options.consumer, id, "return");
  }

  #isHeld(stream: string, id: string): boolean {
    const key = heldKey(stream, id);
    for (const delivery of this.#held) if (delivery.key === key) return true;
    return false;
  }
}

/** One entry, and where it was. */
export interface Read {
  readonly place: ChannelPlace;
  readonly entry: Entry;
}

function toReads(place: ChannelPlace, streams: RawStreams): Read[] {
  return (streams ?? []).flatMap(([, entries]) => entries.map((raw) => ({ place, entry: fromRaw(raw) })));
}

function heldKey(stream: string, id: string): string {
  return `${stream}\n${id}`;
}

function isGroupMissing(error: unknown): boolean {
  return error instanceof Error && error.message.includes("NOGROUP");
}
