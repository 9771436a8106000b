/**
 * A message that an AMQP broker handed over.
 * @module
 */
import type { BaseMessage, Delivery, DeliveryResult, MessageHeaders, Settlement } from "../../server.ts";
import { toHeaders, toOptionalText, toPayload } from "./decode.ts";
import type { RheaDelivery, RheaMessage } from "./rhea.ts";
import type { AmqpOutcome, Settler } from "./settler.ts";

const OUTCOMES: Readonly<Record<Settlement, AmqpOutcome>> = {
  ack: { kind: "accepted" },
  nack: { kind: "rejected" },
  reject: { kind: "released" },
};
const DONE: Promise<DeliveryResult> = Promise.resolve("done");

/** By the body, the one object that a delivery and the message an actor sees have in common. */
const deliveries = new WeakMap<Uint8Array, AmqpDelivery>();

/** The delivery behind a message; `undefined` where it came from elsewhere, or a middleware replaced its body. */
export function deliveryOf(message: BaseMessage): AmqpDelivery | undefined {
  return deliveries.get(message.payload);
}

/** One message, bound to the link that delivered it. */
export class AmqpDelivery implements Delivery {
  readonly channel: string;
  readonly payload: Uint8Array;
  readonly contentType: string | undefined;
  readonly replyTo: string | undefined;
  readonly messageId: string | undefined;
  readonly deliveryCount: number | undefined;
  /** What a nack says instead of "rejected". */
  nackOutcome: AmqpOutcome = OUTCOMES.nack;
  readonly #message: RheaMessage;
  readonly #delivery: RheaDelivery;
  readonly #settler: Settler;
  #headers: MessageHeaders | undefined;

  constructor(
    channel: string,
    message: RheaMessage,
    delivery: RheaDelivery,
    settler: Settler,
    isCounted: boolean,
  ) {
    this.channel = channel;
    this.payload = toPayload(message.body);
    this.contentType = toOptionalText(message.content_type);
    this.replyTo = toOptionalText(message.reply_to);
    this.messageId = toOptionalText(message.message_id);
    this.deliveryCount = isCounted ? countDeliveries(message) : undefined;
    this.#message = message;
    this.#delivery = delivery;
    this.#settler = settler;
    deliveries.set(this.payload, this);
  }

  get headers(): MessageHeaders {
    return this.#headers ??= toHeaders(this.#message);
  }

  /** What brokers on the way said of it. */
  get annotations(): Readonly<Record<string, unknown>> {
    return this.#message.message_annotations ?? {};
  }

  settle(settlement: Settlement): Promise<DeliveryResult> {
    // The sender settled it before it came: nothing is to be said of it.
    if (this.#delivery.remote_settled) return DONE;
    const outcome = settlement === "nack" ? this.nackOutcome : OUTCOMES[settlement];
    return this.#settler.settle(this.#delivery, outcome);
  }
}

/** Where RabbitMQ counts what was released: 4.0 in the first, 4.3 in the second. */
const COUNTS = ["x-delivery-count", "x-acquired-count"];

/** Brokers tell how often it was delivered before; RabbitMQ counts on classic queues nothing at all. */
function countDeliveries(message: RheaMessage): number | undefined {
  const { delivery_count: count = 0, first_acquirer: isFirst, message_annotations: annotations } = message;
  let before = count;
  if (annotations) {
    for (const name of COUNTS) {
      const noted = annotations[name];
      if (typeof noted === "number" && noted > before) before = noted;
    }
  }
  // rhea reads a boolean of two bytes as a number.
  return before === 0 && isFirst !== undefined && !isFirst ? undefined : before + 1;
}
