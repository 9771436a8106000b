/**
 * A subscription, as cases use it.
 * @module
 */
import type { Delivery, DeliveryResult, Settlement, Subscription } from "../contract/server.ts";
import { assert, assertEqual } from "./assert.ts";
import { textOf } from "./bodies.ts";
import type { Trial } from "./trial.ts";

/** Takes messages, and states what it gets. */
export class Consumer {
  /** What it takes from. */
  readonly subscription: Subscription;
  readonly #trial: Trial;

  /** Takes from a subscription that the trial closes. */
  constructor(subscription: Subscription, trial: Trial) {
    this.subscription = subscription;
    this.#trial = trial;
  }

  /** What is there, up to so many; `[]` after `wait` milliseconds without any. */
  async take(max: number, wait: number = this.#trial.patience): Promise<readonly Delivery[]> {
    const limit = wait + this.#trial.patience;
    const taking = this.subscription.take(max, wait);
    const deliveries = await this.#trial.within(taking, `take(${max}, ${wait})`, limit);
    assert(
      deliveries.length <= max,
      `take(${max}) handed over ${deliveries.length} messages, more than it was asked for`,
    );
    return deliveries;
  }

  /** The next message. */
  async next(): Promise<Delivery> {
    const [delivery] = await this.collect(1);
    assert(delivery, "no message came");
    return delivery;
  }

  /** Exactly so many messages, at most `max` at a time; `each` is done with every one as it comes. */
  async collect(
    count: number,
    { max = count, each }: { max?: number; each?: (delivery: Delivery) => Promise<unknown> } = {},
  ): Promise<Delivery[]> {
    const collected: Delivery[] = [];
    while (collected.length < count) {
      const deliveries = await this.take(Math.min(max, count - collected.length));
      assert(
        deliveries.length > 0,
        `only ${collected.length} of ${count} messages came within ${this.#trial.patience} ms`,
      );
      collected.push(...deliveries);
      if (each) await Promise.all(deliveries.map(each));
    }
    return collected;
  }

  /** States that nothing comes. */
  async nothing(why: string, wait: number = this.#trial.quiet): Promise<void> {
    const deliveries = await this.take(10, wait);
    assertEqual(deliveries.map(textOf), [], why);
  }

  /** Settles a message, and states what comes of it. */
  async settle(
    delivery: Delivery,
    settlement: Settlement,
    expected: DeliveryResult = "done",
  ): Promise<void> {
    const result = await this.#trial.within(delivery.settle(settlement), `settle("${settlement}")`);
    assertEqual(result, expected, `what settle("${settlement}") of ${show(delivery)} answers`);
  }

  /** Stops the subscription. */
  async stop(): Promise<void> {
    await this.#trial.within(this.subscription.stop(), "stop() of a subscription");
  }

  /** Closes the subscription. */
  async close(): Promise<void> {
    await this.#trial.within(this.subscription.close(), "close() of a subscription");
  }
}

function show(delivery: Delivery): string {
  return JSON.stringify(textOf(delivery).slice(0, 40));
}
