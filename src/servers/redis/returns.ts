/**
 * Messages that were rejected in place, because other groups of their stream need the entry (see `REJECT` in `scripts.ts`).
 * Reads do not find them, so this class looks for them: often if a stream has several groups, and never otherwise.
 * @module
 */
import type { RedisClient } from "./client.ts";
import { RedisDelivery } from "./delivery.ts";
import type { RawEntry } from "./entry.ts";
import type { Holding } from "./holding.ts";
import { isGroupMissing, toInfos } from "./channel_keys.ts";
import { RETURNED } from "./scripts.ts";

/** How long to wait between two looks for messages, in milliseconds. */
const LOOK_EVERY = 250;
/** How long to believe that a stream has one group, or several, in milliseconds. */
const COUNT_EVERY = 10_000;
/** Rejected messages have a very long idle time; one that a consumer has just taken has not. */
const LEAST_SILENT = 1_000_000_000;

/** Takes them over. */
export class Returns {
  readonly #holdings: readonly Holding[];
  readonly #commands: RedisClient;
  #shared: readonly Holding[] = [];
  #countDue: number;
  #lookDue: number;

  constructor(holdings: readonly Holding[], commands: RedisClient) {
    this.#holdings = holdings;
    this.#commands = commands;
    this.#countDue = this.#lookDue = performance.now();
  }

  /** Milliseconds until there is something to do. */
  untilDue(): number {
    const due = this.#shared.length > 0 ? Math.min(this.#lookDue, this.#countDue) : this.#countDue;
    return Math.max(0, due - performance.now());
  }

  /** Rejected messages, at most `max`; looks only when it is time. */
  async claim(max: number): Promise<RedisDelivery[]> {
    if (this.untilDue() > 0) return [];
    if (performance.now() >= this.#countDue) {
      this.#countDue = performance.now() + COUNT_EVERY;
      const areShared = await Promise.all(this.#holdings.map((holding) => this.#isShared(holding)));
      this.#shared = this.#holdings.filter((_, i) => areShared[i]);
    }
    this.#lookDue = performance.now() + LOOK_EVERY;
    const claimed: RedisDelivery[] = [];
    for (const holding of this.#shared) {
      if (claimed.length >= max) break;
      claimed.push(...await holding.recreatingGroup(this.#claimFrom(holding, max - claimed.length)));
    }
    return claimed;
  }

  async #isShared({ keys: { stream } }: Holding): Promise<boolean> {
    try {
      return toInfos(await this.#commands.give("XINFO", "GROUPS", stream)).length > 1;
    } catch (error) {
      if (isGroupMissing(error)) return false;
      throw error;
    }
  }

  async #claimFrom(holding: Holding, max: number): Promise<RedisDelivery[]> {
    const { keys: { stream, group }, consumer } = holding;
    const scope = [stream, group, "-", "+", max, RETURNED];
    const pending = await this.#commands.give("XPENDING", ...scope) as unknown[][];
    if (pending.length === 0) return [];
    const deliveries = new Map(pending.map(([id, , , count]) => [String(id), count]));
    // Of several consumers that saw them, the first has them.
    const entries = await this.#commands.ask(
      "XCLAIM",
      ...[stream, group, consumer, LEAST_SILENT, ...deliveries.keys()],
    ) as readonly (RawEntry | null)[];
    return entries.filter((raw) => raw !== null).map(([id, fields]) =>
      new RedisDelivery([id, fields, undefined, deliveries.get(String(id))], holding)
    );
  }
}
