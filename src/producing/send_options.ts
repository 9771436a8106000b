/**
 * What may be said when something is sent: what nobody knows, and what has the wrong shape, would be lost silently.
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

/** The parts of a received message are among them: one is passed on as `{ ...message, channel }`. */
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
 * Refuses options of a typed send that cannot work.
 *
 * @throws {TypeError} If one is not known, or headers or the reply's channel have the wrong shape.
 */
export function checkSendOptions(name: string, options: SendOptions): void {
  refuseUnknown(`send "${name}"`, options, COMMON);
  checkParts(options);
}

/**
 * Refuses options of any other send that cannot work.
 *
 * @throws {TypeError} If one is not known, or headers, the content type or the reply's channel have the wrong shape.
 */
export function checkMessageOptions(options: SendOptions): void {
  refuseUnknown("send the message", options, OF_MESSAGES);
  checkParts(options);
}

/**
 * Refuses parts of a message that would be lost.
 *
 * @throws {TypeError} If headers, the content type or the reply's channel have the wrong shape.
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
