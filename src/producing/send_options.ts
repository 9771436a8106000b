/**
 * Checks of the options of a send: unknown options, and options of the wrong shape, would be lost silently.
 * @module
 */
import type { SendMessageJsonOptions, SendMessageOptions, SendOptions } from "../declaration/sending.ts";
import { type KnownOptions, refuseUnknown } from "../_internal/known_options.ts";
import type { ReceivedMessage } from "../declaration/message.ts";

const COMMON: KnownOptions<SendOptions> = {
  headers: true,
  replyTo: true,
  server: true,
  serverSpecificParameters: true,
};

type OfMessages =
  & Pick<SendMessageOptions & SendMessageJsonOptions, "channel" | "operationId" | "serializer">
  & Pick<ReceivedMessage, "payload" | "contentType" | "messageId" | "deliveryCount">;

/** The parts of a received message are allowed, so that you can pass one on: `{ ...message, channel }`. */
const OF_MESSAGES: KnownOptions<OfMessages & SendOptions> = {
  ...COMMON,
  channel: true,
  operationId: true,
  serializer: true,
  payload: true,
  contentType: true,
  messageId: true,
  deliveryCount: true,
};

/**
 * Refuses invalid options of a typed send.
 *
 * @throws {TypeError} If one is unknown, or `headers` or `replyTo` have the wrong shape.
 */
export function checkSendOptions(name: string, options: SendOptions): void {
  refuseUnknown(`send "${name}"`, options, COMMON);
  checkParts(options);
}

/**
 * Refuses invalid options of any other send.
 *
 * @throws {TypeError} If one is unknown, or `headers`, `contentType` or `replyTo` have the wrong shape.
 */
export function checkMessageOptions(options: SendOptions): void {
  refuseUnknown("send the message", options, OF_MESSAGES);
  checkParts(options);
}

/**
 * Refuses invalid parts of a message.
 *
 * @throws {TypeError} If `headers`, `contentType` or `replyTo` have the wrong shape.
 */
export function checkParts(parts: object): void {
  const { headers, contentType, replyTo } = parts as Readonly<Record<string, unknown>>;
  if (
    headers !== undefined && (typeof headers !== "object" || headers === null || Symbol.iterator in headers)
  ) {
    throw new TypeError(
      `Cannot send the headers as they are not a plain object: ${Object.prototype.toString.call(headers)}`,
    );
  }
  if (contentType !== undefined && typeof contentType !== "string") {
    throw new TypeError(`Cannot send the message as its content type is not text: ${typeof contentType}`);
  }
  if (replyTo !== undefined && (typeof replyTo !== "string" || replyTo === "")) {
    throw new TypeError(
      `Cannot send the message as replyTo is not a non-empty string: ${
        replyTo === "" ? '""' : typeof replyTo
      }`,
    );
  }
}
