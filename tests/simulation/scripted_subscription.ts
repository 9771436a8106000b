/**
 * The consuming half of the scripted broker.
 * @module
 */
import type { Timer } from "../../src/_internal/clock.ts";
import type { Delivery, Subscription } from "../../src/contract/server.ts";
import { ScriptedDelivery } from "./scripted_delivery.ts";
import { FinalError, PassingError, type ScriptedServer } from "./scripted_server.ts";

interface Waiter {
  readonly max: number;
  readonly timer: Timer;
  readonly resolve: (deliveries: readonly Delivery[]) => void;
  readonly reject: (error: unknown) => void;
}

/** One subscription. Belongs to the connection it was made on. */
export class ScriptedSubscription implements Subscription {
  readonly server: ScriptedServer;
  readonly #channels: readonly string[];
  readonly #deliveries = new Set<ScriptedDelivery>();
  #waiter: Waiter | undefined;
  #isCut = false;
  #stopped = false;
  #closed = false;
  #turn = 0;

  constructor(server: ScriptedServer, channels: readonly string[]) {
    this.server = server;
    this.#channels = channels;
  }

  get isActive(): boolean {
    return !this.#isCut && !this.#stopped;
  }

  get isCut(): boolean {
    return this.#isCut;
  }

  take(max: number, wait: number): Promise<readonly Delivery[]> {
    const { server } = this;
    if (this.#waiter) server.ledger.violation("took while taking");
    if (this.#closed) server.ledger.violation("took from a closed subscription");
    if (!(max >= 1)) server.ledger.violation(`took ${max}`);
    if (this.#isCut) return Promise.reject(new PassingError("Cannot take as the connection is gone"));
    if (this.#stopped) return Promise.resolve([]);
    if (server.strikes("takeFailsForGood", "take failed for good")) {
      return Promise.reject(new FinalError("Cannot take as the broker says never again"));
    }
    return new Promise((resolve, reject) => {
      const timer = server.clock.schedule(wait, () => this.#answer([]));
      this.#waiter = { max, timer, resolve, reject };
      this.wake();
    });
  }

  /** There may be messages now. */
  wake(): void {
    if (!this.#waiter || this.server.clock.now() < this.server.stalledUntil) return;
    const deliveries = this.#collect(this.#waiter.max);
    if (deliveries.length > 0) this.#answer(deliveries);
  }

  /** The connection is gone, and with it everything that was handed over. */
  cut(): void {
    this.#isCut = true;
    for (const delivery of this.#deliveries) delivery.leave("lost");
    const waiter = this.#waiter;
    this.#waiter = undefined;
    this.server.clock.cancel(waiter?.timer);
    waiter?.reject(new PassingError("Cannot take as the connection was lost"));
  }

  async stop(): Promise<void> {
    this.#stopped = true;
    this.#answer([]);
    await this.server.mayHang("stopHangs", "stop hung");
  }

  async close(): Promise<void> {
    if (!this.#closed) this.server.ledger.openSubscriptions--;
    this.#closed = true;
    this.#stopped = true;
    this.#answer([]);
    this.server.forget(this);
    await this.server.latency();
    for (const delivery of this.#deliveries) delivery.leave("handed back");
    await this.server.mayHang("closeHangs", "close hung");
  }

  forget(delivery: ScriptedDelivery): void {
    this.#deliveries.delete(delivery);
  }

  #answer(deliveries: readonly Delivery[]): void {
    const waiter = this.#waiter;
    this.#waiter = undefined;
    this.server.clock.cancel(waiter?.timer);
    waiter?.resolve(deliveries);
  }

  #collect(max: number): Delivery[] {
    const deliveries: Delivery[] = [];
    const { length } = this.#channels;
    for (let empty = 0; deliveries.length < max && empty < length; this.#turn++) {
      const letter = this.server.queueOf(this.#channels[this.#turn % length] ?? "").shift();
      empty = letter ? 0 : empty + 1;
      if (!letter) continue;
      const delivery = new ScriptedDelivery(this, letter);
      this.#deliveries.add(delivery);
      deliveries.push(delivery);
    }
    return deliveries;
  }
}
