/**
 * Sessions that receive: what rhea does wrong there is put right here.
 * @module
 */
import type { RheaDelivery, RheaIncoming, RheaReceiver, RheaSession } from "./rhea.ts";
import type { Wire } from "./wire.ts";

/** rhea breaks beyond it. */
const MOST_UNSENT = 2_048;

/** How many deliveries a session may hold unsettled. Credit keeps them far below; this keeps the session window out of the way. */
const WINDOW = 1_048_576;

/** The session of one subscription. */
export function receivingSession(wire: Wire): { session: RheaSession; unsettled: UnsettledDeliveries } {
  const session = wire.createSession({ incoming: WINDOW, outgoing: 1 });
  const unsettled = new UnsettledDeliveries();
  session.incoming.deliveries = unsettled;
  countTransfers(session.incoming);
  return { session, unsettled };
}

/** A session that publishes over one link at a time. */
export class PublishingSession {
  readonly session: RheaSession;
  /** Told when the session is over. */
  onEnd: ((cause: unknown) => void) | undefined;

  constructor(wire: Wire) {
    const session = wire.createSession({ incoming: MOST_UNSENT, outgoing: MOST_UNSENT });
    this.session = session;
    const end = (): void => this.onEnd?.(session.error);
    session.on("session_error", end);
    session.on("session_close", end);
  }
}

/** What rhea needs to know of a message until it is settled. Its own object takes 1.2 KB more: five functions, and a dictionary. */
export class HeldDelivery {
  readonly id: number;
  /** The link that delivered it. */
  readonly link: RheaReceiver;
  /** Whether the sender has settled it, mostly before it came: then nothing is to be said of it. Written by rhea where that is later. */
  remote_settled: boolean;
  /** Written by rhea: what the sender says of it. */
  remote_state: unknown = undefined;
  /** Written by rhea: what we say of it. */
  settled = false;
  state: unknown = undefined;

  constructor({ id, link, remote_settled }: RheaDelivery) {
    this.id = id;
    this.link = link as RheaReceiver;
    this.remote_settled = remote_settled;
  }
}

/**
 * Stands in for rhea's ring of incoming deliveries, which frees nothing behind the oldest unsettled one: a message held
 * while 2 048 others pass stalled the session (rhea#452).
 */
export class UnsettledDeliveries {
  readonly #byId = new Map<number, HeldDelivery>();

  /** Called by rhea: how many more fit. */
  available(): number {
    return WINDOW - this.#byId.size;
  }

  /** Called by rhea, before it decodes the message, which is left to us. */
  push(delivery: RheaDelivery): void {
    delivery.format = undefined;
  }

  /** The message is there. */
  hold(delivery: RheaDelivery): HeldDelivery {
    const held = new HeldDelivery(delivery);
    // The sender says nothing more about messages that it settled itself: they would never be deleted.
    if (!held.remote_settled) this.#byId.set(held.id, held);
    return held;
  }

  /** Called by rhea, to remove what is settled; that is done by {@linkcode delete}. */
  pop_if(): number {
    return 0;
  }

  /** Called by rhea. */
  by_id(id: number): HeldDelivery | undefined {
    return this.#byId.get(id);
  }

  /** It is settled. */
  delete(delivery: HeldDelivery): void {
    this.#byId.delete(delivery.id);
  }
}

/**
 * rhea does not wrap the transfer id at 2^32, just before which RabbitMQ starts, and then sends a session flow with every
 * pass. Wrapping alone would make it send none at all; so the distance to the end of the window is what is kept.
 */
function countTransfers(incoming: RheaIncoming): void {
  // Undefined until the peer has said where it starts; what BEGIN announced counts from there.
  let next: number | undefined;
  let left = WINDOW;
  Object.defineProperties(incoming, {
    next_transfer_id: {
      get: () => next ?? 0,
      set: (value: number) => {
        if (next !== undefined) left -= (value - next) >>> 0;
        next = value >>> 0;
      },
    },
    max_transfer_id: {
      get: () => (next ?? 0) + left,
      set: () => left = incoming.window,
    },
  });
}

/**
 * Grants credit by itself. rhea ignores the peer's initial delivery count (RabbitMQ 4.0 starts just before 2^32, so that each
 * grant was five too many), does not wrap it, and complains on the console of transfers that cross a withdrawal.
 */
export class Credit {
  readonly #receiver: RheaReceiver;

  /** For a link that is attached. */
  constructor(receiver: RheaReceiver) {
    this.#receiver = receiver;
    let count = (receiver.remote.attach?.initial_delivery_count ?? 0) >>> 0;
    Object.defineProperty(receiver, "delivery_count", {
      get: () => count,
      set: (value: number) => count = value >>> 0,
    });
    receiver.credit = Infinity;
  }

  /** Tells the peer how many more it may send, from now; `drain` asks it to send them now or never. */
  set(credit: number, drain: boolean): void {
    const receiver = this.#receiver;
    receiver.credit = credit;
    receiver.drain = drain;
    receiver.session._write_flow(receiver);
    // Only for rhea's own check: nothing but this method sends it.
    receiver.credit = Infinity;
    receiver.drain = false;
  }
}
