/**
 * Taking from a subscription until enough has come.
 * @module
 */
import type { Delivery, Subscription } from "@repid/core/server";

/** So many messages, each settled as it is told. Rejects where none comes for ten seconds. */
export async function collect(
  subscription: Subscription,
  count: number,
  each: (delivery: Delivery) => Promise<unknown> = () => Promise.resolve(),
): Promise<Delivery[]> {
  const taken: Delivery[] = [];
  while (taken.length < count) {
    const deliveries = await subscription.take(count - taken.length, 10_000);
    if (deliveries.length === 0) throw new Error(`Only ${taken.length} of ${count} messages came`);
    taken.push(...deliveries);
    await Promise.all(deliveries.map(each));
  }
  return taken;
}
