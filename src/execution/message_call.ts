/**
 * A message as its run passes it from middleware to middleware.
 * @module
 */
import type { ActorInfo } from "../declaration/context.ts";
import type { ActorCall, ActorCallChanges } from "../declaration/middleware.ts";
import type { InFlightMessage } from "./in_flight_message.ts";

/** The run that a call belongs to. */
export interface CallRun {
  readonly execution: { readonly actor: { readonly info: ActorInfo } };
  readonly signal: AbortSignal;
  startAttempt(call: MessageCall): unknown;
  decideNow(error: unknown): Promise<void>;
}

/** What one middleware sees of a run: changed by those around it. */
export class MessageCall implements ActorCall {
  readonly message: InFlightMessage;
  readonly final: boolean;
  readonly actor: ActorInfo;
  readonly #run: CallRun;

  constructor(run: CallRun, message: InFlightMessage, final: boolean) {
    this.message = message;
    this.final = final;
    this.actor = run.execution.actor.info;
    this.#run = run;
  }

  get signal(): AbortSignal {
    return this.#run.signal;
  }

  async decide(error: unknown): Promise<void> {
    if (this.final) await this.#run.decideNow(error);
  }

  /** Runs the actor once. Answers its result, or throws. */
  startAttempt(): unknown {
    return this.#run.startAttempt(this);
  }

  /** What the rest of the middlewares see. */
  with({ message, final = this.final }: ActorCallChanges): MessageCall {
    return new MessageCall(this.#run, message ? this.message.seenAs(message) : this.message, final);
  }
}
