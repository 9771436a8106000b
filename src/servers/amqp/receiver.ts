/**
 * Receiving from one address.
 * @module
 */
import type { Buffer } from "node:buffer";
import type { RheaDelivery, RheaReceiver, RheaSession } from "./rhea.ts";
import { Credit } from "./session.ts";

/** What a receiver tells its subscription. */
export interface ReceiverEvents {
  /** A message came. */
  readonly received: (receiver: AmqpReceiver, message: Buffer, delivery: RheaDelivery) => void;
  /** Credit that was withdrawn is back. */
  readonly withdrawn: () => void;
  /** The broker ended it. */
  readonly ended: (receiver: AmqpReceiver, cause: unknown) => void;
}

/** A link that receives. */
export class AmqpReceiver {
  readonly channel: string;
  /** How many messages the broker may send. */
  credit = 0;
  /** Whether credit is being withdrawn. */
  isWithdrawing = false;
  /** How much credit it has shown to be worth, where several channels share the demand. */
  window = 1;
  /** When credit was granted or a message came last. */
  activeAt = 0;
  /** When credit was returned unused; 0 if the last credit was used. */
  emptyAt = 0;
  /** Resolves when it is attached; rejects with what the broker says. */
  readonly attached: Promise<void>;
  readonly #link: RheaReceiver;
  readonly #closed = Promise.withResolvers<void>();
  readonly #canDrain: boolean;
  #grants: Credit | undefined;

  constructor(
    channel: string,
    address: string,
    session: RheaSession,
    canDrain: boolean,
    events: ReceiverEvents,
  ) {
    this.channel = channel;
    this.#canDrain = canDrain;
    const link = session.open_receiver({
      name: `receiver-${crypto.randomUUID()}`,
      source: { address, expiry_policy: "session-end" },
      autoaccept: false,
      autosettle: false,
      credit_window: 0,
    });
    this.#link = link;
    const attached = Promise.withResolvers<void>();
    this.attached = attached.promise;
    this.attached.catch(() => {});
    link.on("receiver_open", () => {
      this.#grants = new Credit(link);
      attached.resolve();
    });
    link.on("message", ({ message, delivery }) => {
      // Not decoded: see UnsettledDeliveries.
      if (message && delivery) this.#received(events, message as Buffer, delivery);
    });
    link.on("receiver_drained", () => this.#drained(events));
    const end = (): void => {
      attached.reject(link.error);
      this.#closed.resolve();
      events.ended(this, link.error);
    };
    link.on("receiver_error", end);
    link.on("receiver_close", end);
  }

  /** Whether messages would come, given credit. */
  get isOpen(): boolean {
    return this.#grants !== undefined && this.#link.is_open();
  }

  /** Allows so many more. */
  grant(credit: number, now: number): void {
    this.credit += credit;
    this.activeAt = now;
    this.#grants?.set(this.credit, false);
  }

  /** Takes back what was not used. Where the broker can say when that is done, it counts until then. */
  withdraw(): void {
    if (this.credit === 0 || this.isWithdrawing || !this.isOpen) return;
    if (this.#canDrain) {
      this.isWithdrawing = true;
      this.#grants?.set(this.credit, true);
      return;
    }
    this.credit = 0;
    this.#emptied();
    this.#grants?.set(0, false);
  }

  /** Detaches. Resolves when the broker has done what it was told before. */
  async close(): Promise<void> {
    this.#link.close();
    await this.#closed.promise;
  }

  #received(events: ReceiverEvents, message: Buffer, delivery: RheaDelivery): void {
    // A message may have crossed a withdrawal.
    this.credit = Math.max(0, this.credit - 1);
    this.activeAt = performance.now();
    this.emptyAt = 0;
    if (this.credit === 0 && !this.isWithdrawing) this.window *= 2;
    events.received(this, message, delivery);
  }

  #drained(events: ReceiverEvents): void {
    this.isWithdrawing = false;
    if (this.credit > 0) this.#emptied();
    this.credit = 0;
    events.withdrawn();
  }

  #emptied(): void {
    this.emptyAt = performance.now();
    this.window = 1;
  }
}
