/**
 * Messages: contracts that producers and consumers share, and the message that an actor handles.
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

/** How the AsyncAPI document describes a message or an actor. */
export interface MessageDescription {
  /** A human-friendly title. */
  readonly title?: string | undefined;
  /** A short overview. */
  readonly summary?: string | undefined;
  /** A longer text, CommonMark allowed. */
  readonly description?: string | undefined;
  /** Whether it is deprecated. */
  readonly deprecated?: boolean | undefined;
  /** Labels. */
  readonly tags?: readonly Tag[] | undefined;
  /** Where to read more. */
  readonly externalDocs?: ExternalDocs | undefined;
  /** Example messages. */
  readonly examples?: readonly MessageExample[] | undefined;
  /** Where the message carries its correlation id. */
  readonly correlationId?: CorrelationId | undefined;
  /** Protocol-specific information. */
  readonly bindings?: Bindings | undefined;
  /** The message that replies to this one. If it names no channel, the reply goes to the channel in `replyTo`. */
  readonly reply?: MessageContract | undefined;
}

/** The names of the fields that describe a message. */
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

/** A message that both sides know: a producer sends it, an actor receives it. */
export interface MessageContract<P extends MaybeSchema = MaybeSchema, H extends MaybeSchema = MaybeSchema>
  extends Sendable<SchemaInput<P>, SchemaInput<H>>, MessageDescription {
  /** The payload's schema. */
  readonly payload?: P;
  /** The headers' schema. */
  readonly headers?: H;
}

/**
 * Declares a message separately from the code that handles it, so that producers need not import that code.
 *
 * @throws {TypeError} If the name is not a non-empty string, payload or headers are not a Standard Schema, the channel has no
 * address, or an option is unknown.
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

/** How a message was settled. */
export type MessageAction = "acked" | "nacked" | "rejected" | "replied";

/** A message that a broker delivered. Only the first action on it has an effect. */
export interface ReceivedMessage extends BaseMessage {
  /** The channel that it came from. */
  readonly channel: string;
  /** The broker's id of the message; `undefined` if there is none. */
  readonly messageId: string | undefined;
  /** How many times it was delivered, including this time; `undefined` if the broker does not count. */
  readonly deliveryCount: number | undefined;
  /** How it was settled; `undefined` until then. */
  readonly action: MessageAction | undefined;
  /** Whether it was settled. */
  readonly isActedOn: boolean;
  /** Acknowledges it: the broker forgets it. Resolves to whether this call did it: `false` after an earlier action or a lost lease. */
  ack(): Promise<boolean>;
  /** Nacks it: the broker dead-letters it if it can, otherwise it drops it. Resolves as {@linkcode ack} does. */
  nack(): Promise<boolean>;
  /** Rejects it: the broker redelivers it, to any consumer. Resolves as {@linkcode ack} does. */
  reject(): Promise<boolean>;
}

/** The message that a handler handles. */
export interface Message extends ReceivedMessage {
  /** The body as text. */
  text(): string;
  /** The body parsed as JSON, not validated. */
  json(): unknown;
  /**
   * Sends a reply and acknowledges the message, in one step if the broker can. After an earlier action it sends nothing and
   * resolves to `false`.
   *
   * @throws {TypeError} If neither the call nor the message names a channel.
   */
  reply(options: ReplyOptions): Promise<boolean>;
  /** Sends a value as a JSON reply. Otherwise as {@linkcode reply}. */
  replyJson(options: ReplyJsonOptions): Promise<boolean>;
  /** Sends bytes or text, through the server that this message came from unless `server` names another. */
  sendMessage(options: SendMessageOptions): Promise<void>;
  /** Sends a value as JSON, through the server that this message came from unless `server` names another. */
  sendMessageJson(options: SendMessageJsonOptions): Promise<void>;
  /** Sends what a contract or an actor declares, through the server that this message came from unless `server` names another. */
  send<P, H>(target: Sendable<P, H>, ...args: SendArguments<P, H>): Promise<void>;
}
