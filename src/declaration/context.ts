/**
 * What handlers and dependencies receive beside the payload.
 * @module
 */
import type { MessageHeaders } from "../contract/server.ts";
import type { ConfirmationMode } from "./confirmation.ts";
import type { Message } from "./message.ts";

/** What a handler receives as its second argument. */
export interface ActorContext<H = MessageHeaders, D = Record<never, never>> {
  /** The validated headers; every header as text where the actor declares no schema for them. */
  readonly headers: H;
  /** The injected values. */
  readonly deps: D;
  /** The message itself. */
  readonly message: Message;
  /**
   * Aborted when the time limit passes (`TimeoutError`), on shutdown (`AbortError`), and when the lease is lost
   * ({@linkcode LeaseLostError}). A getter, as most handlers never look: `{ ...context }` does not copy it.
   */
  readonly signal: AbortSignal;
  /** Which actor is running. */
  readonly actor: ActorInfo;
}

/** What a dependency receives: what the actor's context has, and the payload fields it asked for. */
export interface DependencyContext<P = undefined, H = unknown, D = unknown> extends ActorContext<H, D> {
  /** The payload fields this dependency declared, validated by its own schema. */
  readonly payload: P;
  /**
   * Registers a clean-up, run when the handler has ended and what becomes of the message is decided, also after a failure;
   * the last one registered runs first. What it throws is reported and changes nothing.
   */
  defer(cleanUp: () => unknown): void;
}

/** What contexts and middlewares know of an actor. */
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
