/**
 * Messages as users see them: contracts that producers and consumers share, and the message an actor handles.
 * @module
 */
import { type KnownOptions, refuseUnknown } from "../_internal/known_options.ts";
import { toChannel } from "../contract/channel.ts";
import type { Bindings, CorrelationId, ExternalDocs, MessageExample, Tag } from "../contract/metadata.ts";
import type {
  ReplyJsonOptions,
  ReplyOptions,
  Sendable,
  SendArguments,
  SendMessageJsonOptions,
  SendMessageOptions,
} from "./sending.ts";
import { type MaybeSchema, refuseNonSchemas, type SchemaInput } from "./schema.ts";
import type { BaseMessage } from "../contract/server.ts";

/** What the AsyncAPI document says of a message or an actor. */
export interface MessageDescription {
  /** A human-friendly title. */
  readonly title?: string | undefined;
  /** A short overview. */
  readonly summary?: string | undefined;
  /** A longer text, CommonMark allowed. */
  readonly description?: string | undefined;
  /** Whether it should no longer be used. */
  readonly deprecated?: boolean | undefined;
  /** Labels. */
  readonly tags?: readonly Tag[] | undefined;
  /** Where to read more. */
  readonly externalDocs?: ExternalDocs | undefined;
  /** Example messages. */
  readonly examples?: readonly MessageExample[] | undefined;
  /** Where the correlation id is found. */
  readonly correlationId?: CorrelationId | undefined;
  /** What only its protocol knows. */
  readonly bindings?: Bindings | undefined;
  /** The message that answers this one. Without a channel, the answer goes where `replyTo` says. */
  readonly reply?: MessageContract | undefined;
}

/** The names of what can be said of a message. */
export const MESSAGE_DESCRIPTION: KnownOptions<MessageDescription> = {
  title: true,
  summary: true,
  description: true,
  deprecated: true,
  tags: true,
  externalDocs: true,
  examples: true,
  correlationId: true,
  bindings: true,
  reply: true,
};

const CONTRACT_OPTIONS: KnownOptions<MessageContract> = {
  ...MESSAGE_DESCRIPTION,
  name: true,
  channel: true,
  routingStrategy: true,
  payload: true,
  headers: true,
  converter: true,
  "~sends": true,
};

/** A message both sides know: what a producer sends and what an actor receives. */
export interface MessageContract<P extends MaybeSchema = MaybeSchema, H extends MaybeSchema = MaybeSchema>
  extends Sendable<SchemaInput<P>, SchemaInput<H>>, MessageDescription {
  /** The payload's schema. */
  readonly payload?: P;
  /** The headers' schema. */
  readonly headers?: H;
}

/**
 * Declares a message apart from the code that handles it, so that producers need not import that code.
 *
 * @throws {TypeError} If the name is not a non-empty string, payload or headers are not a Standard Schema, the channel has no
 * address, or something else is given.
 *
 * @example
 * ```ts
 * import { defineMessage, type Repid, Router } from "@repid/core";
 * import { type } from "arktype";
 *
 * export const welcome = defineMessage({ name: "welcome", channel: "email", payload: type({ userId: "number" }) });
 *
 * // where it is sent
 * const greet = (app: Repid) => app.send(welcome, { userId: 1 });
 * // where it is handled
 * new Router().actor(welcome, ({ userId }) => console.log(userId));
 * ```
 */
export function defineMessage<P extends MaybeSchema = undefined, H extends MaybeSchema = undefined>(
  contract: Omit<MessageContract<P, H>, "~sends">,
): MessageContract<P, H> {
  const doing = `define the message "${String(contract?.name)}"`;
  refuseUnknown(doing, contract, CONTRACT_OPTIONS);
  if (typeof contract.name !== "string" || contract.name === "") {
    throw new TypeError(
      `Cannot define a message as its name is not a non-empty string: ${String(contract.name)}`,
    );
  }
  refuseNonSchemas(doing, contract);
  if (contract.channel !== undefined) toChannel(contract.channel);
  return Object.freeze({ ...contract });
}

/** What became of a message. */
export type MessageAction = "acked" | "nacked" | "rejected" | "replied";

/** A message that a broker handed over. Only the first action on it counts. */
export interface ReceivedMessage extends BaseMessage {
  /** Where it came from. */
  readonly channel: string;
  /** The broker's id of it; `undefined` where there is none. */
  readonly messageId: string | undefined;
  /** How many times it was delivered, this time included; `undefined` where the broker does not count. */
  readonly deliveryCount: number | undefined;
  /** What became of it so far. */
  readonly action: MessageAction | undefined;
  /** Whether anything was done with it. */
  readonly isActedOn: boolean;
  /** Done: the broker may forget it. Answers whether this call did it: `false` after an earlier action or a lost lease. */
  ack(): Promise<boolean>;
  /** Given up: dead-lettered where the broker can, else dropped. Answers as {@linkcode ack} does. */
  nack(): Promise<boolean>;
  /** Put back, to be delivered again to anyone. Answers as {@linkcode ack} does. */
  reject(): Promise<boolean>;
}

/** The message being handled, as its handler sees it. */
export interface Message extends ReceivedMessage {
  /** The body as text. */
  text(): string;
  /** The body parsed as JSON, unchecked. */
  json(): unknown;
  /**
   * Answers, and acknowledges: in one step where the broker can. Answers `false`, and sends nothing, after an earlier action.
   *
   * @throws {TypeError} If neither the call nor the message names a channel.
   */
  reply(options: ReplyOptions): Promise<boolean>;
  /** Answers with JSON. As {@linkcode reply}. */
  replyJson(options: ReplyJsonOptions): Promise<boolean>;
  /** Sends a message over the connection this one came from. */
  sendMessage(options: SendMessageOptions): Promise<void>;
  /** Sends a value as JSON over the connection this one came from. */
  sendMessageJson(options: SendMessageJsonOptions): Promise<void>;
  /** Sends what a contract or an actor declares, over the connection this message came from unless `server` says otherwise. */
  send<P, H>(target: Sendable<P, H>, ...args: SendArguments<P, H>): Promise<void>;
}
