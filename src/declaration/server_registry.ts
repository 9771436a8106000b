/**
 * The servers of an application, by name.
 * @module
 */
import { type KnownOptions, refuseUnknown } from "../_internal/known_options.ts";
import type { Server } from "../contract/server.ts";

/** Options of {@linkcode ServerRegistry.register}. */
export interface RegisterOptions {
  /** Whether it becomes the default server. Defaults to `false`; the first server is the default all the same. */
  readonly isDefault?: boolean | undefined;
}

const REGISTER_OPTIONS: KnownOptions<RegisterOptions> = { isDefault: true };

/** The servers of an application. */
export class ServerRegistry {
  readonly #servers = new Map<string, Server>();
  #default: string | undefined;

  /**
   * Adds a server, and answers it. The first one is the default, until another is registered with `isDefault`. A name used
   * again replaces its server, as in Python's Repid, in its place: what is sent from then on goes to the new one, workers that
   * run stay with the old one.
   *
   * @throws {TypeError} If the name is not a non-empty string, the server is none, or an option is not known.
   */
  register<S extends Server>(name: string, server: S, options: RegisterOptions = {}): S {
    if (typeof name !== "string" || name === "") {
      throw new TypeError(`Cannot register a server as its name is not a non-empty string: ${String(name)}`);
    }
    refuseUnknown(`register the server "${name}"`, options, REGISTER_OPTIONS);
    if (typeof server?.subscribe !== "function" || typeof server.publish !== "function") {
      throw new TypeError(`Cannot register the server "${name}" as it is none: ${typeof server}`);
    }
    this.#servers.set(name, server);
    if (options.isDefault || this.#default === undefined) this.#default = name;
    return server;
  }

  /**
   * The server of that name; without a name the default one.
   *
   * @throws {RangeError} If there is none.
   */
  get(name?: string): Server {
    if (name === undefined) return this.default;
    const server = this.#servers.get(name);
    if (!server) {
      throw new RangeError(
        `Cannot use the server "${name}" as it is not registered: ${this.#known()}`,
      );
    }
    return server;
  }

  /**
   * The default server.
   *
   * @throws {RangeError} If no server is registered.
   */
  get default(): Server {
    if (this.#default === undefined) {
      throw new RangeError(
        "Cannot use the default server as no server is registered: call servers.register() first",
      );
    }
    return this.get(this.#default);
  }

  /**
   * Makes a registered server the default one.
   *
   * @throws {RangeError} If there is none of that name.
   */
  setDefault(name: string): void {
    this.get(name);
    this.#default = name;
  }

  /** Whether there is a server of that name. */
  has(name: string): boolean {
    return this.#servers.has(name);
  }

  /** Every name with its server, in registration order. */
  entries(): IterableIterator<[string, Server]> {
    return this.#servers.entries();
  }

  #known(): string {
    return `there is ${[...this.#servers.keys()].map((name) => `"${name}"`).join(", ") || "none"}`;
  }
}
