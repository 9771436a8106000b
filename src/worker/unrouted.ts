/**
 * Messages that no actor matches: put back a few times, as another worker may know them, then given up.
 * @module
 */
import type { BaseMessage, Delivery } from "../contract/server.ts";

/** The sighting at which a message is given up; the nine before it put it back. */
export const UNROUTED_LIMIT = 10;

/** How long a message is kept before it is put back, in milliseconds, by its sighting: whoever knows it may be starting. */
export function pauseAfter(sighting: number): number {
  return Math.min(25 * 2 ** (sighting - 1), 1_000);
}

/** How many messages are counted at most; the one seen least recently is forgotten. */
const CAPACITY = 10_000;

/** Counts how often messages were seen that nobody takes. */
export class UnroutedCounter {
  readonly #sightings = new Map<string, number>();
  readonly #stableIds: boolean;

  /** `stableIds`: whether a message keeps its id when it is delivered again. */
  constructor(stableIds: boolean) {
    this.#stableIds = stableIds;
  }

  /** How often the message was seen, this time included: by this worker, or by any, where the broker counts. */
  count(delivery: Delivery): number {
    const { channel, messageId, deliveryCount } = delivery;
    // An id that changes tells nothing, and such a broker's own count is the better one.
    if (!this.#stableIds && deliveryCount !== undefined) return deliveryCount;
    const isKnown = this.#stableIds && messageId !== undefined;
    const key = `${channel}\n${isKnown ? messageId : fingerprint(delivery)}`;
    // The broker's count says nothing here: actors may have put the message back, and not for want of a taker.
    const seen = (this.#sightings.get(key) ?? 0) + 1;
    this.#sightings.delete(key);
    if (seen < UNROUTED_LIMIT) this.#remember(key, seen);
    return seen;
  }

  #remember(key: string, sightings: number): void {
    this.#sightings.set(key, sightings);
    const [oldest] = this.#sightings.keys();
    if (this.#sightings.size > CAPACITY && oldest !== undefined) this.#sightings.delete(oldest);
  }
}

/** Tells messages without an id that lasts apart by what is in them (FNV-1a over the payload). */
function fingerprint({ payload, headers }: BaseMessage): string {
  let hash = 0x811c9dc5;
  for (const byte of payload) hash = Math.imul(hash ^ byte, 0x01000193);
  return `${JSON.stringify(headers)} ${payload.length} ${hash}`;
}
