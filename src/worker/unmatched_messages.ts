/**
 * Messages that no actor handles. Those that match no actor are returned to the queue with increasing delays, because another
 * worker may handle them, and nacked the tenth time. Those that arrive after the stop are returned at once.
 * @module
 */
import { delay } from "../_internal/clock.ts";
import type { UnsettledMessage } from "../contract/events.ts";
import type { Delivery, Settlement } from "../contract/server.ts";
import { MessageSettlement, type SettlementOptions } from "../execution/message_settlement.ts";
import { Sightings } from "./sightings.ts";

/** The sighting at which a message is nacked; the nine before return it. */
const NACKED_AT = 10;
/** How many messages may wait to be returned without taking a slot. */
const PARKING = 100;

/** What unmatched messages need to know of their worker. */
export interface UnmatchedMessagesOptions extends SettlementOptions {
  /** Whether a message keeps its id when it is delivered again. */
  readonly stableIds: boolean;
  /** Aborted when the worker stops: nothing waits any more. */
  readonly stopping: AbortSignal;
}

/** Settles them, with the same retries as any other message. `done` is called when the broker has answered. */
export class UnmatchedMessages {
  readonly #options: UnmatchedMessagesOptions;
  readonly #sightings: Sightings;
  readonly #underWay = new Map<Delivery, UnsettledMessage>();
  /** How many wait to be returned. */
  #parked = 0;

  constructor(options: UnmatchedMessagesOptions) {
    this.#options = options;
    this.#sightings = new Sightings(options.stableIds);
  }

  /** How many are not settled yet. */
  get size(): number {
    return this.#underWay.size;
  }

  /** How many slots they take. */
  get slots(): number {
    return this.#underWay.size - Math.min(this.#parked, PARKING);
  }

  /** What is not settled yet. */
  get unsettled(): Iterable<UnsettledMessage> {
    return this.#underWay.values();
  }

  /** Returns a message that came after the stop. */
  returnLate(delivery: Delivery, done: () => void): void {
    void this.#settle(delivery, "reject", done);
  }

  /** Returns a message that no actor matches; nacks it the tenth time. */
  returnUnmatched(delivery: Delivery, done: () => void): void {
    const { report } = this.#options;
    const { channel, messageId } = delivery;
    const attempt = this.#sightings.count(delivery);
    if (attempt < NACKED_AT) {
      report("actor.route.not_found", { channel, messageId, attempt });
      return void this.#settle(delivery, "reject", done, pauseAfter(attempt));
    }
    this.#sightings.forget(delivery);
    report("actor.route.poison_message", { channel, messageId });
    void this.#settle(delivery, "nack", done);
  }

  /** Never rejects. */
  async #settle(delivery: Delivery, settlement: Settlement, done: () => void, pause = 0): Promise<void> {
    const { channel, messageId } = delivery;
    this.#underWay.set(delivery, { actor: undefined, channel, messageId });
    if (pause > 0) await this.#park(pause);
    const message = new MessageSettlement(delivery, this.#options);
    message.begin(settlement);
    await message.sent;
    this.#underWay.delete(delivery);
    done();
  }

  async #park(ms: number): Promise<void> {
    const { clock, stopping } = this.#options;
    this.#parked++;
    await delay(clock, ms, stopping);
    this.#parked--;
  }
}

/** How long a message is kept before it is returned, in milliseconds: a worker that matches it may be starting. */
function pauseAfter(sighting: number): number {
  return Math.min(25 * 2 ** (sighting - 1), 1_000);
}
