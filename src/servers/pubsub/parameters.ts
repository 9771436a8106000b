/**
 * What only Pub/Sub knows about a publication.
 * @module
 */
import type { MessageData, ServerSpecificParameters } from "../../contract/server.ts";
import type { PubsubMessage } from "./protocol.ts";

/** What {@linkcode PubsubServer} takes as `serverSpecificParameters`. Others are a `TypeError`. */
export interface PubsubParameters {
  /** The topic, instead of the channel's. */
  readonly topic?: string;
  /** The project of the topic. */
  readonly project?: string;
  /** How long this publication may take, all its tries together, in milliseconds. */
  readonly timeout?: number;
  /** Messages with the same key are delivered in order, on subscriptions that order. */
  readonly orderingKey?: string;
  /** More attributes; they win over headers of the same name. */
  readonly attributes?: Readonly<Record<string, string>>;
}

type Check = (value: unknown) => boolean;

const isText: Check = (value) => typeof value === "string" && value !== "";
const CHECKS: Readonly<Record<string, Check>> = {
  topic: isText,
  project: isText,
  orderingKey: isText,
  timeout: (value) => typeof value === "number" && value > 0,
  attributes: (value) =>
    typeof value === "object" && value !== null &&
    Object.values(value).every((text) => typeof text === "string"),
};

/**
 * Checks them.
 *
 * @throws {TypeError} If one is unknown or of the wrong type.
 */
export function toParameters(parameters: ServerSpecificParameters): PubsubParameters {
  for (const name in parameters) {
    const value = parameters[name];
    const check = Object.hasOwn(CHECKS, name) ? CHECKS[name] : undefined;
    if (!check) throw new TypeError(`Cannot publish as Pub/Sub knows no such parameter: ${name}`);
    if (value !== undefined && !check(value)) {
      throw new TypeError(`Cannot publish as the parameter is not valid: ${name}`);
    }
  }
  return parameters;
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
