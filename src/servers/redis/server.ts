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
import {
  checkOptions,
  type RedisNames,
  type RedisServerOptions,
  toNames,
  toXaddArguments,
} from "./options.ts";
import type { Place } from "./place.ts";
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
  readonly #names: RedisNames;
  readonly #shared: SharedConnection;
  #commands: RedisClient | undefined;
  #settler: Settler | undefined;
  /** Consumers that could not leave in order, as Redis was away. */
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
    this.#names = toNames(options);
    this.host = host;
    this.pathname = pathname === "" || pathname === "/" ? undefined : pathname;
    this.description = options.description;
    this.capabilities = Object.freeze({
      nativeReply: false,
      leases: true,
      ordered: true,
      deadLetter: this.#names.deadLetters !== null,
      stableMessageIds: false,
      deliveryCounts: true,
      durable: true,
    });
    this.#shared = new SharedConnection({ open: (given) => this.#open(given), shut: () => this.#shut() });
  }

  /** Whether commands can be given now. It comes back by itself after an outage. */
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
    const stream = this.#names.stream(channel);
    const xadd = toXaddArguments(parameters);
    const id = await commands.give("XADD", stream, ...xadd, ...toFields(message)).catch((error: unknown) => {
      throw commands.explain(error);
    });
    if (id === null) {
      throw new Error(`Cannot publish as the stream does not exist, and may not be made: ${stream}`);
    }
  }

  /** Starts to consume, with a connection of its own for blocking reads. */
  async subscribe(channels: readonly string[], { signal }: SubscribeOptions = {}): Promise<Subscription> {
    const { commands, settler } = this.#connected("subscribe");
    signal?.throwIfAborted();
    const places = channels.map((channel) => this.#placeOf(channel));
    await Promise.all(places.map((place) => this.#createGroup(commands, place)));
    await Promise.all(this.#leftBehind.splice(0).map((one) => this.#leave(one)));
    const consumer = `repid-${crypto.randomUUID().slice(0, 8)}`;
    const blocking = new RedisClient({ url: this.#url, options: this.#options }, { lasting: false });
    const { connectTimeout = 10_000, blockMs = 5_000, minIdleMs = 60_000, reclaim = true, prefetch = 0 } =
      this.#options;
    const leaseInterval = Math.max(1, Math.floor(minIdleMs / 3));
    const subscription = new RedisSubscription({
      ...{ consumer, commands, blocking, settler, blockMs, minIdleMs, reclaim, prefetch, leaseInterval },
      holdings: places.map((place) => {
        const createGroup = (): Promise<void> => this.#createGroup(commands, place);
        return new Holding(settler, { place, consumer, leaseInterval, createGroup });
      }),
      leave: () => this.#leave({ places, consumer }),
    });
    const starting = blocking.connect(signal).then(() => subscription.start());
    try {
      // Nobody else watches this connection.
      if (!await settlesWithin(systemClock, connectTimeout, starting)) {
        throw new Error("Redis has not answered a new connection in time: timed out");
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
    return isPassing(error);
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

  #placeOf(channel: string): Place {
    const { stream, group, deadLetters } = this.#names;
    return {
      channel,
      stream: stream(channel),
      group: group(channel),
      deadLetters: deadLetters?.(channel) ?? null,
    };
  }

  /**
   * Takes a consumer out of its groups, after giving back what is pending for it: assigned by a read whose answer never
   * came. Where Redis is away, when it is back: nobody has to wait until the consumer counts as silent. Never rejects.
   */
  async #leave(one: Membership): Promise<void> {
    const [commands, settler] = [this.#commands, this.#settler];
    try {
      if (!commands?.isReady || !settler) throw new NotConnectedError("leave");
      await Promise.all(one.places.map((place) => leaveGroup(commands, settler, place, one.consumer)));
    } catch {
      this.#leftBehind.push(one);
    }
  }

  async #createGroup(commands: RedisClient, { stream, group }: Place): Promise<void> {
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
  readonly places: readonly Place[];
  readonly consumer: string;
}

async function leaveGroup(
  { redis }: RedisClient,
  settler: Settler,
  place: Place,
  consumer: string,
): Promise<void> {
  const pending = await redis.xpending(place.stream, place.group, "-", "+", 10_000, consumer) as unknown[][];
  await settler.giveBack(place, consumer, pending.map(([id]) => String(id)));
  await settler.leave(place, consumer);
}

function parse(url: string): URL {
  try {
    return new URL(url);
  } catch {
    // The URL may hold a password: it is not repeated.
    throw new TypeError("Cannot use the Redis server as its URL cannot be read");
  }
}
