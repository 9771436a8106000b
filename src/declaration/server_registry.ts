/**
 * The servers of an application, by name.
 * @module
 */
import { type KnownOptions, refuseUnknown } from "../_internal/known_options.ts";
import type { Server } from "../contract/server.ts";

/** Options of {@linkcode ServerRegistry.register}. */
export interface RegisterOptions {
  /** Whether it becomes the default server. Defaults to `false`; the first server is the default anyway. */
  readonly isDefault?: boolean | undefined;
}

const REGISTER_OPTIONS: KnownOptions<RegisterOptions> = { isDefault: true };

/** The servers of an application. */
export class ServerRegistry {
  readonly #servers = new Map<string, Server>();
  #default: string | undefined;

  /**
   * Adds a server and returns it. The first one is the default until another is registered with `isDefault`. If the name is
   * taken, the new server replaces the old one in its place: later messages are sent through the new server, running workers
   * stay with the old one.
   *
   * @throws {TypeError} If the name is not a non-empty string, the server is not a server, or an option is unknown.
   */
  register<S extends Server>(name: string, server: S, options: RegisterOptions = {}): S {
    if (typeof name !== "string" || name === "") {
      throw new TypeError(`Cannot register a server as its name is not a non-empty string: ${String(name)}`);
    }
    refuseUnknown(`register the server "${name}"`, options, REGISTER_OPTIONS);
    if (typeof server?.subscribe !== "function" || typeof server.publish !== "function") {
      throw new TypeError(`Cannot register the server "${name}" as it is not a server: ${typeof server}`);
    }
    this.#servers.set(name, server);
    if (options.isDefault || this.#default === undefined) this.#default = name;
    return server;
  }

  /**
   * The server of that name; without a name the default server.
   *
   * @throws {RangeError} If it is not registered.
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
   * Makes a registered server the default.
   *
   * @throws {RangeError} If it is not registered.
   */
  setDefault(name: string): void {
    this.get(name);
    this.#default = name;
  }

  /** Whether a server of that name is registered. */
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
