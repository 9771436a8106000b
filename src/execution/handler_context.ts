/**
 * What handlers and dependencies receive. Classes with getters on their prototypes, as one is made for each message: an
 * object literal with a getter takes 265 ns on V8 and 27 on JavaScriptCore, an instance 10 and 5.
 * @module
 */
import type { ActorContext, ActorInfo, DependencyContext } from "../declaration/context.ts";
import type { Message } from "../declaration/message.ts";
import type { LazySignal } from "../_internal/lazy_signal.ts";
import type { InFlightMessage } from "./in_flight_message.ts";

/** What one attempt's handler and dependencies see alike. */
export interface ContextBase {
  readonly message: InFlightMessage;
  readonly actor: ActorInfo;
  readonly signal: LazySignal;
  /** Runs a clean-up when the attempt has ended; now if it has. */
  defer(cleanUp: () => unknown): void;
}

/** What a handler receives. */
export class HandlerContext implements ActorContext<unknown, unknown> {
  readonly message: Message;
  readonly actor: ActorInfo;
  readonly headers: unknown;
  readonly deps: unknown;
  readonly #signal: LazySignal;

  constructor({ message, actor, signal }: ContextBase, headers: unknown, deps: unknown) {
    this.message = message;
    this.actor = actor;
    this.headers = headers;
    this.deps = deps;
    this.#signal = signal;
  }

  get signal(): AbortSignal {
    return this.#signal.signal;
  }
}

/** What a dependency's resolver receives. */
export class ResolverContext extends HandlerContext implements DependencyContext<unknown, unknown, unknown> {
  readonly payload: unknown;
  readonly defer: (cleanUp: () => unknown) => void;

  constructor(base: ContextBase, headers: unknown, deps: unknown, payload: unknown) {
    super(base, headers, deps);
    this.payload = payload;
    // A property of the instance: users take it out of the context, also with `...rest`.
    this.defer = (cleanUp) => base.defer(cleanUp);
  }
}
