/**
 * What only AMQP can say of a message that was not handled.
 * @module
 */
import type { BaseMessage } from "../../contract/server.ts";
import { deliveryOf } from "./delivery.ts";
import { rhea } from "./rhea.ts";

/** How a message is returned to the queue. */
export interface AmqpModification {
  /** Whether this counts as a failed delivery. RabbitMQ dead-letters a message after so many (`x-delivery-limit`). */
  readonly deliveryFailed?: boolean | undefined;
  /** Whether it must not come here again. RabbitMQ dead-letters it. */
  readonly undeliverableHere?: boolean | undefined;
  /** Added to the message's annotations. A `Date` is sent as a timestamp. */
  readonly annotations?: Readonly<Record<string, unknown>> | undefined;
}

/**
 * Settles a message as *modified*: it goes back to the broker, changed. Answers whether this call did it, as `nack()` does;
 * the message's action is `nacked`. RabbitMQ before 4.0 does not know this outcome and ends the session.
 *
 * @throws {TypeError} If the message did not come from an `AmqpServer`, or a middleware replaced its body.
 *
 * @example Delayed retry, RabbitMQ 4.3 and later
 * ```ts
 * import { Router } from "@repid/core";
 * import { modify } from "@repid/core/amqp";
 *
 * new Router().actor({ name: "task", channel: "tasks" }, async (_, { message }) => {
 *   const annotations = { "x-opt-delivery-time": new Date(Date.now() + 10_000) };
 *   await modify(message, { deliveryFailed: true, annotations });
 * });
 * ```
 */
export function modify(
  message: BaseMessage & { readonly isActedOn: boolean; nack(): Promise<boolean> },
  modification: AmqpModification,
): Promise<boolean> {
  const { deliveryFailed, undeliverableHere, annotations } = modification;
  const delivery = deliveryOf(message);
  if (!delivery) throw new TypeError("Cannot modify the message as it did not come from an AMQP server");
  const fields = {
    delivery_failed: deliveryFailed,
    undeliverable_here: undeliverableHere,
    message_annotations: annotations && toWire(annotations),
  };
  if (!message.isActedOn) delivery.nackOutcome = { kind: "modified", fields };
  return message.nack();
}

/**
 * A message's annotations, such as `x-opt-deaths` on one that was dead-lettered; `{}` where there are none.
 *
 * @throws {TypeError} If the message did not come from an `AmqpServer`, or a middleware replaced its body.
 */
export function annotationsOf(message: BaseMessage): Readonly<Record<string, unknown>> {
  const delivery = deliveryOf(message);
  if (!delivery) {
    throw new TypeError("Cannot read annotations as the message did not come from an AMQP server");
  }
  return delivery.annotations;
}

function toWire(annotations: Readonly<Record<string, unknown>>): Readonly<Record<string, unknown>> {
  const entries = Object.entries(annotations);
  return Object.fromEntries(entries.map(([name, value]) => {
    return [name, value instanceof Date ? rhea.types.wrap_timestamp(value.getTime()) : value];
  }));
}
