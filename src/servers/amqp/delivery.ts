/**
 * A message that an AMQP broker handed over.
 * @module
 */
import type {
  BaseMessage,
  Delivery,
  DeliveryResult,
  MessageHeaders,
  Settlement,
} from "../../contract/server.ts";
import { DeliveredBytes } from "./delivered_bytes.ts";
import type { Sections } from "./sections.ts";
import type { HeldDelivery } from "./session.ts";
import type { AmqpOutcome, Settler } from "./settler.ts";

const OUTCOMES: Readonly<Record<Settlement, AmqpOutcome>> = {
  ack: { kind: "accepted" },
  nack: { kind: "rejected" },
  reject: { kind: "released" },
};
const DONE: Promise<DeliveryResult> = Promise.resolve("done");

/** The delivery behind a message; `undefined` where it came from elsewhere, or a middleware replaced its body. */
export function deliveryOf({ payload }: BaseMessage): AmqpDelivery | undefined {
  const delivery = DeliveredBytes.deliveryOf(payload);
  return delivery instanceof AmqpDelivery ? delivery : undefined;
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
  readonly #sections: Sections;
  readonly #delivery: HeldDelivery;
  readonly #settler: Settler;
  #headers: MessageHeaders | undefined;

  constructor(
    channel: string,
    sections: Sections,
    delivery: HeldDelivery,
    settler: Settler,
    isCounted: boolean,
  ) {
    this.channel = channel;
    this.payload = sections.payload;
    this.contentType = sections.contentType;
    this.replyTo = sections.replyTo;
    this.messageId = sections.messageId;
    this.deliveryCount = isCounted ? countDeliveries(sections) : undefined;
    this.#sections = sections;
    this.#delivery = delivery;
    this.#settler = settler;
    DeliveredBytes.mark(sections.payload, this);
  }

  get headers(): MessageHeaders {
    return this.#headers ??= this.#sections.headers();
  }

  /** What brokers on the way said of it. */
  get annotations(): Readonly<Record<string, unknown>> {
    return this.#sections.annotations();
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
function countDeliveries(sections: Sections): number | undefined {
  const { deliveryCount: count, isFirst } = sections;
  // A message that was never delivered before needs no look.
  if (isFirst && count === 0) return 1;
  const annotations = sections.annotations();
  const noted = COUNTS.map((name) => annotations[name]).filter((one) => typeof one === "number");
  const before = Math.max(count, ...noted);
  return before === 0 && isFirst === false ? undefined : before + 1;
}
