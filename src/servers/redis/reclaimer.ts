/**
 * Takes over what consumers left behind that fell silent, and removes those that are gone.
 * @module
 */
import type { RedisClient } from "./client.ts";
import { fromRaw, type RawEntry } from "./entry.ts";
import type { ChannelPlace, Read } from "./subscription.ts";

/** How much longer than the least idle time a consumer with nothing pending must be silent to be removed. */
const GONE_AFTER = 10;

/** What the reclaimer works with. */
export interface ReclaimerOptions {
  readonly places: readonly ChannelPlace[];
  readonly consumer: string;
  readonly commands: RedisClient;
  readonly minIdleMs: number;
  /** Whether a message is in our own hands: it runs for long, and nobody keeps its lease. */
  readonly isHeld: (stream: string, id: string) => boolean;
}

/** Looks around now and then. */
export class Reclaimer {
  readonly #options: ReclaimerOptions;
  #due: number;
  /** Where the next look at each stream begins; a look may end before all was seen. */
  readonly #cursors = new Map<string, string>();

  constructor(options: ReclaimerOptions) {
    this.#options = options;
    this.#due = performance.now();
  }

  /** Milliseconds until the next look. */
  untilDue(): number {
    return Math.max(0, this.#due - performance.now());
  }

  /** What others left behind, at most so many; looks only when it is time. */
  async claim(max: number): Promise<Read[]> {
    if (this.untilDue() > 0) return [];
    const { minIdleMs, places } = this.#options;
    // Not all at the same time.
    this.#due = performance.now() + minIdleMs * (0.25 + Math.random() / 4);
    const claimed: Read[] = [];
    for (const place of places) {
      if (claimed.length < max) claimed.push(...await this.#claimFrom(place, max - claimed.length));
    }
    // There may be more.
    if (claimed.length >= max) this.#due = performance.now();
    else await Promise.all(places.map((place) => this.#removeGone(place)));
    return claimed;
  }

  async #claimFrom(place: ChannelPlace, max: number): Promise<Read[]> {
    const { stream, group } = place;
    const { commands, consumer, minIdleMs, isHeld } = this.#options;
    const cursor = this.#cursors.get(stream) ?? "0-0";
    const scope = [stream, group, consumer, minIdleMs, cursor, "COUNT", max];
    const [next, entries] = await commands.ask("XAUTOCLAIM", ...scope) as [
      unknown,
      readonly (RawEntry | null)[],
    ];
    this.#cursors.set(stream, String(next));
    const ours = entries.filter((raw) => raw !== null).filter(([id, fields]) =>
      fields && !isHeld(stream, String(id))
    );
    return await Promise.all(ours.map(async (raw) => {
      const entry = fromRaw(raw);
      // Redis counts takings-over; its first delivery is one of them.
      const deliveries = await this.#deliveriesOf(place, entry.id);
      return { place, entry: { ...entry, putBacks: entry.putBacks + deliveries - 1 } };
    }));
  }

  async #deliveriesOf({ stream, group }: ChannelPlace, id: string): Promise<number> {
    const [pending] = await this.#options.commands.redis.xpending(stream, group, id, id, 1) as unknown[][];
    return Math.max(1, Number(pending?.[3] ?? 1));
  }

  async #removeGone({ stream, group }: ChannelPlace): Promise<void> {
    const { commands, minIdleMs, consumer } = this.#options;
    const consumers = await commands.redis.xinfo("CONSUMERS", stream, group) as unknown[][];
    for (const fields of consumers) {
      const info = new Map<string, unknown>();
      for (let i = 0; i + 1 < fields.length; i += 2) info.set(String(fields[i]), fields[i + 1]);
      const name = String(info.get("name"));
      const isGone = Number(info.get("pending")) === 0 && Number(info.get("idle")) > minIdleMs * GONE_AFTER;
      // Only those that Repid made, in whatever language.
      if (isGone && name !== consumer && name.startsWith("repid-")) {
        await commands.redis.xgroup("DELCONSUMER", stream, group, name);
      }
    }
  }
}
