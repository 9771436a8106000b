/**
 * The senders of one connection, by address.
 * @module
 */
import { AmqpSender } from "./sender.ts";
import type { Settings } from "./options.ts";
import type { Wire } from "./wire.ts";

/** Each has a session of its own, and RabbitMQ 4 allows a connection 64. */
const MOST = 32;

/** Keeps those in use, and closes the one that was not used for longest. */
export class AmqpSenders {
  readonly #wire: Wire;
  readonly #settings: Settings;
  /** The one used last comes last. */
  readonly #senders = new Map<string, AmqpSender>();

  constructor(wire: Wire, settings: Settings) {
    this.#wire = wire;
    this.#settings = settings;
  }

  /** Publishes; waits where all senders are busy with other addresses. */
  async publish(address: string, message: Uint8Array): Promise<void> {
    while (!this.#senders.has(address) && this.#senders.size >= MOST && !this.#evict()) {
      await Promise.race([...this.#senders.values()].map((sender) => sender.settled()));
    }
    await this.#senderOf(address).publish(message);
  }

  #senderOf(address: string): AmqpSender {
    const known = this.#senders.get(address);
    const sender = known?.isOpen ? known : new AmqpSender(this.#wire, address, this.#settings);
    this.#senders.delete(address);
    this.#senders.set(address, sender);
    return sender;
  }

  /** Answers whether there is room now. */
  #evict(): boolean {
    for (const [address, sender] of this.#senders) {
      if (sender.size > 0) continue;
      this.#senders.delete(address);
      if (sender.isOpen) sender.close();
      return true;
    }
    return false;
  }
}
