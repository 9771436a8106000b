/**
 * One run, as its pipeline passes it from middleware to middleware.
 * @module
 */
import type { ActorInfo } from "../declaration/context.ts";
import type { InFlightMessage } from "./in_flight.ts";
import type { ActorCall, ActorCallChanges } from "../declaration/middleware.ts";
import type { Run } from "./run.ts";

/** What one run's pipeline passes on. */
export interface RunCallParts {
  readonly run: Run;
  readonly actor: ActorInfo;
  readonly message: InFlightMessage;
  /** The message as it arrived, whatever middlewares made of it. */
  readonly original: InFlightMessage;
  readonly final: boolean;
  /** Decides what becomes of the message after a failure, unless somebody has. */
  readonly conclude: (call: RunCall, error: unknown) => Promise<void>;
}

/** One run, as the pipeline passes it on. */
export class RunCall implements ActorCall, RunCallParts {
  readonly run: Run;
  readonly actor: ActorInfo;
  readonly message: InFlightMessage;
  readonly original: InFlightMessage;
  readonly final: boolean;
  readonly conclude: RunCallParts["conclude"];

  constructor({ run, actor, message, original, final, conclude }: RunCallParts) {
    this.run = run;
    this.actor = actor;
    this.message = message;
    this.original = original;
    this.final = final;
    this.conclude = conclude;
  }

  get signal(): AbortSignal {
    return this.run.signal;
  }

  async decide(error: unknown): Promise<void> {
    if (this.final) await this.conclude(this, error);
  }
}

/** What the rest of the pipeline sees after a middleware has changed something. */
export function changeCall(call: RunCall, changes: ActorCallChanges): RunCall {
  const { run, actor, original, conclude } = call;
  const message = changes.message ? call.message.seenAs(changes.message) : call.message;
  return new RunCall({ run, actor, message, original, final: changes.final ?? call.final, conclude });
}
