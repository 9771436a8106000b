/**
 * What can be sent, and the options of every way to send it.
 * @module
 */
import type { Channel } from "../contract/channel.ts";
import type { Serializer } from "../contract/serializer.ts";
import type { MessageHeaders, ServerSpecificParameters } from "../contract/server.ts";
import type { Converter } from "./converter.ts";
import type { RoutingStrategy } from "./routing.ts";
import type { MaybeSchema } from "./schema.ts";

/** Anything with a type that you can send: a message contract or an actor. */
export interface Sendable<P = unknown, H = unknown> {
  /** The topic, and the operation id. */
  readonly name: string;
  /** The channel to send to. */
  readonly channel?: string | Channel | undefined;
  /** How it is routed. Defaults to {@linkcode topicBasedRoutingStrategy}. */
  readonly routingStrategy?: RoutingStrategy | undefined;
  /** The payload's schema. */
  readonly payload?: MaybeSchema;
  /** The headers' schema. */
  readonly headers?: MaybeSchema;
  /** How the payload is encoded and decoded. Defaults to JSON. */
  readonly converter?: Converter | undefined;
  /** At compile time only: the payload and headers to send. */
  readonly "~sends"?: { readonly payload: P; readonly headers: H };
}

/** Where to send a message: to a channel or through a registered operation. Give exactly one of them. */
export type Destination =
  | { readonly channel: string; readonly operationId?: undefined }
  | { readonly operationId: string; readonly channel?: undefined };

/** Options that every way of sending has. */
export interface SendOptions {
  /** The headers. Those that are `undefined` are not sent. */
  readonly headers?: MessageHeaders | undefined;
  /** The channel on which you expect a reply. */
  readonly replyTo?: string | undefined;
  /**
   * The name of the server to send through. Defaults to the default server; in an actor, to the server that the handled
   * message came from.
   */
  readonly server?: string | undefined;
  /** Parameters that only this broker knows. */
  readonly serverSpecificParameters?: ServerSpecificParameters | undefined;
}

/**
 * The arguments of `send()` after the target: payload and options; `headers` is required if the target requires headers. The
 * header that routes the message is always that of the target, so you can pass on the headers of another message.
 */
export type SendArguments<P, H> = Record<never, never> extends H
  ? unknown extends P
    ? [payload?: undefined, options?: SendOptions & { readonly headers?: (MessageHeaders & H) | undefined }]
  : [payload: P, options?: SendOptions & { readonly headers?: (MessageHeaders & H) | undefined }]
  : [
    payload: unknown extends P ? undefined : P,
    options: SendOptions & { readonly headers: MessageHeaders & H },
  ];

/** Options of {@linkcode Repid.sendMessage} and {@linkcode Message.sendMessage}. */
export type SendMessageOptions = Destination & SendOptions & {
  /** The body: bytes, or text, which is sent as UTF-8. */
  readonly payload: Uint8Array | string;
  /** The MIME type of the body. */
  readonly contentType?: string | undefined;
};

/** Options of {@linkcode Repid.sendMessageJson} and {@linkcode Message.sendMessageJson}. */
export type SendMessageJsonOptions = Destination & SendOptions & {
  /** Any value that the serializer accepts. */
  readonly payload: unknown;
  /** Used instead of the application's serializer. */
  readonly serializer?: Serializer | undefined;
};

/** Options of {@linkcode Message.reply}. The reply leaves through the server that the handled message came from. */
export interface ReplyOptions extends Omit<SendOptions, "server"> {
  /** Where the reply goes. Defaults to the message's `replyTo`. */
  readonly channel?: string | undefined;
  /** The body: bytes, or text, which is sent as UTF-8. */
  readonly payload: Uint8Array | string;
  /** The MIME type of the body. */
  readonly contentType?: string | undefined;
}

/** Options of {@linkcode Message.replyJson}. */
export interface ReplyJsonOptions extends Omit<ReplyOptions, "payload" | "contentType"> {
  /** Any value that the application's serializer accepts. */
  readonly payload: unknown;
}
