/**
 * Channels: where messages are sent to and consumed from.
 * @module
 */
import type { Bindings, ExternalDocs, Tag } from "./metadata.ts";

/** A queue, stream, topic or subscription, and how the AsyncAPI document describes it. */
export interface Channel {
  /** Its name at the broker. */
  readonly address: string;
  /** A human-friendly name. */
  readonly title?: string | undefined;
  /** A short overview. */
  readonly summary?: string | undefined;
  /** A longer text, CommonMark allowed. */
  readonly description?: string | undefined;
  /** Labels. */
  readonly tags?: readonly Tag[] | undefined;
  /** Where to read more. */
  readonly externalDocs?: ExternalDocs | undefined;
  /** Protocol-specific information. */
  readonly bindings?: Bindings | undefined;
}

/** The channel of actors if neither they nor a router above them name one. */
export const DEFAULT_CHANNEL = "default";

/**
 * A channel, from its address or from a full description.
 *
 * @throws {TypeError} If the address is not a non-empty string.
 */
export function toChannel(channel: string | Channel): Channel {
  const described = typeof channel === "string" ? { address: channel } : channel;
  if (typeof described?.address !== "string" || described.address === "") {
    throw new TypeError(
      `Cannot use the channel as its address is not a non-empty string: ${String(described?.address)}`,
    );
  }
  return described;
}
