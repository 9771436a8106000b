/**
 * Counts who uses a broker's connection, so that a nested user does not disconnect the outer one.
 * @module
 */
import { NotConnectedError } from "./errors.ts";
import type { Connection, ConnectOptions } from "./server.ts";

/** How a server opens and shuts what its users share. */
export interface SharedConnectionOptions {
  /** Opens it. Called when the first user comes; never while open or shutting. */
  readonly open: (options: ConnectOptions) => Promise<void>;
  /** Shuts it. Called when the last user has gone; must settle within a bound. */
  readonly shut: () => Promise<void>;
}

/**
 * One connection, opened for its first user and shut after its last. For authors of servers:
 * `connect = (options) => this.#shared.connect(options)`.
 */
export class SharedConnection {
  readonly #options: SharedConnectionOptions;
  #users = 0;
  /** The opening or shutting under way; users queue behind it. */
  #turn: Promise<unknown> = Promise.resolve();

  /** Nothing is opened yet. */
  constructor(options: SharedConnectionOptions) {
    this.#options = options;
  }

  /** Whether anybody uses it. */
  get inUse(): boolean {
    return this.#users > 0;
  }

  /**
   * Throws unless somebody uses it.
   *
   * @throws {NotConnectedError} If nobody does.
   */
  assertInUse(doing: string): void {
    if (!this.inUse) throw new NotConnectedError(doing);
  }

  /** Joins, opening it for the first user. Rejects, and counts nobody, where it cannot be opened. */
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
