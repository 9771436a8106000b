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

/** Each has its own session, and RabbitMQ 4 allows 64 sessions on a connection. */
const MOST = 32;
/** How long an address waits for a sender to become idle, before a busy one is closed, in milliseconds. */
const IDLE_WAIT = 20;

/** A publication whose address has no sender yet. */
interface WaitingPublication {
  readonly message: Uint8Array;
  readonly since: number;
  readonly resolve: (publishing: Promise<void>) => void;
}

/** Keeps those in use, and closes the one that was not used for longest. */
export class AmqpSenders {
  readonly #wire: Wire;
  readonly #settings: Settings;
  /** The one used last comes last. */
  readonly #senders = new Map<string, AmqpSender>();
  /** Those that are closed once their last publication has ended: they take their place until then. */
  readonly #leaving = new Map<AmqpSender, Promise<void>>();
  /** Who came first comes first. */
  readonly #waiting = new Map<string, WaitingPublication[]>();
  /** Sessions without a sender. They are used again, as RabbitMQ 4.0 loses a session begun in the place of one just ended. */
  readonly #spare: PublishingSession[] = [];
  /** When a sender had to leave, the last time. */
  #retiredAt = 0;

  constructor(wire: Wire, settings: Settings) {
    this.#wire = wire;
    this.#settings = settings;
    // One listener for all, as senders come and go on a connection that stays.
    void wire.ended.then((error) => {
      for (const sender of [...this.#senders.values(), ...this.#leaving.keys()]) sender.lose(error);
      for (const address of this.#waiting.keys()) this.#refuse(address, error);
    });
  }

  /** Publishes; waits where all senders are busy with other addresses. */
  publish(address: string, message: Uint8Array): Promise<void> {
    const isNext = this.#senders.has(address) || (this.#waiting.size === 0 && this.#hasRoom(address));
    if (isNext || this.#wire.error) return this.#send(address, message);
    return new Promise((resolve) => {
      const publication = { message, since: systemClock.now(), resolve };
      const known = this.#waiting.get(address);
      if (known) return void known.push(publication);
      this.#waiting.set(address, [publication]);
      if (this.#waiting.size === 1) void this.#admit();
    });
  }

  async #send(address: string, message: Uint8Array): Promise<void> {
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

  #hasRoom(address: string): boolean {
    // Nothing overtakes what was sent by the address's sender before.
    const isLeaving = [...this.#leaving.keys()].some((sender) =>
      sender.address === address && sender.size > 0
    );
    return !isLeaving && this.#senders.size + this.#leaving.size < MOST;
  }

  /** Lets addresses in, in their order, for as long as any waits. */
  async #admit(): Promise<void> {
    const { publishTimeout } = this.#settings;
    for (;;) {
      for (const address of this.#waiting.keys()) {
        if (this.#hasRoom(address)) this.#enter(address);
        else this.#refuse(address, this.#full(address), systemClock.now() - publishTimeout);
      }
      const [since] = Array.from(this.#waiting.values(), ([first]) => first?.since ?? 0);
      if (since === undefined) return;
      this.#makeRoom(since);
      const left = since + publishTimeout - systemClock.now();
      await settlesWithin(systemClock, Math.min(IDLE_WAIT, left), this.#change());
    }
  }

  #enter(address: string): void {
    const publications = this.#waiting.get(address) ?? [];
    this.#waiting.delete(address);
    for (const { message, resolve } of publications) resolve(this.#send(address, message));
  }

  /** Refuses the publications that have waited since `before` or longer; each has its own time. */
  #refuse(address: string, error: AmqpError, before = Infinity): void {
    const publications = this.#waiting.get(address) ?? [];
    const late = publications.filter(({ since }) => since <= before);
    if (late.length === publications.length) this.#waiting.delete(address);
    else this.#waiting.set(address, publications.filter(({ since }) => since > before));
    for (const { resolve } of late) resolve(Promise.reject(error));
  }

  /** One that is idle leaves; where all are always busy, one of them after a while, and its address has to wait in turn. */
  #makeRoom(since: number): void {
    // There is some, but for an address whose own sender is leaving.
    if (this.#senders.size + this.#leaving.size < MOST) return;
    const now = systemClock.now();
    const isIdle = ({ size }: AmqpSender): boolean => size === 0;
    // An idle one leaves as soon as the broker answers. One that does not answer is not waited for: the next one leaves too.
    const isLeaving = [...this.#leaving.keys()].some(isIdle) && now - this.#retiredAt < IDLE_WAIT;
    if (isLeaving || this.#retire(isIdle)) return;
    // The more are leaving, the longer: a slow broker needs its time, and one that confirms nothing is not waited for.
    if (now - Math.max(since, this.#retiredAt) < IDLE_WAIT * (1 + this.#leaving.size)) return;
    this.#retire(() => true);
  }

  /** Of those that may go, the one that was not used for longest. Answers whether there is one. */
  #retire(mayGo: (sender: AmqpSender) => boolean): boolean {
    for (const [address, sender] of this.#senders) {
      if (!mayGo(sender)) continue;
      this.#retiredAt = systemClock.now();
      this.#senders.delete(address);
      this.#leaving.set(sender, this.#leave(sender));
      return true;
    }
    return false;
  }

  async #leave(sender: AmqpSender): Promise<void> {
    while (sender.size > 0) await sender.settled();
    const session = await sender.close();
    this.#leaving.delete(sender);
    if (session) this.#spare.push(session);
  }

  /** Resolves when there may be room. */
  async #change(): Promise<void> {
    const busy = [...this.#senders.values()].filter(({ size }) => size > 0);
    await Promise.race([...this.#leaving.values(), ...busy.map((sender) => sender.settled())]);
  }

  #full(address: string): AmqpError {
    const { publishTimeout } = this.#settings;
    return new AmqpError(
      `Cannot publish to ${address} as all ${MOST} senders were busy for ${publishTimeout} ms`,
      { scope: "link", isRetriable: true },
    );
  }
}
