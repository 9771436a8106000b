/**
 * A subscription, as cases use it.
 * @module
 */
import type { Delivery, DeliveryResult, Settlement, Subscription } from "../contract/server.ts";
import { assert, assertEqual } from "./assert.ts";
import { textOf } from "./bodies.ts";

/** How long a consumer waits. A {@linkcode Trial} is one. */
export interface Waiting {
  /** How long something that must happen may take, in milliseconds. */
  readonly patience: number;
  /** How long the consumer waits before it believes that no message comes, in milliseconds. */
  readonly quiet: number;
  /** The result of a promise. Throws if it takes too long. */
  within<T>(promise: Promise<T>, doing: string, ms?: number): Promise<T>;
}

/** Takes messages, and checks them. */
export class Consumer {
  /** The subscription that it takes from. */
  readonly subscription: Subscription;
  readonly #waiting: Waiting;

  /** Takes from a subscription that the trial closes. */
  constructor(subscription: Subscription, waiting: Waiting) {
    this.subscription = subscription;
    this.#waiting = waiting;
  }

  /** Up to `max` messages; `[]` after `wait` milliseconds without any. */
  async take(max: number, wait: number = this.#waiting.patience): Promise<readonly Delivery[]> {
    const limit = wait + this.#waiting.patience;
    const taking = this.subscription.take(max, wait);
    const deliveries = await this.#waiting.within(taking, `take(${max}, ${wait})`, limit);
    assert(
      deliveries.length <= max,
      `take(${max}) resolved with ${deliveries.length} messages, more than it was asked for`,
    );
    return deliveries;
  }

  /** The next message. */
  async next(): Promise<Delivery> {
    const [delivery] = await this.collect(1);
    assert(delivery, "no message came");
    return delivery;
  }

  /** Exactly `count` messages, at most `max` at a time; `each` is called with every message. */
  async collect(
    count: number,
    { max = count, each }: { max?: number; each?: (delivery: Delivery) => Promise<unknown> } = {},
  ): Promise<Delivery[]> {
    const collected: Delivery[] = [];
    while (collected.length < count) {
      const deliveries = await this.take(Math.min(max, count - collected.length));
      assert(
        deliveries.length > 0,
        `only ${collected.length} of ${count} messages came within ${this.#waiting.patience} ms`,
      );
      collected.push(...deliveries);
      if (each) await Promise.all(deliveries.map(each));
    }
    return collected;
  }

  /** Checks that no message comes. */
  async nothing(why: string, wait: number = this.#waiting.quiet): Promise<void> {
    const deliveries = await this.take(10, wait);
    assertEqual(deliveries.map(textOf), [], why);
  }

  /** Settles a message, and checks the result. */
  async settle(
    delivery: Delivery,
    settlement: Settlement,
    expected: DeliveryResult = "done",
  ): Promise<void> {
    const result = await this.#waiting.within(delivery.settle(settlement), `settle("${settlement}")`);
    assertEqual(result, expected, `the result of settle("${settlement}") of ${show(delivery)}`);
  }

  /** Stops the subscription. */
  async stop(): Promise<void> {
    await this.#waiting.within(this.subscription.stop(), "stop() of a subscription");
  }

  /** Closes the subscription. */
  async close(): Promise<void> {
    await this.#waiting.within(this.subscription.close(), "close() of a subscription");
  }
}

function show(delivery: Delivery): string {
  return JSON.stringify(textOf(delivery).slice(0, 40));
}
