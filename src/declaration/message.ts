/**
 * Messages as users see them: contracts that producers and consumers share, and the message an actor handles.
 * @module
 */
import { type KnownOptions, refuseUnknown } from "../_internal/known_options.ts";
import { type Channel, toChannel } from "../contract/channel.ts";
import type { Converter } from "./converter.ts";
import type { ConfirmationMode } from "./confirmation.ts";
import type { Bindings, CorrelationId, ExternalDocs, MessageExample, Tag } from "../contract/metadata.ts";
import type { RoutingStrategy } from "./routing.ts";
import { type MaybeSchema, refuseNonSchemas, type SchemaInput } from "./schema.ts";
import type { BaseMessage, MessageHeaders, ServerSpecificParameters } from "../contract/server.ts";

/** Anything that can be sent by type: a message contract or an actor. */
export interface Sendable<P = unknown, H = unknown> {
  /** The topic, and the operation id. */
  readonly name: string;
  /** Where it goes. */
  readonly channel?: string | Channel | undefined;
  /** How it is routed. Defaults to {@linkcode topicBasedRoutingStrategy}. */
  readonly routingStrategy?: RoutingStrategy | undefined;
  /** The payload's schema. */
  readonly payload?: MaybeSchema;
  /** The headers' schema. */
  readonly headers?: MaybeSchema;
  /** How the payload is encoded and decoded. Defaults to JSON. */
  readonly converter?: Converter | undefined;
  /** At compile time only: what must be sent. */
  readonly "~sends"?: { readonly payload: P; readonly headers: H };
}

/** Options of a typed send. */
export interface SendOptions {
  /** The server's name. Defaults to the default server. */
  readonly server?: string;
  /** The channel on which a reply is expected. */
  readonly replyTo?: string;
  /** What only one broker knows. */
  readonly serverSpecificParameters?: ServerSpecificParameters;
}

/**
 * What follows the target of `send()`: payload and options, with `headers` required where the target requires some. A header
 * by which messages are routed is the target's, whatever is given: headers of another message may be passed on.
 */
export type SendArguments<P, H> = Record<never, never> extends H
  ? unknown extends P
    ? [payload?: undefined, options?: SendOptions & { readonly headers?: MessageHeaders & H }]
  : [payload: P, options?: SendOptions & { readonly headers?: MessageHeaders & H }]
  : [
    payload: unknown extends P ? undefined : P,
    options: SendOptions & { readonly headers: MessageHeaders & H },
  ];

/** What the AsyncAPI document says of a message or an actor. */
export interface MessageDescription {
  /** A human-friendly title. */
  readonly title?: string;
  /** A short overview. */
  readonly summary?: string;
  /** A longer text, CommonMark allowed. */
  readonly description?: string;
  /** Whether it should no longer be used. */
  readonly deprecated?: boolean;
  /** Labels. */
  readonly tags?: readonly Tag[];
  /** Where to read more. */
  readonly externalDocs?: ExternalDocs;
  /** Example messages. */
  readonly examples?: readonly MessageExample[];
  /** Where the correlation id is found. */
  readonly correlationId?: CorrelationId;
  /** What only its protocol knows. */
  readonly bindings?: Bindings;
  /** The message that answers this one. Without a channel, the answer goes where `replyTo` says. */
  readonly reply?: MessageContract;
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

/** A message to be sent from an actor. */
export interface OutgoingMessage {
  /** Where it goes. */
  readonly channel: string;
  /** The body: bytes, or text sent as UTF-8. */
  readonly payload: Uint8Array | string;
  /** The headers. */
  readonly headers?: MessageHeaders;
  /** The MIME type of the body. */
  readonly contentType?: string | undefined;
  /** The channel on which a reply is expected. */
  readonly replyTo?: string | undefined;
  /** What only one broker knows. */
  readonly serverSpecificParameters?: ServerSpecificParameters;
}

/** A message to be sent from an actor as JSON. */
export interface OutgoingJson extends Omit<OutgoingMessage, "payload" | "contentType"> {
  /** Any value the serializer takes. */
  readonly payload: unknown;
}

/** An answer to a message. It goes to `channel`, else to where the message wants its reply. */
export type OutgoingReply = Omit<OutgoingMessage, "channel"> & { readonly channel?: string };

/** An answer as JSON. */
export type OutgoingJsonReply = Omit<OutgoingJson, "channel"> & { readonly channel?: string };

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
  reply(options: OutgoingReply): Promise<boolean>;
  /** Answers with JSON. As {@linkcode reply}. */
  replyJson(options: OutgoingJsonReply): Promise<boolean>;
  /** Sends a message over the connection this one came from. */
  sendMessage(options: OutgoingMessage): Promise<void>;
  /** Sends a value as JSON over the connection this one came from. */
  sendMessageJson(options: OutgoingJson): Promise<void>;
  /** Sends what a contract or an actor declares, over the connection this message came from unless `server` says otherwise. */
  send<P, H>(target: Sendable<P, H>, ...args: SendArguments<P, H>): Promise<void>;
}

/** What contexts and middlewares know of an actor. */
export interface ActorInfo {
  /** Its name. */
  readonly name: string;
  /** The address of its channel. */
  readonly channel: string;
  /** Its confirmation mode. */
  readonly confirmationMode: ConfirmationMode;
  /** Its time limit in milliseconds; `Infinity` for none. */
  readonly timeout: number;
}
