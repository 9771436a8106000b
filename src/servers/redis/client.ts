/**
 * Connections to Redis: the border to ioredis.
 * @module
 */
import type { Buffer } from "node:buffer";
import { setImmediate } from "node:timers";
import { Command, Redis, type RedisOptions } from "ioredis";
import { settlesWithin, systemClock } from "../../_internal/clock.ts";
import { Watch } from "./watch.ts";
import { lookForFeatures, NO_FEATURES, type RedisFeatures } from "./features.ts";
import type { RedisServerOptions } from "./options.ts";
import type { Script } from "./scripts.ts";

/** The longest pause between two attempts of the command connection, in milliseconds. */
const LONGEST_PAUSE = 1_000;
/** How long an orderly end may take, in milliseconds. */
const QUIT_TIMEOUT = 1_000;

/** Opens connections to one Redis. */
export interface RedisAddress {
  readonly url: string;
  readonly options: RedisServerOptions;
}

/** What commands take. */
export type Argument = string | number | Buffer;

/** What ioredis 6 needs to answer as ioredis 5 does, which knows no other protocol. */
const RESP2: object = { protocol: 2 };

/** One connection. */
export class RedisClient {
  /** What commands are given to. */
  readonly redis: Redis;
  /** Why the connection was lost or could not be made: ioredis itself only says that it is closed. */
  #lastError: unknown;
  #features = NO_FEATURES;
  /** Whether a command has left in this turn of the event loop. */
  #hasLeft = false;
  readonly #watch: Watch | undefined;
  /** What holds the turn's further commands back. */
  #corked: Redis["stream"] | undefined;

  /** Not connected yet. A lasting client reconnects by itself; another ends when its connection is lost. */
  constructor({ url, options }: RedisAddress, kind: { readonly lasting: boolean }) {
    const { connectTimeout = 10_000, idleTimeout = 30_000, username, password, tls, socketPath } = options;
    const settings: RedisOptions = {
      ...RESP2,
      lazyConnect: true,
      connectTimeout,
      // What cannot be sent now is refused now, and what was under way when the connection broke is refused as well:
      // nothing is sent twice, and no caller waits for ever.
      enableOfflineQueue: false,
      maxRetriesPerRequest: 0,
      autoResendUnfulfilledCommands: false,
      retryStrategy: kind.lasting
        ? (times) => Math.min(50 * 2 ** Math.min(times, 6), LONGEST_PAUSE)
        : () => null,
      ...(username !== undefined && { username }),
      ...(password !== undefined && { password }),
      ...(tls && { tls }),
      ...(socketPath !== undefined && { path: socketPath }),
    };
    this.redis = new Redis(url, settings);
    this.redis.on("error", (error: unknown) => this.#lastError = discreet(error));
    // What was the matter before explains no later loss.
    this.redis.on("ready", () => this.#lastError = undefined);
    if (!kind.lasting) return;
    // After an outage there may be another version.
    this.redis.on("ready", () => void this.#lookForFeatures().catch(() => {}));
    // A blocking read lasts as long as it should, so its connection is not watched.
    this.#watch = new Watch(this.redis, idleTimeout);
  }

  /** What the server can do, as was found out when the connection was made. */
  get features(): RedisFeatures {
    return this.#features;
  }

  /** Whether commands can be given now. */
  get isReady(): boolean {
    return this.redis.status === "ready";
  }

  /** Connects. Rejects with the reason of the failure, or with the signal's. */
  async connect(signal?: AbortSignal): Promise<void> {
    signal?.throwIfAborted();
    const abort = (): void => this.redis.disconnect();
    signal?.addEventListener("abort", abort, { once: true });
    try {
      await this.redis.connect();
      // ioredis counts a connection as made whose user was refused.
      await this.redis.ping();
      // And one whose database does not exist: it would go on with the first one.
      const { db } = this.redis.options;
      if (db) await this.redis.select(db);
      await this.#lookForFeatures();
      signal?.throwIfAborted();
    } catch (error) {
      this.redis.disconnect();
      signal?.throwIfAborted();
      throw this.explain(error);
    } finally {
      signal?.removeEventListener("abort", abort);
    }
  }

  /** Gives a command whose answer is read as text. */
  give(name: string, ...args: Argument[]): Promise<unknown> {
    return this.#send(new Command(name, args, { replyEncoding: "utf8" }));
  }

  /** Gives a command whose answer is read as bytes. */
  ask(name: string, ...args: Argument[]): Promise<unknown> {
    return this.#send(new Command(name, args, { replyEncoding: null }));
  }

  /** Runs a script by its name, and sends it whole only where Redis does not know it yet, or no longer. */
  async run({ text, sha }: Script, keys: readonly string[], args: readonly string[]): Promise<unknown> {
    try {
      return await this.ask("EVALSHA", sha, keys.length, ...keys, ...args);
    } catch (error) {
      // Nothing has run then, so that nothing runs twice.
      if (!(error instanceof Error && error.message.startsWith("NOSCRIPT"))) throw error;
      return await this.ask("EVAL", text, keys.length, ...keys, ...args);
    }
  }

  /**
   * The first command of a turn of the event loop leaves at once, the others together in one write at its end. ioredis' own
   * pipelining delays the first as well, and costs more: a third at a hundred commands a turn.
   */
  #send(command: Command): Promise<unknown> {
    if (!this.#hasLeft) {
      this.#hasLeft = true;
      setImmediate(() => {
        this.#hasLeft = false;
        this.#corked?.uncork();
        this.#corked = undefined;
      });
    } else if (!this.#corked && this.isReady) {
      this.#corked = this.redis.stream;
      this.#corked.cork();
    }
    this.redis.sendCommand(command);
    return command.promise;
  }

  async #lookForFeatures(): Promise<void> {
    this.#features = await lookForFeatures(this.redis);
  }

  /** What is behind an error that only says that the connection is closed, without what was sent. */
  explain(error: unknown): unknown {
    return isClosed(error) && this.#lastError !== undefined ? this.#lastError : discreet(error);
  }

  /** Ends the connection, in order where the server answers. Never rejects. */
  async close(): Promise<void> {
    if (this.isReady) await settlesWithin(systemClock, QUIT_TIMEOUT, this.redis.quit());
    await this.cut();
  }

  /** Ends the connection at once. What is under way is rejected. */
  async cut(): Promise<void> {
    this.#watch?.end();
    if (this.redis.status === "end" || this.redis.status === "wait") return;
    const ended = new Promise<void>((resolve) => this.redis.once("end", resolve));
    this.redis.disconnect();
    await settlesWithin(systemClock, QUIT_TIMEOUT, ended);
  }
}

/** Takes from an error what was sent, which ioredis puts there: it may be a password or a message, and errors are logged. */
function discreet(error: unknown): unknown {
  if (error instanceof Error) Reflect.deleteProperty(error, "command");
  return error;
}

/** Errors that say no more than that there is no connection. */
function isClosed(error: unknown): boolean {
  return error instanceof Error &&
    (error.message === "Connection is closed." || error.name === "MaxRetriesPerRequestError" ||
      error.message.startsWith("Stream isn't writeable"));
}

/**
 * Answers of Redis that pass: it starts, fails over, has too many clients, or no memory for the moment. Redis 6.2 wraps those
 * of a script: `ERR Error running script (…): … -OOM …`.
 */
const PASSING_ANSWERS =
  /(?:^|^ERR Error running script .* -)(?:LOADING|BUSY|MASTERDOWN|READONLY|CLUSTERDOWN|TRYAGAIN|OOM|NOREPLICAS|NOGROUP|UNBLOCKED|MISCONF)\b|^ERR max number of clients/;
/** Faults of the network that pass, by Node's code. */
const PASSING_CODES =
  /^(?:ECONN\w+|EPIPE|ETIMEDOUT|EHOSTUNREACH|EHOSTDOWN|ENETUNREACH|ENETDOWN|ENOTFOUND|EAI_AGAIN|ENOENT|NR_CLOSED|ERR_SOCKET\w*)$/;

/** Whether trying again may help. */
export function isPassing(error: unknown): boolean {
  if (!(error instanceof Error)) return false;
  if (isClosed(error) || error.message === "Command timed out") return true;
  const { code } = error as { code?: unknown };
  if (typeof code === "string") return PASSING_CODES.test(code);
  return PASSING_ANSWERS.test(error.message) || /^connect |timed? ?out/i.test(error.message);
}
