/**
 * Consuming from some channels, over links in a session of their own.
 * @module
 */
import type { Buffer } from "node:buffer";
import { settlesWithin, systemClock, type Timer } from "../../_internal/clock.ts";
import { Deque } from "../../_internal/deque.ts";
import type { Delivery, Subscription } from "../../contract/server.ts";
import { planCredit, QUIET } from "./credit_plan.ts";
import { AmqpDelivery } from "./delivery.ts";
import { AmqpError, conditionOf, describe } from "./errors.ts";
import type { Settings } from "./options.ts";
import { AmqpReceiver } from "./receiver.ts";
import type { RheaSession } from "./rhea.ts";
import { Sections } from "./sections.ts";
import { type HeldDelivery, receivingSession } from "./session.ts";
import { Settler } from "./settler.ts";
import type { Wire } from "./wire.ts";

interface Waiter {
  readonly max: number;
  readonly timer: Timer;
  readonly resolve: (deliveries: readonly Delivery[]) => void;
  readonly reject: (error: unknown) => void;
}

/** How long the broker keeps credit between two calls of `take`, in milliseconds: most callers call again at once. */
const CREDIT_WAIT = 50;

/** A subscription. Once broken it stays so; Repid opens another one. */
export class AmqpSubscription implements Subscription {
  readonly #settings: Settings;
  readonly #session: RheaSession;
  readonly #settler: Settler;
  #receivers: readonly AmqpReceiver[];
  readonly #buffer = new Deque<AmqpDelivery>();
  #waiter: Waiter | undefined;
  #timer: Timer | undefined;
  #answering = false;
  /** Between two calls of `take`, arriving messages are kept for the next one, for a short time. */
  #creditTimer: Timer | undefined;
  #stopped = false;
  #isClosing = false;
  #isOver = false;
  #closing: Promise<void> | undefined;
  #error: AmqpError | undefined;
  /** Resolved when it is broken. */
  readonly #broken = Promise.withResolvers<void>();
  /** Resolved when its session is over: of several links one may end, and the others go on. */
  readonly #over = Promise.withResolvers<void>();

  private constructor(wire: Wire, channels: readonly string[], settings: Settings) {
    this.#settings = settings;
    const { session, unsettled } = receivingSession(wire);
    this.#session = session;
    this.#settler = new Settler(wire, session, unsettled);
    const ended = (error: AmqpError): void => {
      this.#isOver = true;
      this.#over.resolve();
      this.#end(error);
    };
    const sessionEnded = (): void => ended(this.#failure("session", session.error));
    session.on("session_error", sessionEnded);
    session.on("session_close", sessionEnded);
    void wire.ended.then(ended);
    this.#receivers = channels.map((channel) =>
      new AmqpReceiver(channel, settings.addresses.subscribe(channel), session, !wire.isOldRabbit, {
        received: (receiver, message, delivery) =>
          this.#received(receiver, message, unsettled.hold(delivery)),
        withdrawn: () => this.#grant(),
        ended: (receiver, cause) => {
          if (!this.#isClosing) this.#end(this.#failure(`link to ${receiver.channel}`, cause));
        },
      })
    );
  }

  /** Attaches to all channels. Rejects when the broker refuses one, or takes too long. */
  static async open(wire: Wire, channels: readonly string[], settings: Settings): Promise<AmqpSubscription> {
    const subscription = new AmqpSubscription(wire, channels, settings);
    const attached = Promise.all(subscription.#receivers.map((receiver) => receiver.attached));
    const done = Promise.race([attached, subscription.#broken.promise]);
    if (!await settlesWithin(systemClock, settings.connectTimeout, done)) {
      subscription.#end(subscription.#failure("session", { description: "it did not answer in time" }));
    }
    // A refusal may follow an attachment immediately; the session gets it too.
    if (subscription.#error) {
      subscription.#session.close();
      throw subscription.#error;
    }
    return subscription;
  }

  get isActive(): boolean {
    return !this.#stopped && this.#error === undefined && this.#receivers.every(({ isOpen }) => isOpen);
  }

  take(max: number, wait: number): Promise<readonly Delivery[]> {
    if (this.#stopped) return Promise.resolve([]);
    if (this.#error) return Promise.reject(this.#error);
    systemClock.cancel(this.#creditTimer);
    this.#creditTimer = undefined;
    if (this.#buffer.size > 0) return Promise.resolve(this.#collect(max));
    return new Promise((resolve, reject) => {
      const timer = systemClock.schedule(wait, () => this.#answer());
      this.#waiter = { max, timer, resolve, reject };
      // What made the room, and the credit for it, in one write.
      this.#settler.flush();
      this.#grant();
    });
  }

  async stop(): Promise<void> {
    if (this.#stopped) return await this.#settler.idle();
    this.#stopped = true;
    systemClock.cancel(this.#creditTimer);
    this.#creditTimer = undefined;
    this.#answer();
    this.#giveBack();
    await this.#settler.idle();
  }

  close(): Promise<void> {
    return this.#closing ??= this.#close();
  }

  async #close(): Promise<void> {
    await this.stop();
    if (this.#isOver) return;
    const { connectTimeout } = this.#settings;
    this.#isClosing = true;
    // First the links: ending the session at once, RabbitMQ 3 forgets settlements that it has not passed on.
    const detached = Promise.all(this.#receivers.map((receiver) => receiver.close()));
    const answers = await settlesWithin(
      systemClock,
      connectTimeout,
      Promise.race([detached, this.#over.promise]),
    );
    // Then the session: only with it RabbitMQ 3 takes back what is unsettled. A broker that hangs is not waited for again.
    this.#session.close();
    if (answers) await settlesWithin(systemClock, connectTimeout, this.#over.promise);
    this.#end(this.#failure("session", { description: "it was closed" }));
  }

  #received(receiver: AmqpReceiver, message: Buffer, held: HeldDelivery): void {
    const delivery = this.#read(receiver, message, held);
    // Its place is free for another one.
    if (!delivery) return this.#grant();
    if (this.#stopped || this.#error || !(this.#waiter || this.#creditTimer)) return this.#release(delivery);
    this.#buffer.push(delivery);
    if (!this.#waiter || this.#answering) return;
    // With what else came in the same turn.
    this.#answering = true;
    queueMicrotask(() => {
      this.#answering = false;
      if (this.#waiter && this.#buffer.size > 0) this.#answer();
    });
  }

  /** `undefined` where it cannot be read: thrown within rhea, that would end the connection, and again with the next one. */
  #read(receiver: AmqpReceiver, message: Buffer, delivery: HeldDelivery): AmqpDelivery | undefined {
    const { countsDeliveries } = this.#settings;
    try {
      const sections = new Sections(message);
      return new AmqpDelivery(receiver.channel, sections, delivery, this.#settler, countsDeliveries);
    } catch {
      if (!delivery.remote_settled) void this.#settler.settle(delivery, { kind: "rejected" });
      return undefined;
    }
  }

  #answer(): void {
    const waiter = this.#waiter;
    if (!waiter) return;
    this.#forgetWaiter(waiter);
    waiter.resolve(this.#stopped ? [] : this.#collect(waiter.max));
  }

  #forgetWaiter({ timer }: Waiter): void {
    this.#waiter = undefined;
    systemClock.cancel(timer);
    systemClock.cancel(this.#timer);
    this.#timer = undefined;
  }

  /** What has arrived. If `take` is not called again soon, the rest is returned. */
  #collect(max: number): AmqpDelivery[] {
    const deliveries: AmqpDelivery[] = [];
    while (deliveries.length < max) {
      const delivery = this.#buffer.shift();
      if (!delivery) break;
      deliveries.push(delivery);
    }
    if (!this.#stopped && this.#held() > 0) {
      this.#creditTimer = systemClock.schedule(CREDIT_WAIT, () => {
        this.#creditTimer = undefined;
        this.#giveBack();
      });
    }
    return deliveries;
  }

  /** How many messages are here, or may come. */
  #held(): number {
    return this.#receivers.reduce((sum, { credit }) => sum + credit, this.#buffer.size);
  }

  #giveBack(): void {
    for (const receiver of this.#receivers) receiver.withdraw();
    for (let one = this.#buffer.shift(); one; one = this.#buffer.shift()) this.#release(one);
  }

  #release(delivery: AmqpDelivery): void {
    // If it cannot be sent any more, the broker redelivers the message by itself.
    void delivery.settle("reject");
  }

  #grant(): void {
    if (!this.#waiter || this.#error) return;
    const now = systemClock.now();
    const free = this.#waiter.max - this.#held();
    const { grants, withdraw, again } = planCredit(this.#receivers, free, now);
    for (const [receiver, credit] of grants) receiver.grant(credit, now);
    const last = [...grants.keys()].at(-1);
    if (last && this.#receivers.length > 1) {
      const turn = this.#receivers.indexOf(last) + 1;
      this.#receivers = [...this.#receivers.slice(turn), ...this.#receivers.slice(0, turn)];
    }
    withdraw?.withdraw();
    if (!again || this.#timer !== undefined) return;
    this.#timer = systemClock.schedule(QUIET, () => {
      this.#timer = undefined;
      this.#grant();
    });
  }

  #end(error: AmqpError): void {
    if (this.#error) return;
    this.#error = error;
    this.#broken.resolve();
    systemClock.cancel(this.#creditTimer);
    this.#creditTimer = undefined;
    this.#giveBack();
    const waiter = this.#waiter;
    if (!waiter) return;
    this.#forgetWaiter(waiter);
    if (this.#stopped) waiter.resolve([]);
    else waiter.reject(error);
  }

  #failure(what: string, cause: unknown): AmqpError {
    return new AmqpError(`Cannot consume as the broker ended the ${what}: ${describe(cause)}`, {
      scope: what === "session" ? "session" : "link",
      condition: conditionOf(cause),
      isRetriable: true,
      cause,
    });
  }
}
