/**
 * The message that an actor is handling.
 * @module
 */
import type {
  ReplyJsonOptions,
  ReplyOptions,
  Sendable,
  SendArguments,
  SendMessageJsonOptions,
  SendMessageOptions,
  SendOptions,
} from "../declaration/sending.ts";
import { ignore } from "../_internal/maybe_promise.ts";
import { toChannel } from "../contract/channel.ts";
import type { Message, MessageAction } from "../declaration/message.ts";
import { type Producer, toMessageData } from "../producing/producer.ts";
import type {
  BaseMessage,
  Delivery,
  DeliveryResult,
  MessageHeaders,
  Settlement,
} from "../contract/server.ts";
import type { MessageSettlement } from "./message_settlement.ts";

const decoder = new TextDecoder();
const NO_PARAMETERS = Object.freeze({});

/** One message in the hands of an actor and its middlewares. */
export class InFlightMessage implements Message {
  readonly payload: Uint8Array;
  readonly headers: MessageHeaders;
  readonly contentType: string | undefined;
  readonly replyTo: string | undefined;
  readonly channel: string;
  readonly messageId: string | undefined;
  readonly deliveryCount: number | undefined;
  readonly #delivery: Delivery;
  readonly #settlement: MessageSettlement;
  readonly #producer: Producer;
  #revoked = false;

  constructor(
    delivery: Delivery,
    settlement: MessageSettlement,
    producer: Producer,
    seen: BaseMessage = delivery,
  ) {
    this.payload = seen.payload;
    this.headers = seen.headers;
    this.contentType = seen.contentType;
    this.replyTo = seen.replyTo;
    this.channel = delivery.channel;
    this.messageId = delivery.messageId;
    this.deliveryCount = delivery.deliveryCount;
    this.#delivery = delivery;
    this.#settlement = settlement;
    this.#producer = producer;
  }

  /** A copy that can be revoked. */
  view(): InFlightMessage {
    return new InFlightMessage(this.#delivery, this.#settlement, this.#producer, this);
  }

  /** The same message with what a middleware changed. */
  seenAs(parts: Partial<BaseMessage>): InFlightMessage {
    const { payload = this.payload, headers = this.headers } = parts;
    const contentType = "contentType" in parts ? parts.contentType : this.contentType;
    const replyTo = "replyTo" in parts ? parts.replyTo : this.replyTo;
    const seen = { payload, headers, contentType, replyTo };
    return new InFlightMessage(this.#delivery, this.#settlement, this.#producer, seen);
  }

  get action(): MessageAction | undefined {
    return this.#settlement.action;
  }

  get isActedOn(): boolean {
    return this.#settlement.action !== undefined;
  }

  /** The holder was abandoned: from now on this copy does nothing to the message. */
  revoke(): void {
    this.#revoked = true;
  }

  ack(): Promise<boolean> {
    return this.#settle("ack");
  }

  nack(): Promise<boolean> {
    return this.#settle("nack");
  }

  reject(): Promise<boolean> {
    return this.#settle("reject");
  }

  #settle(settlement: Settlement): Promise<boolean> {
    if (this.#revoked) return Promise.resolve(false);
    const settling = this.#settlement.settle(settlement);
    // Reported where it happens: a handler that does not wait for it must not end the process.
    settling.catch(ignore);
    return settling;
  }

  text(): string {
    return decoder.decode(this.payload);
  }

  json(): unknown {
    return JSON.parse(this.text());
  }

  async reply(options: ReplyOptions): Promise<boolean> {
    if (this.#revoked) return false;
    const address = options.channel ?? this.replyTo;
    if (address === undefined) {
      throw new TypeError("Cannot reply as neither the call nor the message names a channel to reply to");
    }
    const call = {
      channel: toChannel(address).address,
      message: toMessageData(options),
      serverSpecificParameters: options.serverSpecificParameters ?? NO_PARAMETERS,
    };
    return await this.#settlement.reply(async (isOpen) => {
      let result: DeliveryResult | undefined;
      await this.#producer.publishWith(async ({ channel, message, serverSpecificParameters }) => {
        if (isOpen && this.#delivery.reply) {
          result = await this.#delivery.reply(channel, message, serverSpecificParameters);
        } else {
          await this.#producer.publish({ channel, message, serverSpecificParameters });
        }
      }, call);
      return result;
    });
  }

  async replyJson(options: ReplyJsonOptions): Promise<boolean> {
    return await this.reply({ ...options, ...this.#producer.serialize(options.payload) });
  }

  async sendMessage(options: SendMessageOptions): Promise<void> {
    await this.#producer.sendMessage(options);
  }

  async sendMessageJson(options: SendMessageJsonOptions): Promise<void> {
    await this.#producer.sendMessageJson(options);
  }

  async send<P, H>(target: Sendable<P, H>, ...args: SendArguments<P, H>): Promise<void> {
    const [payload, options] = args as readonly [unknown, SendOptions?];
    await this.#producer.send(target, payload, options);
  }
}
