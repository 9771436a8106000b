/**
 * One message in the worker's hands, watched.
 * @module
 */
import type { Timer } from "../../src/_internal/clock.ts";
import type { Delivery, DeliveryResult, MessageHeaders, Settlement } from "../../src/contract/server.ts";
import type { DeliveryState, Entry, Letter } from "./ledger.ts";
import { FinalError, PassingError } from "./scripted_server.ts";
import type { ScriptedSubscription } from "./scripted_subscription.ts";

/** How long a lease lasts, and how often it is to be extended, in milliseconds. */
const LEASE = 900;
const LEASE_INTERVAL = 300;

/** One handing-over of a message. */
export class ScriptedDelivery implements Delivery {
  readonly payload: Uint8Array = new TextEncoder().encode("{}");
  readonly contentType = "application/json";
  readonly replyTo = undefined;
  readonly leaseInterval: number | undefined;
  readonly channel: string;
  readonly headers: MessageHeaders;
  readonly messageId: string;
  readonly #subscription: ScriptedSubscription;
  readonly #entry: Entry;
  #lease: Timer | undefined;
  #isSettling = false;
  #isOver = false;

  constructor(subscription: ScriptedSubscription, letter: Letter) {
    const { server } = subscription;
    this.#subscription = subscription;
    const number = ++letter.deliveries;
    this.channel = letter.channel;
    this.headers = { topic: letter.actor, letter: letter.id };
    this.messageId = server.capabilities.stableMessageIds ? letter.id : `${letter.id}/${number}`;
    this.#entry = { letter, number, state: "open" };
    server.ledger.entries.push(this.#entry);
    if (letter.actor !== "nobody") server.ledger.routed++;
    this.leaseInterval = server.capabilities.leases ? LEASE_INTERVAL : undefined;
    this.#renew();
  }

  async settle(action: Settlement): Promise<DeliveryResult> {
    const { server } = this.#subscription;
    if (this.#isSettling) this.#violation(`${action} while another settlement was under way`);
    if (this.#isOver) this.#violation(`${action} after it was settled, lost or refused for good`);
    this.#isSettling = true;
    try {
      return await this.#settle(action);
    } finally {
      this.#isSettling = false;
      if (this.#entry.state !== "open") server.clock.cancel(this.#lease);
    }
  }

  async #settle(action: Settlement): Promise<DeliveryResult> {
    const { server } = this.#subscription;
    if (this.#entry.state === "open" && server.strikes("settleHangs", "settlement hung")) {
      this.leave("stuck");
      await new Promise(() => {});
    }
    await server.latency();
    if (server.strikes("settleFails", "settlement failed")) {
      throw new PassingError("Cannot settle as the broker does not listen");
    }
    this.#isOver = true;
    if (server.strikes("settleFailsForGood", "settlement failed for good")) {
      throw new FinalError("Cannot settle as the broker does not want to");
    }
    if (server.strikes("settleLost", "settlement lost")) this.leave("lost");
    if (this.#entry.state !== "open") return "lost";
    this.leave(action);
    return "done";
  }

  async extendLease(): Promise<DeliveryResult> {
    const { server } = this.#subscription;
    if (server.strikes("extendHangs", "lease extension hung")) await new Promise(() => {});
    if (server.strikes("extendFails", "lease extension failed")) {
      throw new PassingError("Cannot extend the lease as the broker does not listen");
    }
    if (server.strikes("extendLost", "lease lost")) this.leave("lost");
    if (this.#entry.state !== "open") return "lost";
    this.#renew();
    return "done";
  }

  /** It is no longer in the worker's hands. */
  leave(state: DeliveryState): void {
    if (this.#entry.state !== "open") return;
    const { server } = this.#subscription;
    this.#entry.state = state;
    this.#subscription.forget(this);
    server.clock.cancel(this.#lease);
    if (state !== "ack" && state !== "nack") server.requeue(this.#entry.letter);
  }

  #renew(): void {
    const { clock } = this.#subscription.server;
    clock.cancel(this.#lease);
    if (this.leaseInterval !== undefined) this.#lease = clock.schedule(LEASE, () => this.leave("lost"));
  }

  #violation(text: string): void {
    const { letter, number, state } = this.#entry;
    this.#subscription.server.ledger.violation(`delivery ${number} of ${letter.id} (${state}): ${text}`);
  }
}
