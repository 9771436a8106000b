/**
 * A running consumer: a stream per channel, what they delivered ahead of the demand, and the leases of all of it.
 *
 * Pub/Sub is told of the demand when a stream is opened (`max_outstanding_messages`) and not again: the bound of each
 * stream is the largest demand so far, what its channel has in hand included, so several channels may hold it several
 * times. What arrives within the bound between two calls of `take` is held, its lease is extended, and it is returned to the service on
 * stop. So the stream stays open in a pause.
 * @module
 */
import type { BackoffOptions } from "../../_internal/backoff.ts";
import { type Clock, settlesWithin, type Timer } from "../../_internal/clock.ts";
import type { Delivery, DeliveryResult, Settlement, Subscription } from "../../contract/server.ts";
import type { Control } from "./control.ts";
import { type DeliveryOwner, PubsubDelivery, VERDICTS } from "./delivery.ts";
import type { ReceivedMessage } from "./protocol.ts";
import { PullStream } from "./pull_stream.ts";
import type { Rpc } from "./rpc.ts";
import { Waiting } from "./waiting.ts";

/** What a subscription is made of. */
export interface PubsubSubscriptionOptions {
  readonly rpc: Rpc;
  readonly control: Control;
  readonly clock: Clock;
  readonly clientId: string;
  /** The delays between tries to open a stream again. */
  readonly delays: BackoffOptions;
  /** In milliseconds. */
  readonly leaseDuration: number;
  readonly maxOutstandingBytes: number;
  /** The channels, each with its subscription's path. */
  readonly channels: ReadonlyMap<string, string>;
  readonly closed: () => void;
}

interface Pull {
  readonly path: string;
  /** What is being handled. */
  readonly handed: Set<PubsubDelivery>;
  readonly waiting: Waiting;
  readonly stream: PullStream;
}

interface Waiter {
  readonly max: number;
  readonly timer: Timer;
  readonly resolve: (deliveries: readonly Delivery[]) => void;
  readonly reject: (error: unknown) => void;
}

/** How long closing may take with a service that does not answer, in milliseconds. */
const CLOSE_TIMEOUT = 800;

/** The service counts from when it sent a message: what was on the way for longer than the rest is rare. */
const ON_THE_WAY = 0.95;

const LOST: Promise<DeliveryResult> = Promise.resolve("lost");

/** The adapter's part of consuming. */
export class PubsubSubscription implements Subscription, DeliveryOwner {
  /** A third of the deadline, less a random part: many workers do not extend at the same moment. */
  readonly leaseInterval: number;
  readonly #options: PubsubSubscriptionOptions;
  readonly #pulls = new Map<string, Pull>();
  readonly #order: readonly Pull[];
  #turn = 0;
  #waiter: Waiter | undefined;
  #broken: { readonly error: unknown } | undefined;
  #leases: Timer | undefined;
  #hasStarted = false;
  #stopping: Promise<void> | undefined;
  #closing: Promise<void> | undefined;
  #drained: Promise<unknown> = Promise.resolve();

  constructor(options: PubsubSubscriptionOptions) {
    this.#options = options;
    const { channels, leaseDuration, clock } = options;
    this.leaseInterval = Math.round(leaseDuration / 3 * (0.8 + 0.2 * Math.random()));
    for (const [channel, path] of channels) {
      const stream = new PullStream({
        ...options,
        path,
        leaseDuration: leaseDuration / 1_000,
        received: (messages) => this.#received(channel, messages),
        broken: (error) => this.break(error),
      });
      this.#pulls.set(channel, { path, handed: new Set(), waiting: new Waiting(), stream });
    }
    this.#order = [...this.#pulls.values()];
    this.#leases = clock.schedule(this.leaseInterval, () => this.#keepLeases());
  }

  get isActive(): boolean {
    if (this.#stopping || this.#broken || !this.#options.rpc.isConnected) return false;
    return !this.#hasStarted || this.#order.every(({ stream }) => stream.isOpen);
  }

  take(max: number, wait: number): Promise<readonly Delivery[]> {
    if (this.#stopping) return Promise.resolve([]);
    if (this.#broken) return Promise.reject(this.#broken.error);
    this.#hasStarted = true;
    // The service counts what is being handled as well.
    for (const pull of this.#order) pull.stream.demand(pull.handed.size + max);
    const deliveries = this.#collect(max);
    if (deliveries.length > 0) return Promise.resolve(deliveries);
    return new Promise((resolve, reject) => {
      const timer = this.#options.clock.schedule(wait, () => this.#answer([]));
      this.#waiter = { max, timer, resolve, reject };
    });
  }

  stop(): Promise<void> {
    return this.#stopping ??= this.#stop();
  }

  close(): Promise<void> {
    return this.#closing ??= this.#close();
  }

  /** Only a new subscription helps. */
  break(error: unknown): void {
    if (this.#stopping) return;
    this.#broken ??= { error };
    const waiter = this.#waiter;
    this.#waiter = undefined;
    this.#options.clock.cancel(waiter?.timer);
    waiter?.reject(error);
  }

  settle(delivery: PubsubDelivery, settlement: Settlement): Promise<DeliveryResult> {
    const pull = this.#pulls.get(delivery.channel);
    if (!pull || !this.#isOurs(pull, delivery)) return LOST;
    pull.handed.delete(delivery);
    const verdict = VERDICTS[settlement];
    if (verdict !== "ack") this.#giveBack(pull, pull.waiting.withdraw(delivery), verdict);
    return this.#options.control.tell(pull.path, delivery, verdict);
  }

  settled(delivery: PubsubDelivery, isTold: boolean): void {
    const pull = this.#pulls.get(delivery.channel);
    if (!pull) return;
    if (isTold || this.#closing) this.#release(pull, delivery);
    // It may be settled again, for as long as it is ours.
    else pull.handed.add(delivery);
  }

  async extend(delivery: PubsubDelivery): Promise<DeliveryResult> {
    const pull = this.#pulls.get(delivery.channel);
    if (!pull || !this.#isOurs(pull, delivery)) return await LOST;
    const result = await this.#extend(pull, delivery);
    if (result === "lost" && pull.handed.delete(delivery)) this.#release(pull, delivery);
    return result;
  }

  #isOurs({ handed }: Pull, delivery: PubsubDelivery): boolean {
    return handed.has(delivery) && this.#options.clock.now() < delivery.expires;
  }

  #release(pull: Pull, delivery: PubsubDelivery): void {
    if (delivery.orderingKey === "") return;
    pull.waiting.release(delivery);
    this.#wake();
  }

  async #extend({ path }: Pull, delivery: PubsubDelivery): Promise<DeliveryResult> {
    const { clock, leaseDuration, control } = this.#options;
    const expires = clock.now() + leaseDuration;
    const { ackId } = delivery;
    const result = await control.tell(path, { ackId }, leaseDuration / 1_000);
    if (result === "done") delivery.expires = expires;
    return result;
  }

  #received(channel: string, messages: readonly ReceivedMessage[]): void {
    const pull = this.#pulls.get(channel);
    if (!pull) return;
    const { clock, leaseDuration } = this.#options;
    const expires = clock.now() + leaseDuration * ON_THE_WAY;
    const deliveries = messages.map((message) => new PubsubDelivery(this, channel, message, expires));
    if (this.#stopping) return this.#giveBack(pull, deliveries, 0);
    for (const delivery of deliveries) pull.waiting.add(delivery);
    this.#wake();
  }

  #wake(): void {
    if (!this.#waiter) return;
    const deliveries = this.#collect(this.#waiter.max);
    if (deliveries.length > 0) this.#answer(deliveries);
  }

  #answer(deliveries: readonly Delivery[]): void {
    const waiter = this.#waiter;
    this.#waiter = undefined;
    this.#options.clock.cancel(waiter?.timer);
    waiter?.resolve(deliveries);
  }

  /** One message of each channel in turn, until there are enough or none is left. */
  #collect(max: number): Delivery[] {
    const deliveries: PubsubDelivery[] = [];
    const { length } = this.#order;
    const now = this.#options.clock.now();
    for (let empty = 0; deliveries.length < max && empty < length; this.#turn = (this.#turn + 1) % length) {
      const pull = this.#order[this.#turn];
      const delivery = pull?.waiting.next();
      empty = delivery ? 0 : empty + 1;
      if (!pull || !delivery) continue;
      if (now >= delivery.expires) {
        pull.waiting.release(delivery);
        continue;
      }
      pull.handed.add(delivery);
      deliveries.push(delivery);
    }
    return deliveries;
  }

  /** Extends the leases of messages that wait here; the worker extends those of running ones. A message whose lease expired is forgotten. */
  #keepLeases(): void {
    const { clock } = this.#options;
    const now = clock.now();
    this.#leases = clock.schedule(this.leaseInterval * (0.8 + 0.2 * Math.random()), () => this.#keepLeases());
    for (const pull of this.#order) {
      for (const delivery of pull.handed) {
        if (now < delivery.expires) continue;
        pull.handed.delete(delivery);
        this.#release(pull, delivery);
      }
      for (const delivery of pull.waiting.all) {
        const drop = (): void => pull.waiting.drop(delivery);
        if (now >= delivery.expires) drop();
        // A failure is no loss yet: there is time for two more tries.
        else this.#extend(pull, delivery).then((result) => result === "lost" && drop(), () => {});
      }
    }
  }

  /** In the background: `stop` waits for what was sent, and the lease ends in any case. */
  #giveBack({ path }: Pull, deliveries: readonly PubsubDelivery[], seconds: number): void {
    for (const { ackId } of deliveries) this.#options.control.tell(path, { ackId }, seconds).catch(() => {});
  }

  async #stop(): Promise<void> {
    const { clock, control } = this.#options;
    this.#drained = Promise.all(this.#order.map(({ stream }) => stream.drain()));
    // Stopping has begun before the waiter is answered, so that what arrives from now on goes back.
    await Promise.resolve();
    clock.cancel(this.#leases);
    this.#answer([]);
    for (const pull of this.#order) this.#giveBack(pull, pull.waiting.clear(), 0);
    await settlesWithin(clock, CLOSE_TIMEOUT / 2, this.#drained.then(() => control.idle()));
  }

  async #close(): Promise<void> {
    const { clock, control, closed } = this.#options;
    const closing = (async () => {
      await this.stop();
      await this.#drained;
      for (const pull of this.#order) this.#giveBack(pull, [...pull.handed], 0);
      this.#forget();
      await control.idle();
    })();
    await settlesWithin(clock, CLOSE_TIMEOUT, closing);
    this.#forget();
    closed();
  }

  #forget(): void {
    for (const { handed } of this.#order) handed.clear();
  }
}
