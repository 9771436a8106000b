/**
 * Counts the users of a broker's connection, so that one of them does not disconnect the others.
 * @module
 */
import { NotConnectedError } from "./errors.ts";
import type { Connection, ConnectOptions } from "./server.ts";

/** How a server opens and closes the connection that its users share. */
export interface SharedConnectionOptions {
  /** Opens the connection. Called for the first user; never while it is open or closing. */
  readonly open: (options: ConnectOptions) => Promise<void>;
  /** Closes the connection. Called after the last user; must settle within a bound. */
  readonly shut: () => Promise<void>;
}

/**
 * One connection, opened for its first user and closed after its last. For authors of servers:
 * `connect = (options) => this.#shared.connect(options)`.
 */
export class SharedConnection {
  readonly #options: SharedConnectionOptions;
  #users = 0;
  /** The opening or closing in progress; other users wait for it. */
  #turn: Promise<unknown> = Promise.resolve();

  /** Opens nothing yet. */
  constructor(options: SharedConnectionOptions) {
    this.#options = options;
  }

  /** Whether it has a user. */
  get inUse(): boolean {
    return this.#users > 0;
  }

  /**
   * Throws unless it has a user. `doing` completes the error: `"publish"`.
   *
   * @throws {NotConnectedError} If it has none.
   */
  assertInUse(doing: string): void {
    if (!this.inUse) throw new NotConnectedError(doing);
  }

  /** Adds a user, and opens the connection for the first one. If that fails, it rejects and adds no user. */
  async connect(options: ConnectOptions = {}): Promise<Connection> {
    options.signal?.throwIfAborted();
    await this.#inTurn(async () => {
      if (this.#users === 0) await this.#options.open(options);
      this.#users++;
    });
    let closing: Promise<void> | undefined;
    const close = (): Promise<void> => closing ??= this.#leave();
    return { close, [Symbol.asyncDispose]: close };
  }

  #leave(): Promise<void> {
    return this.#inTurn(async () => {
      this.#users--;
      if (this.#users === 0) await this.#options.shut();
    });
  }

  #inTurn(step: () => Promise<void>): Promise<void> {
    const mine = this.#turn.then(step);
    this.#turn = mine.catch(() => {});
    return mine;
  }
}
