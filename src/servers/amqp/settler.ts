/**
 * Settles what one session delivered, all of a turn at once.
 * @module
 */
import type { DeliveryResult } from "../../contract/server.ts";
import { rhea, type RheaSession } from "./rhea.ts";
import type { HeldDelivery, UnsettledDeliveries } from "./session.ts";
import type { Wire } from "./wire.ts";

/** What is sent to the broker. */
export type AmqpOutcome =
  | { readonly kind: "accepted" }
  | { readonly kind: "rejected" }
  | { readonly kind: "released" }
  | { readonly kind: "modified"; readonly fields: Readonly<Record<string, unknown>> };

interface Pending {
  readonly delivery: HeldDelivery;
  readonly outcome: AmqpOutcome;
}

/** Those that could not be sent. */
type Lost = ReadonlySet<HeldDelivery>;

const NONE: Lost = new Set();

/** In this order; any would do. */
const KINDS = ["accepted", "rejected", "released"] as const;

/** What is said of a message, as rhea writes it. */
const STATES = {
  accepted: rhea.message.accepted().described(),
  rejected: rhea.message.rejected({ error: undefined }).described(),
  released: rhea.message.released().described(),
};

/** The dispositions of one session. */
export class Settler {
  readonly #wire: Wire;
  readonly #session: RheaSession;
  readonly #unsettled: UnsettledDeliveries;
  #pending: Pending[] = [];
  /** Resolved when what is pending has been written: one promise for all, from which each message derives its own. */
  #flushed: PromiseWithResolvers<Lost> | undefined;

  constructor(wire: Wire, session: RheaSession, unsettled: UnsettledDeliveries) {
    this.#wire = wire;
    this.#session = session;
    this.#unsettled = unsettled;
  }

  /** Settles one; `lost` where the link that delivered it is gone. Resolves once it is written: the protocol confirms nothing. */
  settle(delivery: HeldDelivery, outcome: AmqpOutcome): Promise<DeliveryResult> {
    this.#pending.push({ delivery, outcome });
    this.#flushed ??= this.#schedule();
    return this.#flushed.promise.then((lost) => lost.has(delivery) ? "lost" : "done");
  }

  #schedule(): PromiseWithResolvers<Lost> {
    setImmediate(() => this.flush());
    return Promise.withResolvers();
  }

  /** Resolves when nothing is pending. */
  async idle(): Promise<void> {
    await this.#flushed?.promise;
  }

  /** Writes what is pending now, not at the end of the turn: it leaves in one write with what follows. */
  flush(): void {
    const pending = this.#pending;
    if (pending.length === 0) return;
    this.#pending = [];
    // rhea's links stay open for a while on a connection that is over.
    const reachable = this.#wire.error ? [] : pending.filter(({ delivery }) => delivery.link.is_open());
    this.#write(reachable);
    const lost = reachable.length < pending.length ? this.#forget(pending, reachable) : NONE;
    this.#flushed?.resolve(lost);
    this.#flushed = undefined;
  }

  #forget(pending: readonly Pending[], reachable: readonly Pending[]): Lost {
    const lost = new Set(pending.map(({ delivery }) => delivery));
    for (const { delivery } of reachable) lost.delete(delivery);
    for (const delivery of lost) this.#unsettled.delete(delivery);
    return lost;
  }

  /**
   * rhea writes a range of ids without comparing the outcomes of its first two, so that a reject beside an accept went out as
   * accepted: one kind at a time. A gap makes it write each of the rest by itself, hence sorted.
   */
  #write(pending: Pending[]): void {
    pending.sort((a, b) => a.delivery.id - b.delivery.id);
    for (const kind of KINDS) {
      let last: number | undefined;
      for (const { delivery, outcome } of pending) {
        if (outcome.kind !== kind) continue;
        if (last !== undefined && delivery.id !== last + 1) this.#pass();
        last = delivery.id;
        this.#apply(delivery, outcome);
      }
      this.#pass();
    }
    for (const { delivery, outcome } of pending) {
      if (outcome.kind !== "modified") continue;
      this.#apply(delivery, outcome);
      this.#pass();
    }
  }

  #apply(delivery: HeldDelivery, outcome: AmqpOutcome): void {
    this.#unsettled.delete(delivery);
    const state = outcome.kind === "modified"
      ? rhea.message.modified(outcome.fields).described()
      : STATES[outcome.kind];
    this.#session.incoming.update(delivery, true, state);
  }

  #pass(): void {
    this.#session.incoming.process(this.#session);
  }
}
