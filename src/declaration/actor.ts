/**
 * Actors: a function, what messages it takes, and how they are treated.
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

/** What a router gives to the actors below it that do not say otherwise. */
export interface RouterOptions {
  /** Where messages come from. Defaults to the parent's, then to `"default"`. */
  readonly channel?: string | Channel | undefined;
  /** Run inside the parent's and around the actor's own. */
  readonly middlewares?: readonly ActorMiddleware[] | undefined;
  /**
   * Time limit of a run in milliseconds, from decoding to the handler's end; `Infinity` for none. Policies and clean-ups
   * have as long again, each for itself. Defaults to the parent's, then to none.
   */
  readonly timeout?: number | undefined;
  /**
   * Whether to tell brokers that take silent consumers' messages away that a message is still being handled; a number is
   * the interval in milliseconds, instead of the broker's own. Defaults to the parent's, then to `true`.
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
  /** The actor's name: its topic, and its operation id in AsyncAPI. Required, as minifiers rename functions. */
  readonly name: string;
  /** The payload's schema: its output is the handler's first argument. Without one the body is ignored. */
  readonly payload?: P;
  /** The headers' schema: its output is `context.headers`. */
  readonly headers?: H;
  /** What to inject as `context.deps`. */
  readonly deps?: D | undefined;
  /** When the message is settled. Defaults to `"auto"`. */
  readonly confirmationMode?: M | undefined;
  /** What becomes of a message that is not valid or whose handler threw. Defaults to `"nack"`, in the manual modes to `"no_action"`. */
  readonly onError?: OnError<M> | undefined;
  /** What becomes of a message whose time limit passed. Defaults to `"reject"`. */
  readonly onTimeout?: OnError<M> | undefined;
  /** Which messages of the channel are for this actor. Defaults to {@linkcode topicBasedRoutingStrategy}. */
  readonly routingStrategy?: RoutingStrategy | undefined;
  /** What the AsyncAPI document says of receiving, where it is not what it says of the message; bindings of the operation. */
  readonly operation?: OperationDescription | undefined;
  /** How producers and consumers authenticate, for the AsyncAPI document. */
  readonly security?: readonly SecurityScheme[] | undefined;
  /** Ignored; a contract may be used as options. */
  readonly "~sends"?: unknown;
}

/** Any handler. */
// deno-lint-ignore no-explicit-any -- parameters are contravariant: `unknown` would refuse every handler
export type AnyHandler = (payload: any, context: any) => unknown;

/** The handler that a set of options asks for. */
export type Handler<
  P extends MaybeSchema = undefined,
  H extends MaybeSchema = undefined,
  D extends Dependencies = Record<never, never>,
  M extends ConfirmationMode = "auto",
> = (
  payload: SchemaOutput<P>,
  context: ActorContext<HeadersOutput<H>, Resolved<D>>,
) => HandlerResult<M> | Promise<HandlerResult<M>>;

/** A registered actor. It can be sent to, and its `handler` is the very function that was given. */
export interface Actor<F extends AnyHandler = AnyHandler, P = unknown, H = unknown> extends Sendable<P, H> {
  /** The function as it was given: call it in unit tests. */
  readonly handler: F;
  /** The options as they were given. */
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
 * Refuses options that cannot work, at the line that gives them.
 *
 * @throws {TypeError} If an option is not known, the name, a schema, the handler, the channel or the mode has the wrong shape,
 * a policy has no meaning in the mode, or its schemas and those of its dependencies exclude each other.
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
      refuse("what it depends on was not made with dependency()", name);
    }
  }
  const inputs = collectInputs(options);
  for (const part of ["payload", "headers"] as const) {
    const found = findContradiction(part, inputs[part]);
    if (found !== undefined) refuse("its schemas exclude each other", found);
  }
  for (const policy of [onError, onTimeout]) {
    if (policy !== undefined && typeof policy !== "function" && !isAction(policy, confirmationMode)) {
      refuse(`its policy is no action of the mode ${confirmationMode}`, policy);
    }
  }
  const decides = confirmationMode !== "always_ack" && confirmationMode !== "ack_first";
  if (!decides && (onError !== undefined || onTimeout !== undefined)) {
    refuse("onError and onTimeout have no meaning in its confirmation mode", confirmationMode);
  }
  checkDefaults(options);
}

/**
 * Refuses defaults that cannot work.
 *
 * @throws {TypeError} If one is not known, the channel has no address, a middleware is no function, or the converter decodes nothing.
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
