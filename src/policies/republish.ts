/**
 * Retries through the broker: a failed message is sent again, and counts how often.
 * @module
 */
import { type KnownOptions, refuseNoFunction, refuseUnknown } from "../_internal/known_options.ts";
import { type AutoAction, isAction, type OnErrorHandler } from "../declaration/confirmation.ts";
import type { Message } from "../declaration/message.ts";
import type { ServerSpecificParameters } from "../contract/server.ts";
import { PolicyError } from "../contract/errors.ts";
import { isWorthRetrying } from "./retry.ts";

/** How long a message that could not be sent is kept before it is put back, in milliseconds. */
const PAUSE = 1_000;

/** Options of {@linkcode republish}. */
export interface RepublishOptions {
  /** How often the message is handled at most, the first time included. A whole number of at least 1. Defaults to 3. */
  readonly attempts?: number | undefined;
  /** Whether to try again after this error. Defaults to all but a message that is not valid. */
  readonly when?: ((error: unknown, message: Message) => boolean | Promise<boolean>) | undefined;
  /** What becomes of the message when no attempt is left. Defaults to `"nack"`. */
  readonly otherwise?: AutoAction | undefined;
  /** The header that counts the retries. Defaults to `"x-retry-count"`. */
  readonly header?: string | undefined;
  /**
   * What the broker is told with the new message: how long to hold it back, where it can. `retry` counts from 1. Defaults
   * to nothing: the message may be handled again at once.
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
 * An `onError` (or `onTimeout`) that sends the message again, to the channel it came from, and acknowledges the old one:
 * the slot is free meanwhile, and any worker may take it. Where sending fails, that is reported (`actor.policy.error`) and
 * the message put back after a second.
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
 *     // RabbitMQ: queues whose messages come back after a while.
 *     parameters: (retry) => ({ to: `/exchanges/retry/delay.${10 * retry}` }),
 *   }),
 * }, () => {
 *   throw new Error("The bank does not answer");
 * });
 * ```
 *
 * @throws {TypeError} If an option is not known, or has the wrong shape.
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
    throw new TypeError(`Cannot republish as otherwise is no action: ${String(otherwise)}`);
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
      // Whatever refuses to take it may refuse for a while.
      throw new PolicyError("Cannot publish the message again", "reject", { cause, pause: PAUSE });
    }
    return "ack";
  };
}

/** Whatever else others wrote there counts as none. */
function retriesOf({ headers }: Message, header: string): number {
  const retries = Number(headers[header] ?? 0);
  return Number.isInteger(retries) && retries >= 0 ? retries : 0;
}
