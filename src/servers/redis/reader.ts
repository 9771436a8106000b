/**
 * Reading from streams: demand becomes the size of reads.
 *
 * Each channel has its own group, and Redis reads for one group at a time. One channel is read blocking. Several are read
 * one after the other without waiting, each its share of the demand, beginning with another one each time; when all are
 * empty, a read without a group waits for news of any of them, so that nothing is taken that was not asked for.
 * @module
 */
import { settlesWithin, systemClock } from "../../_internal/clock.ts";
import type { RedisClient } from "./client.ts";
import { RedisDelivery } from "./delivery.ts";
import type { RawEntry } from "./entry.ts";
import type { Holding } from "./holding.ts";
import { toInfos } from "./channel_keys.ts";
import { Reclaimer } from "./reclaimer.ts";
import { Returns } from "./returns.ts";
import type { Settler } from "./settler.ts";

/** How much longer than told a blocking read may take, in milliseconds. */
const BLOCK_GRACE = 5_000;

/** What a reader works with. */
export interface ReaderOptions {
  readonly holdings: readonly Holding[];
  readonly consumer: string;
  /** For everything but blocking reads. */
  readonly commands: RedisClient;
  /** For blocking reads only. */
  readonly blocking: RedisClient;
  readonly settler: Settler;
  readonly readTimeout: number;
  readonly leaseDuration: number;
  readonly reclaim: boolean;
}

/** What reading answers: for each stream, its name and its entries. */
type RawStreams = readonly (readonly [name: unknown, entries: readonly RawEntry[]])[] | null;

/** Reads for one consumer. */
export class Reader {
  readonly #options: ReaderOptions;
  readonly #returns: Returns;
  readonly #reclaimer: Reclaimer | undefined;
  /** What makes reads take over as well what fell silent, where Redis can do that. */
  readonly #claim: readonly (string | number)[];
  /** The holding that comes first next time. */
  #turn = 0;
  #stopped = false;

  constructor(options: ReaderOptions) {
    const { holdings, commands, leaseDuration, reclaim } = options;
    this.#options = options;
    this.#returns = new Returns(holdings, commands);
    // A read without a group, which waits for several channels, does not wait for what falls silent.
    const readsClaim = reclaim && holdings.length === 1 && commands.features.claim;
    this.#claim = readsClaim ? ["CLAIM", leaseDuration] : [];
    if (reclaim) this.#reclaimer = new Reclaimer({ ...options, readsClaim });
  }

  /** Reads no more; what is under way answers what it has. */
  stop(): void {
    this.#stopped = true;
  }

  /** At most so many entries. Until there is something, `end` has come, or it is stopped. */
  async read(max: number, end: number): Promise<readonly RedisDelivery[]> {
    const { readTimeout, holdings } = this.#options;
    while (!this.#stopped) {
      const found = await this.#returns.claim(max);
      if (found.length === 0 && this.#reclaimer) found.push(...await this.#reclaimer.claim(max));
      if (found.length > 0 || this.#stopped) return found;
      const due = Math.min(this.#returns.untilDue(), this.#reclaimer?.untilDue() ?? Infinity);
      const block = Math.ceil(Math.max(1, Math.min(readTimeout, end - performance.now(), due)));
      const [only, ...others] = holdings;
      const read = only && others.length === 0
        ? await this.#readOne(only, max, block)
        : await this.#readMany(max, block);
      if (read.length > 0 || performance.now() >= end) return read;
    }
    return [];
  }

  /** One channel: one blocking read is all it takes. */
  async #readOne(holding: Holding, max: number, block: number): Promise<readonly RedisDelivery[]> {
    const { keys: { stream, group }, consumer } = holding;
    const scope = ["GROUP", group, consumer, "COUNT", max, "BLOCK", block, ...this.#claim];
    const { blocking } = this.#options;
    const reading = blocking.ask("XREADGROUP", ...scope, "STREAMS", stream, ">");
    return await this.#within(block, holding.recreatingGroup(toDeliveries(holding, reading)));
  }

  /** Several channels: what is there, else news of any. */
  async #readMany(max: number, block: number): Promise<RedisDelivery[]> {
    const { blocking, commands, holdings } = this.#options;
    const found = await this.#readAll(max);
    if (found.length > 0 || this.#stopped) return found;
    const last = (await Promise.all(
      holdings.map((holding) => holding.recreatingGroup(this.#lastDelivered(holding))),
    )).flat();
    // A group was made anew: there may be something.
    if (last.length < holdings.length) return [];
    // What is newer than a group has delivered is there for the taking: nothing can slip between this and the last read.
    const streams = holdings.map(({ keys: { stream } }) => stream);
    if (this.#stopped) return [];
    await this.#within(
      block,
      blocking.ask("XREAD", "COUNT", 1, "BLOCK", block, "STREAMS", ...streams, ...last),
    );
    return this.#stopped || !commands.isReady ? [] : await this.#readAll(max);
  }

  /** All channels, each its share; then those that have more share what others left. */
  async #readAll(max: number): Promise<RedisDelivery[]> {
    const { holdings } = this.#options;
    const order = [...holdings.slice(this.#turn), ...holdings.slice(0, this.#turn)];
    this.#turn = (this.#turn + 1) % holdings.length;
    const reads: RedisDelivery[] = [];
    for (let asked = order; asked.length > 0 && reads.length < max;) {
      // Where there is less room than channels, those whose turn it is come first.
      const some = asked.slice(0, max - reads.length);
      const share = Math.floor((max - reads.length) / some.length);
      // Together in one write, as the shares cannot exceed the demand.
      const found = await Promise.all(some.map((holding) => this.#readNow(holding, share)));
      reads.push(...found.flat());
      asked = [...asked.slice(some.length), ...some.filter((_, i) => found[i]?.length === share)];
      if (this.#stopped) break;
    }
    return reads;
  }

  async #readNow(holding: Holding, count: number): Promise<readonly RedisDelivery[]> {
    const { keys: { stream, group }, consumer } = holding;
    const scope = ["GROUP", group, consumer, "COUNT", count];
    const reading = this.#options.commands.ask("XREADGROUP", ...scope, "STREAMS", stream, ">");
    return await holding.recreatingGroup(toDeliveries(holding, reading));
  }

  async #lastDelivered({ keys: { stream, group } }: Holding): Promise<readonly string[]> {
    const infos = toInfos(await this.#options.commands.give("XINFO", "GROUPS", stream));
    const info = infos.find((one) => one.get("name") === group);
    if (!info) throw new Error(`NOGROUP the group ${group} of ${stream} is gone`);
    return [String(info.get("last-delivered-id"))];
  }

  /** A read that does not end although its time is over has lost its connection unnoticed. */
  async #within<T>(block: number, reading: Promise<T>): Promise<T> {
    if (!await settlesWithin(systemClock, block + BLOCK_GRACE, reading)) await this.#options.blocking.cut();
    return await reading;
  }
}

async function toDeliveries(holding: Holding, reading: Promise<unknown>): Promise<RedisDelivery[]> {
  const deliveries: RedisDelivery[] = [];
  for (const [, entries] of (await reading as RawStreams) ?? []) {
    for (const raw of entries) {
      const delivery = new RedisDelivery(raw, holding);
      // A read finds also what we hold ourselves, where the group was made anew or a lease was extended too late.
      if (!holding.keeps(delivery.messageId)) deliveries.push(delivery);
    }
  }
  return deliveries;
}
