/**
 * An attempt whose handler has not answered yet.
 * @module
 */
import type { Outcome } from "../declaration/confirmation.ts";
import type { InFlightMessage } from "./in_flight.ts";
import { type Abortion, concluded, failureOf, type Run } from "./run.ts";
import type { RunCall } from "./run_call.ts";

/** What the pending attempts of an actor have in common. */
export interface PendingOptions {
  /** Told how the attempt ended; answers, or throws, what comes of it. */
  readonly conclude: (call: RunCall, outcome: Outcome) => unknown;
  /** Told when a handler is given up. */
  readonly abandoned: (run: Run, reason: unknown) => void;
  /** Told when it ends after all. */
  readonly abandonedEnded: (run: Run) => void;
}

/** Waits for a handler, but for one that ignores its signal only so long. A class: ten closures were half a kilobyte a message. */
export class PendingAttempt {
  readonly #options: PendingOptions;
  readonly #call: RunCall;
  /** The view of the message that the handler has. */
  readonly #message: InFlightMessage;
  readonly #resolve: (value: unknown) => void;
  readonly #reject: (error: unknown) => void;
  #isGivenUp = false;

  private constructor(
    options: PendingOptions,
    call: RunCall,
    message: InFlightMessage,
    resolve: (value: unknown) => void,
    reject: (error: unknown) => void,
  ) {
    this.#options = options;
    this.#call = call;
    this.#message = message;
    this.#resolve = resolve;
    this.#reject = reject;
  }

  /** What comes of the attempt, when its handler has answered or was given up. */
  static wait(
    options: PendingOptions,
    call: RunCall,
    message: InFlightMessage,
    handling: Promise<unknown>,
  ): Promise<unknown> {
    return new Promise((resolve, reject) => {
      const pending = new PendingAttempt(options, call, message, resolve, reject);
      call.run.waiting(pending);
      handling.then(
        (value) => pending.#end({ kind: "returned", value }),
        (error) => pending.#end(failureOf(call.run, error)),
      );
    });
  }

  /** The handler has been waited for long enough. */
  giveUp({ kind, reason: error }: Abortion): void {
    const { run } = this.#call;
    this.#isGivenUp = true;
    run.givenUp = true;
    this.#message.revoke();
    run.end();
    this.#options.abandoned(run, error);
    this.#conclude({ kind, error });
  }

  #end(outcome: Outcome): void {
    const { run } = this.#call;
    if (this.#isGivenUp) return this.#options.abandonedEnded(run);
    this.#conclude(concluded(outcome, run.end()));
  }

  #conclude(outcome: Outcome): void {
    try {
      this.#resolve(this.#options.conclude(this.#call, outcome));
    } catch (error) {
      this.#reject(error);
    }
  }
}
