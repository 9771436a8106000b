/**
 * Actors: a function, which messages it handles, and how.
 * @module
 */
import { type KnownOptions, refuseUnknown } from "../_internal/known_options.ts";
import type { Channel } from "../contract/channel.ts";
import { findContradiction } from "./contradictions.ts";
import { type ConfirmationMode, type HandlerResult, isAction, type OnError } from "./confirmation.ts";
import type { Converter } from "./converter.ts";
import type { Dependencies, Resolved } from "./dependency.ts";
import type { OperationDescription, SecurityScheme } from "../contract/metadata.ts";
import type { ActorContext } from "./context.ts";
import { MESSAGE_DESCRIPTION, type MessageDescription } from "./message.ts";
import type { Sendable } from "./sending.ts";
import { type ActorMiddleware, checkMiddlewares } from "./middleware.ts";
import type { RoutingStrategy } from "./routing.ts";
import type { HeadersOutput, MaybeSchema, SchemaOutput } from "./schema.ts";
import { refuseNonSchemas } from "./schema.ts";
import { toChannel } from "../contract/channel.ts";
import { collectInputs } from "./declared_inputs.ts";

/** The defaults of a router for its actors and for the routers in it. */
export interface RouterOptions {
  /** The channel to consume. Defaults to the parent's, then to `"default"`. */
  readonly channel?: string | Channel | undefined;
  /** Middlewares. They run inside those of the parent and around those of the actor. */
  readonly middlewares?: readonly ActorMiddleware[] | undefined;
  /**
   * Time limit of a run in milliseconds, from decoding to the end of the handler; `Infinity` for none. Each policy and each
   * clean-up function has the same limit for itself. Defaults to the parent's, then to none.
   */
  readonly timeout?: number | undefined;
  /**
   * Whether to extend the lease while a message is being handled, on brokers that have leases. A number is the interval in
   * milliseconds, instead of the server's own. Defaults to the parent's, then to `true`.
   */
  readonly keepAlive?: boolean | number | undefined;
  /** Decodes payloads. Defaults to the parent's, then to {@linkcode jsonConverter}. */
  readonly converter?: Converter | undefined;
}

/** Options of {@linkcode Router.actor}. A {@linkcode MessageContract} is a valid set of them. */
export interface ActorOptions<
  P extends MaybeSchema = MaybeSchema,
  H extends MaybeSchema = MaybeSchema,
  D extends Dependencies = Dependencies,
  M extends ConfirmationMode = ConfirmationMode,
> extends RouterOptions, MessageDescription {
  /** The actor's name: its topic, and its operation id in AsyncAPI. Required, because minifiers rename functions. */
  readonly name: string;
  /** The payload's schema: its output is the handler's first argument. Without a schema the body is ignored. */
  readonly payload?: P;
  /** The headers' schema: its output is `context.headers`. */
  readonly headers?: H;
  /** Dependencies, injected as `context.deps`. */
  readonly deps?: D | undefined;
  /** When the message is settled. Defaults to `"auto"`. */
  readonly confirmationMode?: M | undefined;
  /** How a message is settled if it is invalid or its handler throws. Defaults to `"nack"`, in the manual modes to `"no_action"`. */
  readonly onError?: OnError<M> | undefined;
  /** How a message is settled if its time limit passes. Defaults to `"reject"`. */
  readonly onTimeout?: OnError<M> | undefined;
  /** Which messages of the channel this actor handles. Defaults to {@linkcode topicBasedRoutingStrategy}. */
  readonly routingStrategy?: RoutingStrategy | undefined;
  /** How the AsyncAPI document describes the operation, if that differs from its message; and the bindings of the operation. */
  readonly operation?: OperationDescription | undefined;
  /** How producers and consumers authenticate, for the AsyncAPI document. */
  readonly security?: readonly SecurityScheme[] | undefined;
  /** Ignored. It is here so that you can use a contract as options. */
  readonly "~sends"?: unknown;
}

/** Any handler. */
// deno-lint-ignore no-explicit-any -- parameters are contravariant: `unknown` would refuse every handler
export type AnyHandler = (payload: any, context: any) => unknown;

/** The handler that a set of options requires. */
export type Handler<
  P extends MaybeSchema = undefined,
  H extends MaybeSchema = undefined,
  D extends Dependencies = Record<never, never>,
  M extends ConfirmationMode = "auto",
> = (
  payload: SchemaOutput<P>,
  context: ActorContext<HeadersOutput<H>, Resolved<D>>,
) => HandlerResult<M> | Promise<HandlerResult<M>>;

/** A registered actor. You can send to it; its `handler` is the function that you passed. */
export interface Actor<F extends AnyHandler = AnyHandler, P = unknown, H = unknown> extends Sendable<P, H> {
  /** The function that you passed: call it in unit tests. */
  readonly handler: F;
  /** The options that you passed. */
  readonly options: ActorOptions;
}

const ROUTER_OPTIONS: KnownOptions<RouterOptions> = {
  channel: true,
  middlewares: true,
  timeout: true,
  keepAlive: true,
  converter: true,
};

const ACTOR_OPTIONS: KnownOptions<ActorOptions> = {
  ...ROUTER_OPTIONS,
  ...MESSAGE_DESCRIPTION,
  name: true,
  payload: true,
  headers: true,
  deps: true,
  confirmationMode: true,
  onError: true,
  onTimeout: true,
  routingStrategy: true,
  operation: true,
  security: true,
  "~sends": true,
};

const MODES: ReadonlySet<unknown> = new Set<ConfirmationMode>([
  "auto",
  "always_ack",
  "ack_first",
  "manual",
  "manual_explicit",
]);

/**
 * Refuses invalid options where they are passed.
 *
 * @throws {TypeError} If an option is unknown, the name, a schema, the handler, the channel or the mode has the wrong shape,
 * a policy has no effect in the mode, or its schemas and those of its dependencies exclude each other.
 * @throws {RangeError} If a duration is not positive.
 */
export function checkActor(options: ActorOptions, handler: unknown): void {
  refuseUnknown(`register the actor "${String(options?.name)}"`, options, ACTOR_OPTIONS);
  const {
    name,
    deps = {},
    confirmationMode = "auto",
    onError,
    onTimeout,
    routingStrategy,
  } = options;
  if (typeof name !== "string" || name === "") {
    throw new TypeError(`Cannot register an actor as its name is not a non-empty string: ${String(name)}`);
  }
  const doing = `register the actor "${name}"`;
  const refuse = (why: string, particulars: unknown): never => {
    throw new TypeError(`Cannot ${doing} as ${why}: ${String(particulars)}`);
  };
  if (typeof handler !== "function") refuse("its handler is not a function", typeof handler);
  refuseNonSchemas(doing, options);
  if (!MODES.has(confirmationMode)) refuse("its confirmation mode is unknown", confirmationMode);
  if (routingStrategy !== undefined && typeof routingStrategy?.matches !== "function") {
    refuse("its routing strategy has no method matches", typeof routingStrategy);
  }
  if (typeof deps !== "object" || deps === null) refuse("its dependencies are not an object", deps);
  for (const [name, dependency] of Object.entries(deps)) {
    if (typeof dependency?.resolve !== "function") {
      refuse("a dependency was not made with dependency()", name);
    }
  }
  const inputs = collectInputs(options);
  for (const part of ["payload", "headers"] as const) {
    const found = findContradiction(part, inputs[part]);
    if (found !== undefined) refuse("its schemas exclude each other", found);
  }
  for (const policy of [onError, onTimeout]) {
    if (policy !== undefined && typeof policy !== "function" && !isAction(policy, confirmationMode)) {
      refuse(`its policy is not an action of the mode ${confirmationMode}`, policy);
    }
  }
  const decides = confirmationMode !== "always_ack" && confirmationMode !== "ack_first";
  if (!decides && (onError !== undefined || onTimeout !== undefined)) {
    refuse("onError and onTimeout have no effect in its confirmation mode", confirmationMode);
  }
  checkDefaults(options);
}

/**
 * Refuses invalid defaults.
 *
 * @throws {TypeError} If one is unknown, the channel has no address, a middleware is not a function, or the converter has no
 * method `decode`.
 * @throws {RangeError} If a duration is not positive.
 */
export function checkRouterOptions(options: RouterOptions): void {
  refuseUnknown("make a router", options, ROUTER_OPTIONS);
  checkDefaults(options);
}

function checkDefaults(options: RouterOptions): void {
  const { channel, timeout, keepAlive, middlewares = [], converter } = options;
  if (channel !== undefined) toChannel(channel);
  checkMiddlewares(middlewares);
  if (converter !== undefined && typeof converter?.decode !== "function") {
    throw new TypeError("Cannot use the converter as it has no method decode");
  }
  if (timeout !== undefined && !(typeof timeout === "number" && timeout > 0)) {
    throw new RangeError(
      `Cannot use the timeout as it is not a positive number of milliseconds: ${String(timeout)}`,
    );
  }
  if (keepAlive !== undefined && typeof keepAlive !== "boolean" && typeof keepAlive !== "number") {
    throw new TypeError(`Cannot use keepAlive as it is neither a boolean nor a number: ${typeof keepAlive}`);
  }
  if (typeof keepAlive === "number" && !(keepAlive > 0)) {
    throw new RangeError(`Cannot use keepAlive as it is not a positive number of milliseconds: ${keepAlive}`);
  }
}
