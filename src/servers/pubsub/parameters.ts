/**
 * What only Pub/Sub knows about a publication.
 * @module
 */
import { type KnownParameters, toKnownParameters } from "../../_internal/server_parameters.ts";
import type { MessageData, ServerSpecificParameters } from "../../contract/server.ts";
import type { PubsubMessage } from "./protocol.ts";

/** What {@linkcode PubsubServer} takes as `serverSpecificParameters`. Python's name, `ordering_key`, means the same. */
export interface PubsubParameters {
  /** The topic, instead of the channel's. */
  readonly topic?: string | undefined;
  /** The project of the topic. */
  readonly project?: string | undefined;
  /** How long this publication may take, all its tries together, in milliseconds. */
  readonly timeout?: number | undefined;
  /** Messages with the same key are delivered in order, on subscriptions that order. */
  readonly orderingKey?: string | undefined;
  /** More attributes; they win over headers of the same name. */
  readonly attributes?: Readonly<Record<string, string>> | undefined;
}

const isText = {
  accepts: (value: unknown) => typeof value === "string" && value !== "",
  expected: "a non-empty string",
};

const KNOWN: KnownParameters<PubsubParameters> = {
  topic: isText,
  project: isText,
  orderingKey: isText,
  timeout: {
    accepts: (value) => typeof value === "number" && value > 0,
    expected: "a positive number of milliseconds",
  },
  attributes: {
    accepts: (value) =>
      typeof value === "object" && value !== null &&
      Object.values(value).every((text) => typeof text === "string"),
    expected: "an object of strings",
  },
};

/**
 * The parameters of one message, checked.
 *
 * @throws {TypeError} If one is not known or has the wrong shape.
 */
export function toParameters(parameters: ServerSpecificParameters): PubsubParameters {
  return toKnownParameters("Pub/Sub", parameters, KNOWN, { ordering_key: "orderingKey" });
}

/** The message as it travels. */
export function toPubsubMessage(
  message: MessageData,
  { attributes, orderingKey }: PubsubParameters,
): PubsubMessage {
  const { payload, headers, contentType, replyTo } = message;
  const all: Record<string, string> = {};
  if (contentType !== undefined) all["content_type"] = contentType;
  if (replyTo !== undefined) all["reply_to"] = replyTo;
  for (const name in headers) {
    const value = headers[name];
    if (value !== undefined) all[name] = value;
  }
  if (attributes) Object.assign(all, attributes);
  // Pub/Sub refuses a message without both.
  if (payload.byteLength === 0 && Object.keys(all).length === 0) all["content_type"] = "";
  return { data: payload, attributes: all, ...(orderingKey === undefined ? {} : { orderingKey }) };
}
