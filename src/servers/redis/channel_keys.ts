/**
 * The keys of a channel in Redis, and what Redis says about them.
 * @module
 */

/** A channel's stream, the group that consumes it, and the stream of its dead letters. */
export interface ChannelKeys {
  readonly channel: string;
  readonly stream: string;
  readonly group: string;
  /** `null` if dead letters are not kept. */
  readonly deadLetters: string | null;
}

/** Reads what `XINFO` answers: for each group or consumer, names and values in turn. */
export function toInfos(reply: unknown): ReadonlyMap<string, unknown>[] {
  return (reply as readonly (readonly unknown[])[]).map((fields) => {
    const info = new Map<string, unknown>();
    for (let i = 0; i + 1 < fields.length; i += 2) info.set(String(fields[i]), fields[i + 1]);
    return info;
  });
}

/** Whether an error says that a stream or its group does not exist. */
export function isGroupMissing(error: unknown): boolean {
  return error instanceof Error && /NOGROUP|no such key/.test(error.message);
}
