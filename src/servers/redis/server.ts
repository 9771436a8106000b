/**
 * Redis Streams as a broker.
 * @module
 */
import { settlesWithin, systemClock } from "../../_internal/clock.ts";
import { SharedConnection } from "../../contract/connection.ts";
import { NotConnectedError } from "../../contract/errors.ts";
import type { ServerDescription } from "../../contract/metadata.ts";
import type {
  Capabilities,
  Connection,
  ConnectOptions,
  MessageData,
  Server,
  ServerSpecificParameters,
  SubscribeOptions,
  Subscription,
} from "../../contract/server.ts";
import { isPassing, RedisClient } from "./client.ts";
import { toFields } from "./entry.ts";
import { Holding } from "./holding.ts";
import { RedisError } from "./errors.ts";
import { checkOptions, type RedisServerOptions, toKeys } from "./options.ts";
import { toXaddArguments } from "./parameters.ts";
import type { ChannelKeys } from "./channel_keys.ts";
import { Settler } from "./settler.ts";
import { RedisSubscription } from "./subscription.ts";

/**
 * Redis Streams, 6.2 and later, or Valkey. Streams and groups are made when they are missing. It speaks the wire format of
 * Python's Repid: both can share a queue.
 *
 * @example
 * ```ts
 * import { Repid } from "@repid/core";
 * import { RedisServer } from "@repid/core/redis";
 *
 * const app = new Repid();
 * app.servers.register("redis", new RedisServer("redis://localhost:6379"));
 * ```
 */
export class RedisServer implements Server {
  /** The AsyncAPI protocol name. */
  readonly protocol = "redis";
  /** The least version of Redis that will do. */
  readonly protocolVersion = "6.2";
  /** Host and port. */
  readonly host: string;
  /** The database's number, where the URL names one. */
  readonly pathname: string | undefined;
  /** What the AsyncAPI document says of it. */
  readonly description: ServerDescription | undefined;
  /** What it can do. */
  readonly capabilities: Capabilities;
  readonly #url: string;
  readonly #options: RedisServerOptions;
  readonly #shared: SharedConnection;
  #commands: RedisClient | undefined;
  #settler: Settler | undefined;
  /** Consumers that could not leave their groups, because Redis was unavailable. */
  readonly #leftBehind: Membership[] = [];

  /**
   * For a URL such as `redis://user:password@host:6379/0`, or `rediss://` for TLS.
   *
   * @throws {TypeError} If it is no such URL, or an option is not known.
   * @throws {RangeError} If an option is out of range.
   */
  constructor(url: string, options: RedisServerOptions = {}) {
    const { protocol, host, pathname } = parse(url);
    if (protocol !== "redis:" && protocol !== "rediss:") {
      throw new TypeError(
        `Cannot use the Redis server as its URL begins with neither redis: nor rediss: ${protocol}`,
      );
    }
    if (!/^(?:\/\d*)?$/.test(pathname)) {
      // Where a slash has slipped into the password, this is the rest of it: it is not repeated.
      throw new TypeError("Cannot use the Redis server as its URL names no database by number");
    }
    checkOptions(options);
    this.#url = url;
    this.#options = options;
    this.host = host;
    this.pathname = pathname === "" || pathname === "/" ? undefined : pathname;
    this.description = options.description;
    this.capabilities = Object.freeze({
      nativeReply: false,
      leases: true,
      ordered: true,
      deadLetter: options.keepDeadLetters ?? true,
      stableMessageIds: false,
      deliveryCounts: true,
      durable: true,
    });
    this.#shared = new SharedConnection({ open: (given) => this.#open(given), shut: () => this.#shut() });
  }

  /** Whether commands can be sent now. It reconnects by itself. */
  get isConnected(): boolean {
    return this.#commands?.isReady ?? false;
  }

  /** Connects. Rejects where Redis cannot be reached or refuses the user. */
  connect(options?: ConnectOptions): Promise<Connection> {
    return this.#shared.connect(options);
  }

  /** Adds an entry to the channel's stream. See {@linkcode RedisParameters}. */
  async publish(channel: string, message: MessageData, parameters: ServerSpecificParameters): Promise<void> {
    const { commands } = this.#connected("publish");
    const { stream } = toKeys(channel, this.#options);
    const xadd = toXaddArguments(parameters);
    const id = await commands.give("XADD", stream, ...xadd, ...toFields(message)).catch((error: unknown) => {
      throw commands.explain(error);
    });
    if (id === null) {
      const why = `the stream does not exist, and noMkStream forbids to create it: ${stream}`;
      throw new RedisError(`Cannot publish as ${why}`, { isRetriable: false });
    }
  }

  /** Starts to consume, with a separate connection for blocking reads. */
  async subscribe(channels: readonly string[], { signal }: SubscribeOptions = {}): Promise<Subscription> {
    const { commands, settler } = this.#connected("subscribe");
    signal?.throwIfAborted();
    const allKeys = channels.map((channel) => toKeys(channel, this.#options));
    await Promise.all(allKeys.map((keys) => this.#createGroup(commands, keys)));
    await Promise.all(this.#leftBehind.splice(0).map((one) => this.#leave(one)));
    const consumer = `repid-${crypto.randomUUID().slice(0, 8)}`;
    const blocking = new RedisClient({ url: this.#url, options: this.#options }, { lasting: false });
    const {
      connectTimeout = 10_000,
      readTimeout = 5_000,
      leaseDuration = 60_000,
      reclaim = true,
      prefetch = 0,
    } = this.#options;
    const leaseInterval = Math.max(1, Math.floor(leaseDuration / 3));
    const schedule = (holding: Holding): void => settler.schedule(holding);
    const subscription = new RedisSubscription({
      ...{
        consumer,
        commands,
        blocking,
        settler,
        readTimeout,
        leaseDuration,
        reclaim,
        prefetch,
        leaseInterval,
      },
      holdings: allKeys.map((keys) => {
        const createGroup = (): Promise<void> => this.#createGroup(commands, keys);
        return new Holding({ keys, consumer, leaseInterval, createGroup, schedule });
      }),
      leave: () => this.#leave({ allKeys, consumer }),
    });
    const starting = blocking.connect(signal).then(() => subscription.start());
    try {
      // This connection is watched by nothing else.
      if (!await settlesWithin(systemClock, connectTimeout, starting)) {
        throw new RedisError("Redis did not answer a new connection in time: timed out", {
          isRetriable: true,
        });
      }
      await starting;
    } catch (error) {
      await blocking.cut();
      throw blocking.explain(error);
    }
    return subscription;
  }

  /** Lost connections pass, and so do outages; wrong credentials and wrong types do not. */
  isRetriable(error: unknown): boolean {
    return error instanceof RedisError ? error.isRetriable : isPassing(error);
  }

  #connected(doing: string): { readonly commands: RedisClient; readonly settler: Settler } {
    this.#shared.assertInUse(doing);
    // Opened before the first user is counted.
    return { commands: this.#commands as RedisClient, settler: this.#settler as Settler };
  }

  async #open({ signal }: ConnectOptions): Promise<void> {
    const commands = new RedisClient({ url: this.#url, options: this.#options }, { lasting: true });
    await commands.connect(signal);
    const { keepAcked = false, deadLetterMaxLength } = this.#options;
    this.#commands = commands;
    this.#settler = new Settler(commands, { keepAcked, deadLetterMaxLength });
  }

  async #shut(): Promise<void> {
    await this.#commands?.close();
  }

  /**
   * Takes a consumer out of its groups, after giving back what is pending for it: assigned by a read whose answer never
   * came. If Redis is unavailable, that happens later. So no message waits until its lease expires. Never rejects.
   */
  async #leave(one: Membership): Promise<void> {
    const [commands, settler] = [this.#commands, this.#settler];
    try {
      if (!commands?.isReady || !settler) throw new NotConnectedError("leave");
      await Promise.all(one.allKeys.map((keys) => leaveGroup(commands, settler, keys, one.consumer)));
    } catch {
      this.#leftBehind.push(one);
    }
  }

  async #createGroup(commands: RedisClient, { stream, group }: ChannelKeys): Promise<void> {
    const { startId = "0" } = this.#options;
    try {
      await commands.redis.xgroup("CREATE", stream, group, startId, "MKSTREAM");
    } catch (error) {
      if (!(error instanceof Error && error.message.startsWith("BUSYGROUP"))) throw commands.explain(error);
    }
  }
}

/** A consumer, and where it is one. */
interface Membership {
  readonly allKeys: readonly ChannelKeys[];
  readonly consumer: string;
}

async function leaveGroup(
  { redis }: RedisClient,
  settler: Settler,
  keys: ChannelKeys,
  consumer: string,
): Promise<void> {
  const pending = await redis.xpending(keys.stream, keys.group, "-", "+", 10_000, consumer) as unknown[][];
  await settler.giveBack(keys, consumer, pending.map(([id]) => String(id)));
  await settler.leave(keys, consumer);
}

function parse(url: string): URL {
  try {
    return new URL(url);
  } catch {
    // The URL may hold a password: it is not repeated.
    throw new TypeError("Cannot use the Redis server as its URL cannot be read");
  }
}
