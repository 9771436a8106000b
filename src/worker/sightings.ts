/**
 * Counts how often messages were seen that no actor matches.
 * @module
 */
import type { BaseMessage, Delivery } from "../contract/server.ts";

/** How many messages are counted at most; the one seen least recently is forgotten. */
const CAPACITY = 10_000;

/** The counts of one worker. */
export class Sightings {
  readonly #sightings = new Map<string, number>();
  readonly #stableIds: boolean;

  /** `stableIds`: whether a message keeps its id when it is delivered again. */
  constructor(stableIds: boolean) {
    this.#stableIds = stableIds;
  }

  /** How often the message was seen, this time included: by this worker, or by all, if the broker counts. */
  count(delivery: Delivery): number {
    const { deliveryCount } = delivery;
    // If ids change with each delivery, the broker's own count is the better one.
    if (!this.#stableIds && deliveryCount !== undefined) return deliveryCount;
    const key = this.#keyOf(delivery);
    // The broker's own count does not help here: actors may have rejected the message before.
    const seen = (this.#sightings.get(key) ?? 0) + 1;
    this.#sightings.delete(key);
    this.#remember(key, seen);
    return seen;
  }

  /** Forgets a message that is not returned again. */
  forget(delivery: Delivery): void {
    this.#sightings.delete(this.#keyOf(delivery));
  }

  #keyOf(delivery: Delivery): string {
    const { channel, messageId } = delivery;
    const isKnown = this.#stableIds && messageId !== undefined;
    return `${channel}\n${isKnown ? messageId : fingerprint(delivery)}`;
  }

  #remember(key: string, sightings: number): void {
    this.#sightings.set(key, sightings);
    const [oldest] = this.#sightings.keys();
    if (this.#sightings.size > CAPACITY && oldest !== undefined) this.#sightings.delete(oldest);
  }
}

/** Identifies messages without a stable id by their content (FNV-1a over the payload). */
function fingerprint({ payload, headers }: BaseMessage): string {
  let hash = 0x811c9dc5;
  for (const byte of payload) hash = Math.imul(hash ^ byte, 0x01000193);
  return `${JSON.stringify(headers)} ${payload.length} ${hash}`;
}
