/**
 * How a Redis server is reached, and what its streams are called.
 * @module
 */
import { type KnownOptions, refuseNoFunction, refuseUnknown } from "../../_internal/known_options.ts";
import type { ServerDescription } from "../../contract/metadata.ts";
import { TLS_OPTIONS, type TlsOptions } from "../../contract/tls.ts";
import type { ChannelKeys } from "./channel_keys.ts";

/** What a channel is called in Redis. What is left out has its default. */
export interface RedisNames {
  /** The stream. Defaults to `repid:{channel}`. */
  readonly stream?: string | undefined;
  /** The consumer group. Defaults to `repid:{channel}:group`. */
  readonly group?: string | undefined;
  /** The stream of dead letters. Defaults to `repid:{channel}:dlq`. */
  readonly deadLetters?: string | undefined;
}

/** Options of {@linkcode RedisServer}. */
export interface RedisServerOptions {
  /** What a channel is called in Redis. Defaults to the names that Python's Repid uses; with other names, workers in Python do not share the queue. */
  readonly names?: ((channel: string) => RedisNames) | undefined;
  /** Whether nacked messages are kept in a stream of their own. Defaults to `true`; otherwise they are deleted. */
  readonly keepDeadLetters?: boolean | undefined;
  /** About how many dead letters are kept. Defaults to all. */
  readonly deadLetterMaxLength?: number | undefined;
  /** Whether acknowledged entries stay in the stream. Defaults to `false`: the stream does not grow. */
  readonly keepAcked?: boolean | undefined;
  /** Where a new consumer group begins: `0` for everything, `$` for what is published from now on, or an entry's id. Defaults to `0`. */
  readonly startId?: string | undefined;
  /** How long one blocking read lasts, in milliseconds. Defaults to 5 000. */
  readonly readTimeout?: number | undefined;
  /**
   * How long a message belongs to its consumer without a sign of life, in milliseconds. Workers extend the lease of running
   * messages. When it expires, another consumer takes the message over. Defaults to 60 000.
   */
  readonly leaseDuration?: number | undefined;
  /** Whether this server takes over messages whose lease expired. Defaults to `true`. */
  readonly reclaim?: boolean | undefined;
  /**
   * How many messages may be read beyond what there is room for, so that a worker with little room waits less. Their leases
   * are extended, and they are returned when the worker stops. No other worker can have them meanwhile. Defaults to 0.
   */
  readonly prefetch?: number | undefined;
  /** How long connecting may take, in milliseconds. Defaults to 10 000. */
  readonly connectTimeout?: number | undefined;
  /** Reconnects if Redis does not answer for this long, in milliseconds, plus up to 25 %. Defaults to 30 000. */
  readonly idleTimeout?: number | undefined;
  /** The user's name, if it is not in the URL. */
  readonly username?: string | undefined;
  /** The password, if it is not in the URL. */
  readonly password?: string | undefined;
  /** Encryption. Defaults to what the URL says: `rediss://` encrypts and trusts the system's certificates. */
  readonly tls?: TlsOptions | undefined;
  /** The path of a unix socket to connect to, instead of host and port. */
  readonly socketPath?: string | undefined;
  /** What the AsyncAPI document says of it. */
  readonly description?: ServerDescription | undefined;
}

const OPTIONS: KnownOptions<RedisServerOptions> = {
  names: true,
  keepDeadLetters: true,
  deadLetterMaxLength: true,
  keepAcked: true,
  startId: true,
  readTimeout: true,
  leaseDuration: true,
  reclaim: true,
  prefetch: true,
  connectTimeout: true,
  idleTimeout: true,
  username: true,
  password: true,
  tls: true,
  socketPath: true,
  description: true,
};

const DOING = "use the Redis server";

/**
 * Refuses options that cannot work.
 *
 * @throws {TypeError} If one is not known, or `names` is not a function.
 * @throws {RangeError} If a duration or a length is out of range.
 */
export function checkOptions(options: RedisServerOptions): void {
  refuseUnknown(DOING, options, OPTIONS);
  refuseNoFunction(DOING, { names: options.names });
  if (options.tls !== undefined) refuseUnknown(`${DOING} with TLS`, options.tls, TLS_OPTIONS);
  const positive = [
    "readTimeout",
    "leaseDuration",
    "connectTimeout",
    "idleTimeout",
    "deadLetterMaxLength",
  ] as const;
  for (const name of positive) {
    const value = options[name];
    if (value !== undefined && !(Number.isInteger(value) && value > 0)) {
      throw new RangeError(`Cannot ${DOING} as ${name} is not a positive whole number: ${value}`);
    }
  }
  const { prefetch = 0 } = options;
  if (!(Number.isInteger(prefetch) && prefetch >= 0)) {
    throw new RangeError(`Cannot ${DOING} as prefetch is not a whole number: ${prefetch}`);
  }
}

/**
 * The keys of a channel.
 *
 * @throws {TypeError} If `names` gives it something else than non-empty strings.
 */
export function toKeys(channel: string, { names, keepDeadLetters = true }: RedisServerOptions): ChannelKeys {
  const given: unknown = names?.(channel) ?? {};
  if (typeof given !== "object") {
    throw new TypeError(`Cannot use the channel "${channel}" as names() answers no object: ${typeof given}`);
  }
  const {
    stream = `repid:${channel}`,
    group = `repid:${channel}:group`,
    deadLetters = `repid:${channel}:dlq`,
  } = given as RedisNames;
  for (const [name, value] of Object.entries({ stream, group, deadLetters })) {
    if (typeof value === "string" && value !== "") continue;
    throw new TypeError(
      `Cannot use the channel "${channel}" as names() gives it no ${name} that is a non-empty string: ${
        String(value)
      }`,
    );
  }
  return { channel, stream, group, deadLetters: keepDeadLetters ? deadLetters : null };
}
