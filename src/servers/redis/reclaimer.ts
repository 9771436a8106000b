/**
 * Takes over what consumers left behind that fell silent, and removes those that are gone.
 * @module
 */
import type { RedisClient } from "./client.ts";
import { RedisDelivery } from "./delivery.ts";
import type { RawEntry } from "./entry.ts";
import type { Holding } from "./holding.ts";
import { toInfos } from "./channel_keys.ts";
import type { Settler } from "./settler.ts";

/** How much longer than the least idle time a consumer with nothing pending must be silent to be removed. */
const GONE_AFTER = 10;

/** What the reclaimer works with. */
export interface ReclaimerOptions {
  readonly holdings: readonly Holding[];
  readonly commands: Pick<RedisClient, "ask" | "give">;
  readonly settler: Settler;
  readonly leaseDuration: number;
  /** Whether reads take over as well, so that there is little left to look for. */
  readonly readsClaim: boolean;
}

/** Looks around now and then. */
export class Reclaimer {
  readonly #options: ReclaimerOptions;
  #due: number;
  /** Where the next look at each stream begins; a look may end before all was seen. */
  readonly #cursors = new Map<Holding, string>();

  constructor(options: ReclaimerOptions) {
    this.#options = options;
    this.#due = performance.now();
  }

  /** Milliseconds until the next look. */
  untilDue(): number {
    return Math.max(0, this.#due - performance.now());
  }

  /** What others left behind, at most so many; looks only when it is time. */
  async claim(max: number): Promise<RedisDelivery[]> {
    if (this.untilDue() > 0) return [];
    const { leaseDuration, holdings, readsClaim } = this.#options;
    // Not all at the same time.
    this.#due = performance.now() + leaseDuration * (readsClaim ? GONE_AFTER : 0.25) * (1 + Math.random());
    const claimed: RedisDelivery[] = [];
    for (const holding of holdings) {
      if (claimed.length >= max) break;
      claimed.push(...await holding.recreatingGroup(this.#claimFrom(holding, max - claimed.length)));
    }
    // There may be more.
    if (claimed.length >= max) this.#due = performance.now();
    else await Promise.all(holdings.map((holding) => holding.recreatingGroup(this.#removeGone(holding))));
    return claimed;
  }

  async #claimFrom(holding: Holding, max: number): Promise<RedisDelivery[]> {
    const { keys: { stream, group }, consumer } = holding;
    const { commands, leaseDuration } = this.#options;
    const cursor = this.#cursors.get(holding) ?? "0-0";
    const scope = [stream, group, consumer, leaseDuration, cursor, "COUNT", max];
    const [next, entries] = await commands.ask("XAUTOCLAIM", ...scope) as [
      unknown,
      readonly (RawEntry | null)[],
    ];
    this.#cursors.set(holding, String(next));
    const ours = entries.filter((raw) => raw !== null).filter(([id, fields]) =>
      fields && !holding.keeps(String(id))
    );
    // Redis 6.2 hands over also those that were deleted, without their ids, and never forgets them.
    if (entries.includes(null)) await this.#forgetDeleted(holding, new Set(ours.map(([id]) => String(id))));
    return await Promise.all(ours.map(async ([id, fields]) => {
      // Redis counts takings-over, this one included.
      const deliveries = await this.#deliveriesOf(holding, String(id));
      return new RedisDelivery([id, fields, undefined, deliveries - 1], holding);
    }));
  }

  async #deliveriesOf({ keys: { stream, group } }: Holding, id: string): Promise<number> {
    const [pending] = await this.#options.commands.give("XPENDING", stream, group, id, id, 1) as unknown[][];
    return Math.max(1, Number(pending?.[3] ?? 1));
  }

  async #forgetDeleted(holding: Holding, claimed: ReadonlySet<string>): Promise<void> {
    const { keys: { stream, group }, consumer } = holding;
    const { commands } = this.#options;
    const pending = await commands.give("XPENDING", stream, group, "-", "+", 1_000, consumer) as unknown[][];
    const suspects = pending.map(([id]) => String(id)).filter((id) => !claimed.has(id) && !holding.has(id));
    await Promise.all(suspects.map(async (id) => {
      const entries = await commands.give("XRANGE", stream, id, id) as unknown[];
      if (entries.length === 0) await commands.give("XACK", stream, group, id);
    }));
  }

  async #removeGone({ keys, consumer }: Holding): Promise<readonly never[]> {
    const { commands, settler, leaseDuration } = this.#options;
    for (const info of toInfos(await commands.give("XINFO", "CONSUMERS", keys.stream, keys.group))) {
      const name = String(info.get("name"));
      const isGone = Number(info.get("pending")) === 0 &&
        Number(info.get("idle")) > leaseDuration * GONE_AFTER;
      // Only those that Repid made, in whatever language; and only if nothing has come into their hands meanwhile.
      if (isGone && name !== consumer && name.startsWith("repid-")) await settler.leave(keys, name);
    }
    return [];
  }
}
