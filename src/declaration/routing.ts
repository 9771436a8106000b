/**
 * Routing: which of a channel's actors a message is for.
 * @module
 */
import type { BaseMessage, MessageHeaders } from "../contract/server.ts";

/** Decides whether a message is for an actor, and how a producer makes it so. */
export interface RoutingStrategy {
  /** Whether the message is for the actor. Called for each message that reaches the actor's channel: be quick. */
  matches(message: BaseMessage, actor: { readonly name: string }): boolean;
  /** The headers that make a message match; set by `send()`. */
  readonly headers?: ((actor: { readonly name: string }) => MessageHeaders) | undefined;
  /** The header that must equal the actor's name, where that is all there is to it: found by look-up, not by trial. */
  readonly nameHeader?: string | undefined;
}

/** The `topic` header names the actor. The default. */
export const topicBasedRoutingStrategy: RoutingStrategy = headerRoutingStrategy("topic");

/** Every message of the channel is for the actor. */
export const catchAllRoutingStrategy: RoutingStrategy = { matches: () => true };

/** A header of your choice names the actor. Header names are exact. */
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
