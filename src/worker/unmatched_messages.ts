/**
 * Messages that no actor gets: put back, in no hurry where nobody knows them, and in the end given up.
 * @module
 */
import { delay } from "../_internal/clock.ts";
import type { UnsettledMessage } from "../contract/events.ts";
import type { Delivery, Settlement } from "../contract/server.ts";
import { MessageSettlement, type SettlementOptions } from "../execution/message_settlement.ts";
import { pauseAfter, UNROUTED_LIMIT, UnroutedCounter } from "./unrouted.ts";

/** How many messages may wait to be put back without taking up room. */
const PARKING = 100;

/** What refusing needs to know of its worker. */
export interface RefusalsOptions extends SettlementOptions {
  /** Whether a message keeps its id when it is delivered again. */
  readonly stableIds: boolean;
  /** Aborted when the worker stops: nothing waits any more. */
  readonly stopping: AbortSignal;
}

/** Settles them, as hard as any other. `done` is called when the broker has answered. */
export class Refusals {
  readonly #options: RefusalsOptions;
  readonly #unrouted: UnroutedCounter;
  readonly #underWay = new Map<Delivery, UnsettledMessage>();
  /** How many wait to be put back. */
  #parked = 0;

  constructor(options: RefusalsOptions) {
    this.#options = options;
    this.#unrouted = new UnroutedCounter(options.stableIds);
  }

  /** How many are not settled yet. */
  get size(): number {
    return this.#underWay.size;
  }

  /** How much room they take up. */
  get room(): number {
    return this.#underWay.size - Math.min(this.#parked, PARKING);
  }

  /** What is not settled yet. */
  get unsettled(): Iterable<UnsettledMessage> {
    return this.#underWay.values();
  }

  /** A message that came too late. */
  putBack(delivery: Delivery, done: () => void): void {
    void this.#settle(delivery, "reject", done);
  }

  /** A message that no actor matches. */
  judge(delivery: Delivery, done: () => void): void {
    const { report } = this.#options;
    const { channel, messageId } = delivery;
    const attempt = this.#unrouted.count(delivery);
    if (attempt < UNROUTED_LIMIT) {
      report("actor.route.not_found", { channel, messageId, attempt });
      return void this.#settle(delivery, "reject", done, pauseAfter(attempt));
    }
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
