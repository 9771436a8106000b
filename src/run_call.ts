/**
 * One run, as its pipeline passes it from middleware to middleware.
 * @module
 */
import type { InFlightMessage } from "./in_flight.ts";
import type { ActorCall, ActorCallChanges } from "./middleware.ts";
import type { Run } from "./run.ts";

/** One run, as the pipeline passes it on. */
export interface RunCall extends ActorCall {
  readonly message: InFlightMessage;
  /** The message as it arrived, whatever middlewares made of it. */
  readonly original: InFlightMessage;
  readonly run: Run;
}

/** What the rest of the pipeline sees after a middleware has changed something. */
export function changeCall(call: RunCall, changes: ActorCallChanges): RunCall {
  const { message, final = call.final } = changes;
  const { run } = call;
  return {
    message: message ? call.message.seenAs(message) : call.message,
    original: call.original,
    actor: call.actor,
    get signal() {
      return run.signal;
    },
    final,
    run,
  };
}
