/**
 * Routing: which actor of a channel handles a message.
 * @module
 */
import type { BaseMessage, MessageHeaders } from "../contract/server.ts";

/** Decides whether an actor handles a message, and which headers a producer sets for it. */
export interface RoutingStrategy {
  /** Whether the actor handles the message. Called for each message of the actor's channel, so it should be fast. */
  matches(message: BaseMessage, actor: { readonly name: string }): boolean;
  /** The headers that make a message match. `send()` sets them. */
  readonly headers?: ((actor: { readonly name: string }) => MessageHeaders) | undefined;
  /** The header that must equal the actor's name, if nothing else matters: the actor is then found by a look-up. */
  readonly nameHeader?: string | undefined;
}

/** The `topic` header names the actor. The default. */
export const topicBasedRoutingStrategy: RoutingStrategy = headerRoutingStrategy("topic");

/** The actor handles every message of the channel. */
export const catchAllRoutingStrategy: RoutingStrategy = { matches: () => true };

/** The given header names the actor. The case of the header's name matters. */
export function headerRoutingStrategy(header: string): RoutingStrategy {
  if (typeof header !== "string" || header === "") {
    throw new TypeError(`Cannot route by a header as its name is not a non-empty string: ${String(header)}`);
  }
  return {
    nameHeader: header,
    matches: (message, actor) => message.headers[header] === actor.name,
    headers: (actor) => ({ [header]: actor.name }),
  };
}
