/**
 * How a Redis server is reached, and what its streams are called.
 * @module
 */
import { type KnownOptions, refuseUnknown } from "../../_internal/known_options.ts";
import type { ServerDescription } from "../../contract/metadata.ts";

/** Options of {@linkcode RedisServer}. */
export interface RedisServerOptions {
  /** The stream of a channel. Defaults to `repid:{channel}`. */
  readonly streamName?: (channel: string) => string;
  /** The consumer group of a channel. Defaults to `repid:{channel}:group`. */
  readonly consumerGroup?: (channel: string) => string;
  /** The stream that nacked messages of a channel go to; `null` for none. Defaults to `repid:{channel}:dlq`. */
  readonly deadLetterStream?: ((channel: string) => string) | null;
  /** About how many dead letters are kept. Defaults to all. */
  readonly deadLetterMaxLength?: number;
  /** Where a new consumer group begins: `0` for everything, `$` for what comes from now on, or an entry's id. Defaults to `0`. */
  readonly startId?: string;
  /** How long one blocking read lasts, in milliseconds. Defaults to 5 000. */
  readonly blockMs?: number;
  /** How long a message may be silent until another consumer takes it over, in milliseconds. Running messages are kept by the worker. Defaults to 60 000. */
  readonly minIdleMs?: number;
  /** Whether to take over messages of consumers that fell silent. Defaults to `true`. */
  readonly reclaim?: boolean;
  /**
   * How many messages may be read beyond what there is room for, so that a worker with little room waits less. They are kept
   * as running messages are, and go back when the worker stops; but no other worker can have them meanwhile. Defaults to 0.
   */
  readonly prefetch?: number;
  /** Whether acknowledged entries stay in the stream. Defaults to `false`: the stream does not grow. */
  readonly keepAcked?: boolean;
  /** How long connecting may take, in milliseconds. Defaults to 10 000. */
  readonly connectTimeout?: number;
  /**
   * How long Redis may say nothing although it is asked, in milliseconds; a quarter longer, the connection is given up and made
   * anew. Defaults to 30 000.
   */
  readonly commandTimeout?: number;
  /** The user's name, where it is not in the URL. */
  readonly username?: string;
  /** The password, where it is not in the URL. */
  readonly password?: string;
  /** TLS, as `node:tls` takes it: `{ ca, cert, key, servername, … }`. Defaults to what the URL says: `rediss://`. */
  readonly tls?: Readonly<Record<string, unknown>>;
  /** The path of a unix socket to connect to, instead of host and port. */
  readonly socketPath?: string;
  /** What the AsyncAPI document says of it. */
  readonly description?: ServerDescription;
}

const OPTIONS: KnownOptions<RedisServerOptions> = {
  streamName: true,
  consumerGroup: true,
  deadLetterStream: true,
  deadLetterMaxLength: true,
  startId: true,
  blockMs: true,
  minIdleMs: true,
  reclaim: true,
  prefetch: true,
  keepAcked: true,
  connectTimeout: true,
  commandTimeout: true,
  username: true,
  password: true,
  tls: true,
  socketPath: true,
  description: true,
};

/** What {@linkcode RedisServer} takes as `serverSpecificParameters` of a message. Others are a `TypeError`. */
export interface RedisParameters {
  /** The most entries that the stream keeps. Defaults to all. */
  readonly maxlen?: number;
  /** Whether `maxlen` is met only about, which is much cheaper. Defaults to `true`. */
  readonly approximate?: boolean;
  /** Whether to refuse the message where the stream does not exist, instead of making it. Defaults to `false`. */
  readonly nomkstream?: boolean;
  /** The entry's id. Defaults to `*`, one made by Redis. */
  readonly stream_id?: string;
}

/** What options come to. */
export interface RedisNames {
  readonly stream: (channel: string) => string;
  readonly group: (channel: string) => string;
  readonly deadLetters: ((channel: string) => string) | null;
}

/** The names that Python's Repid uses as well. */
export function toNames(options: RedisServerOptions): RedisNames {
  const {
    streamName = (channel) => `repid:${channel}`,
    consumerGroup = (channel) => `repid:${channel}:group`,
    deadLetterStream = (channel) => `repid:${channel}:dlq`,
  } = options;
  return { stream: streamName, group: consumerGroup, deadLetters: deadLetterStream };
}

/**
 * Refuses options that cannot work.
 *
 * @throws {TypeError} If one is not known.
 * @throws {RangeError} If a duration or a length is out of range.
 */
export function checkOptions(options: RedisServerOptions): void {
  refuseUnknown("use the Redis server", options, OPTIONS);
  const positive = [
    "blockMs",
    "minIdleMs",
    "connectTimeout",
    "commandTimeout",
    "deadLetterMaxLength",
  ] as const;
  for (const name of positive) {
    const value = options[name];
    if (value !== undefined && !(Number.isInteger(value) && value > 0)) {
      throw new RangeError(`Cannot use the Redis server as ${name} is not a positive whole number: ${value}`);
    }
  }
  const { prefetch = 0 } = options;
  if (!(Number.isInteger(prefetch) && prefetch >= 0)) {
    throw new RangeError(`Cannot use the Redis server as prefetch is not a whole number: ${prefetch}`);
  }
}

const PARAMETERS: readonly string[] = [
  "maxlen",
  "approximate",
  "nomkstream",
  "stream_id",
] satisfies (keyof RedisParameters)[];

/**
 * The parameters of one message, checked.
 *
 * @throws {TypeError} If one is not known or has the wrong shape.
 */
export function toXaddArguments(parameters: Readonly<Record<string, unknown>>): (string | number)[] {
  for (const name of Object.keys(parameters)) {
    if (PARAMETERS.includes(name)) continue;
    throw new TypeError(
      `Cannot publish as Redis knows no such parameter: ${name}, but ${PARAMETERS.join(", ")}`,
    );
  }
  const { maxlen, approximate = true, nomkstream = false, stream_id = "*" } = parameters;
  const refuse = (name: string, value: unknown): never => {
    throw new TypeError(`Cannot publish as the parameter ${name} has the wrong shape: ${String(value)}`);
  };
  if (maxlen !== undefined && !(Number.isInteger(maxlen) && Number(maxlen) >= 0)) refuse("maxlen", maxlen);
  if (typeof approximate !== "boolean") refuse("approximate", approximate);
  if (typeof nomkstream !== "boolean") refuse("nomkstream", nomkstream);
  if (typeof stream_id !== "string" || stream_id === "") refuse("stream_id", stream_id);
  return [
    ...(nomkstream ? ["NOMKSTREAM"] : []),
    ...(maxlen === undefined ? [] : ["MAXLEN", approximate ? "~" : "=", Number(maxlen)]),
    String(stream_id),
  ];
}
