/**
 * Retries through the broker: a failed message is published again, with a count in a header.
 * @module
 */
import { type KnownOptions, refuseNoFunction, refuseUnknown } from "../_internal/known_options.ts";
import { type AutoAction, isAction, type OnErrorHandler } from "../declaration/confirmation.ts";
import type { Message } from "../declaration/message.ts";
import type { ServerSpecificParameters } from "../contract/server.ts";
import { PolicyError } from "../contract/errors.ts";
import { isWorthRetrying } from "./retry.ts";

/** How long a message that could not be published is kept before it is rejected, in milliseconds. */
const PAUSE = 1_000;

/** Options of {@linkcode republish}. */
export interface RepublishOptions {
  /** How often the message is handled at most, including the first time. A whole number of at least 1. Defaults to 3. */
  readonly attempts?: number | undefined;
  /** Whether to retry after this error. Defaults to every error but that of an invalid message. */
  readonly when?: ((error: unknown, message: Message) => boolean | Promise<boolean>) | undefined;
  /** How the message is settled when no attempt is left. Defaults to `"nack"`. */
  readonly otherwise?: AutoAction | undefined;
  /** The header that counts the retries. Defaults to `"x-retry-count"`. */
  readonly header?: string | undefined;
  /**
   * Parameters for the new message, such as a delay if the broker has one. `retry` counts from 1. Defaults to none: the
   * message may be handled again at once.
   */
  readonly parameters?: ((retry: number, message: Message) => ServerSpecificParameters) | undefined;
}

const REPUBLISH_OPTIONS: KnownOptions<RepublishOptions> = {
  attempts: true,
  when: true,
  otherwise: true,
  header: true,
  parameters: true,
};

/**
 * An `onError` (or `onTimeout`) that publishes the message again, to the channel that it came from, and acknowledges the old
 * one. Meanwhile the slot is free, and any worker may handle the new message. If publishing fails, that is reported
 * (`actor.policy.error`) and the message is rejected after a second.
 *
 * @example
 * ```ts
 * import { republish, Router } from "@repid/core";
 *
 * const router = new Router();
 * router.actor({
 *   name: "charge",
 *   channel: "payments",
 *   onError: republish({
 *     attempts: 5,
 *     when: (error) => !(error instanceof TypeError),
 *     // RabbitMQ: queues whose messages expire into the channel after a delay.
 *     parameters: (retry) => ({ to: `/exchanges/retry/delay.${10 * retry}` }),
 *   }),
 * }, () => {
 *   throw new Error("The bank does not answer");
 * });
 * ```
 *
 * @throws {TypeError} If an option is unknown or has the wrong shape.
 * @throws {RangeError} If `attempts` is out of range.
 */
export function republish(options: RepublishOptions = {}): OnErrorHandler {
  refuseUnknown("republish", options, REPUBLISH_OPTIONS);
  const { attempts = 3, when = isWorthRetrying, otherwise = "nack", header = "x-retry-count", parameters } =
    options;
  if (!Number.isInteger(attempts) || attempts < 1) {
    throw new RangeError(
      `Cannot republish as attempts is not a whole number of at least 1: ${String(attempts)}`,
    );
  }
  refuseNoFunction("republish", { when, parameters });
  if (!isAction(otherwise, "auto")) {
    throw new TypeError(`Cannot republish as otherwise is not an action: ${String(otherwise)}`);
  }
  if (typeof header !== "string" || header === "") {
    throw new TypeError(`Cannot republish as the header's name is not a non-empty string: ${String(header)}`);
  }
  return async (error, message) => {
    const retry = retriesOf(message, header) + 1;
    if (retry >= attempts || !await when(error, message)) return otherwise;
    const { channel, payload, contentType, replyTo } = message;
    const headers = { ...message.headers, [header]: String(retry) };
    const serverSpecificParameters = parameters?.(retry, message) ?? {};
    try {
      await message.sendMessage({
        channel,
        payload,
        headers,
        contentType,
        replyTo,
        serverSpecificParameters,
      });
    } catch (cause) {
      // Publishing may fail for a while.
      throw new PolicyError("Cannot publish the message again", "reject", { cause, pause: PAUSE });
    }
    return "ack";
  };
}

/** Any other value of the header counts as 0. */
function retriesOf({ headers }: Message, header: string): number {
  const retries = Number(headers[header] ?? 0);
  return Number.isInteger(retries) && retries >= 0 ? retries : 0;
}
