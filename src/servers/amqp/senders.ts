/**
 * The senders of one connection, by address.
 * @module
 */
import { settlesWithin, systemClock } from "../../_internal/clock.ts";
import { AmqpError } from "./errors.ts";
import { AmqpSender } from "./sender.ts";
import type { Settings } from "./options.ts";
import { PublishingSession } from "./session.ts";
import type { Wire } from "./wire.ts";

/** Each has a session of its own, and RabbitMQ 4 allows a connection 64. */
const MOST = 32;

/** Keeps those in use, and closes the one that was not used for longest. */
export class AmqpSenders {
  readonly #wire: Wire;
  readonly #settings: Settings;
  /** The one used last comes last. */
  readonly #senders = new Map<string, AmqpSender>();
  readonly #leaving = new Set<AmqpSender>();
  readonly #closing = new Set<Promise<void>>();
  /** Sessions without a sender. They are used again, as RabbitMQ 4.0 loses a session begun in the place of one just ended. */
  readonly #spare: PublishingSession[] = [];

  constructor(wire: Wire, settings: Settings) {
    this.#wire = wire;
    this.#settings = settings;
    // One listener for all, as senders come and go on a connection that stays.
    void wire.ended.then((error) => {
      for (const sender of [...this.#senders.values(), ...this.#leaving]) sender.lose(error);
    });
  }

  /** Publishes; waits where all senders are busy with other addresses. */
  async publish(address: string, message: Uint8Array): Promise<void> {
    const end = systemClock.now() + this.#settings.confirmTimeout;
    while (!this.#senders.has(address) && this.#senders.size + this.#closing.size >= MOST) {
      if (this.#closing.size === 0) this.#evict();
      const settled = [...this.#senders.values()].filter(({ size }) => size > 0).map((sender) =>
        sender.settled()
      );
      const changed = Promise.race([...this.#closing, ...settled]);
      if (!await settlesWithin(systemClock, Math.max(0, end - systemClock.now()), changed)) {
        throw this.#full(address);
      }
    }
    // It may have been lost while this waited.
    if (this.#wire.error) throw this.#wire.error;
    await this.#senderOf(address).publish(message);
  }

  #senderOf(address: string): AmqpSender {
    const known = this.#senders.get(address);
    const sender = known?.isOpen ? known : new AmqpSender(this.#session(), address, this.#settings);
    this.#senders.delete(address);
    this.#senders.set(address, sender);
    return sender;
  }

  #session(): PublishingSession {
    for (let spare = this.#spare.pop(); spare; spare = this.#spare.pop()) {
      if (spare.session.is_open()) return spare;
    }
    return new PublishingSession(this.#wire);
  }

  #evict(): void {
    for (const [address, sender] of this.#senders) {
      if (sender.size > 0) continue;
      this.#senders.delete(address);
      this.#leaving.add(sender);
      const closing = sender.close().then((session) => {
        this.#leaving.delete(sender);
        this.#closing.delete(closing);
        if (session) this.#spare.push(session);
      });
      this.#closing.add(closing);
      return;
    }
  }

  #full(address: string): AmqpError {
    const { confirmTimeout } = this.#settings;
    return new AmqpError(
      `Cannot publish to ${address} as all ${MOST} senders were busy for ${confirmTimeout} ms`,
      { scope: "link", retriable: true },
    );
  }
}
