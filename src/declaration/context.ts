/**
 * What handlers and dependencies receive in addition to the payload.
 * @module
 */
import type { MessageHeaders } from "../contract/server.ts";
import type { ConfirmationMode } from "./confirmation.ts";
import type { Message } from "./message.ts";

/** What a handler receives as its second argument. */
export interface ActorContext<H = MessageHeaders, D = Record<never, never>> {
  /** The validated headers; all headers as text if the actor declares no schema for them. */
  readonly headers: H;
  /** The injected dependencies. */
  readonly deps: D;
  /** The message. */
  readonly message: Message;
  /**
   * Aborted when the time limit passes (`TimeoutError`), on shutdown (`AbortError`), and when the lease is lost
   * ({@linkcode LeaseLostError}). It is a getter, because most handlers do not use it: `{ ...context }` does not copy it.
   */
  readonly signal: AbortSignal;
  /** The actor that is running. */
  readonly actor: ActorInfo;
}

/** What a dependency receives: the actor's context, and the payload fields that the dependency declared. */
export interface DependencyContext<P = undefined, H = unknown, D = unknown> extends ActorContext<H, D> {
  /** The payload fields that this dependency declared, validated by its own schema. */
  readonly payload: P;
  /**
   * Registers a clean-up function. It runs after the handler has ended and the settlement is decided, also after a failure;
   * the last one registered runs first. If it throws, that is reported (`actor.defer.error`) and has no other effect.
   */
  defer(cleanUp: () => unknown): void;
}

/** What contexts and middlewares know about an actor. */
export interface ActorInfo {
  /** Its name. */
  readonly name: string;
  /** The address of its channel. */
  readonly channel: string;
  /** Its confirmation mode. */
  readonly confirmationMode: ConfirmationMode;
  /** Its time limit in milliseconds; `Infinity` for none. */
  readonly timeout: number;
}
