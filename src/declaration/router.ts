/**
 * Routers: groups of actors that share defaults. They can be nested.
 * @module
 */
import type { ActorInfo } from "./context.ts";
import {
  type Actor,
  type ActorOptions,
  type AnyHandler,
  checkActor,
  checkRouterOptions,
  type Handler,
  type RouterOptions,
} from "./actor.ts";
import { type Channel, DEFAULT_CHANNEL, toChannel } from "../contract/channel.ts";
import type { ConfirmationMode } from "./confirmation.ts";
import { type Converter, jsonConverter } from "./converter.ts";
import type { Dependencies, DependenciesHeaders, DependenciesPayload, NoConflict } from "./dependency.ts";
import type { ActorMiddleware } from "./middleware.ts";
import { type RoutingStrategy, topicBasedRoutingStrategy } from "./routing.ts";
import type { MaybeSchema, SchemaInput } from "./schema.ts";

/**
 * The actors of a router and of the routers in it, in registration order, with every default applied. Resolved at each call,
 * so the order of `includeRouter` and `actor` does not matter. Not part of the public API.
 */
export let resolveActors: (router: Router, inherited?: RouterOptions) => readonly ResolvedActor[];

/** An actor with every default applied. */
export interface ResolvedActor {
  /** The registered actor. */
  readonly actor: Actor;
  /** What contexts and middlewares know about it. */
  readonly info: ActorInfo;
  readonly name: string;
  readonly handler: AnyHandler;
  readonly options: ActorOptions;
  readonly channel: Channel;
  readonly confirmationMode: ConfirmationMode;
  readonly timeout: number;
  readonly keepAlive: boolean | number;
  readonly converter: Converter;
  /** Outermost first. */
  readonly middlewares: readonly ActorMiddleware[];
  readonly routingStrategy: RoutingStrategy;
  readonly deps: Dependencies;
}

/**
 * Groups actors and gives them defaults.
 *
 * @example
 * ```ts
 * import { Router } from "@repid/core";
 * import { type } from "arktype";
 *
 * const router = new Router({ channel: "emails", timeout: 30_000 });
 * router.actor({ name: "welcome", payload: type({ userId: "number" }) }, ({ userId }) => {
 *   console.log(`Welcome, ${userId}`);
 * });
 * ```
 */
export class Router {
  /** The defaults that you passed. */
  readonly options: RouterOptions;
  readonly #entries: (Actor | Router)[] = [];

  /**
   * Creates an empty router.
   *
   * @throws {TypeError} If an option is unknown or has the wrong shape.
   * @throws {RangeError} If a duration is not positive.
   */
  constructor(options: RouterOptions = {}) {
    checkRouterOptions(options);
    this.options = Object.freeze({ ...options });
  }

  /**
   * Registers a function as an actor. You can send to the returned actor, and call its `handler` in tests.
   *
   * @throws {TypeError} If the options or the handler have the wrong shape, or its schemas and those of its dependencies
   * exclude each other.
   * @throws {RangeError} If a duration is not positive.
   */
  actor<
    F extends Handler<P, H, D, M>,
    P extends MaybeSchema = undefined,
    H extends MaybeSchema = undefined,
    D extends Dependencies = Record<never, never>,
    M extends ConfirmationMode = "auto",
  >(
    options: ActorOptions<P, H, D, M> & NoConflict<D, SchemaInput<P> & DependenciesPayload<D>>,
    handler: F,
  ): Actor<F, SchemaInput<P> & DependenciesPayload<D>, SchemaInput<H> & DependenciesHeaders<D>> {
    // The types of the schemas matter to users only.
    const given = options as ActorOptions;
    checkActor(given, handler);
    const { name, channel, routingStrategy, payload, headers } = given;
    const actor = Object.freeze({
      name,
      channel,
      routingStrategy,
      payload,
      headers,
      handler,
      options: Object.freeze({ ...given }),
    });
    this.#entries.push(actor);
    return actor;
  }

  /**
   * Adds the actors of another router, including those registered later. The other router's own defaults win over those of
   * this one. Including a router twice has no further effect.
   *
   * @throws {TypeError} If it would contain itself.
   */
  includeRouter(router: Router): this {
    if (!(router instanceof Router)) {
      throw new TypeError(`Cannot include a router as it is not a Router: ${typeof router}`);
    }
    if (router === this || router.#contains(this)) {
      throw new TypeError("Cannot include the router as it would contain itself: the routers form a cycle");
    }
    if (!this.#entries.includes(router)) this.#entries.push(router);
    return this;
  }

  #contains(router: Router): boolean {
    return this.#entries.some((entry) =>
      entry instanceof Router && (entry === router || entry.#contains(router))
    );
  }

  static {
    resolveActors = (router, inherited = {}) => {
      const defaults = inherit(inherited, router.options);
      return router.#entries.flatMap((entry) =>
        entry instanceof Router ? resolveActors(entry, defaults) : [resolveActor(entry, defaults)]
      );
    };
  }
}

const NO_DEPENDENCIES: Dependencies = Object.freeze({});

function inherit(outer: RouterOptions, inner: RouterOptions): RouterOptions {
  return {
    channel: inner.channel ?? outer.channel,
    timeout: inner.timeout ?? outer.timeout,
    keepAlive: inner.keepAlive ?? outer.keepAlive,
    converter: inner.converter ?? outer.converter,
    middlewares: [...outer.middlewares ?? [], ...inner.middlewares ?? []],
  };
}

function resolveActor(actor: Actor, defaults: RouterOptions): ResolvedActor {
  const { options, handler, name } = actor;
  const { channel, timeout = Infinity, keepAlive = true, converter = jsonConverter, middlewares = [] } =
    inherit(
      defaults,
      options,
    );
  const { confirmationMode = "auto", routingStrategy = topicBasedRoutingStrategy, deps = NO_DEPENDENCIES } =
    options;
  const resolvedChannel = toChannel(channel ?? DEFAULT_CHANNEL);
  return {
    actor,
    info: Object.freeze({ name, channel: resolvedChannel.address, confirmationMode, timeout }),
    name,
    handler,
    options,
    channel: resolvedChannel,
    confirmationMode,
    timeout,
    keepAlive,
    converter,
    middlewares,
    routingStrategy,
    deps,
  };
}
