/**
 * What all messages of one actor have in common, prepared once: its middlewares as one function, and how its handler is called.
 * @module
 */
import { compose } from "../declaration/middleware.ts";
import type { ResolvedActor } from "../declaration/router.ts";
import type { Producer } from "../producing/producer.ts";
import { Handling, type HandlingOptions } from "./handling.ts";
import type { MessageCall } from "./message_call.ts";
import type { ReportsOptions } from "./reports.ts";

/** What executions share: their worker's, or their test client's. */
export interface ExecutionOptions extends HandlingOptions, ReportsOptions {
  readonly producer: Producer;
  readonly isRetriable: (error: unknown) => boolean;
  /** How long a handler may run on after its signal was aborted, in milliseconds. Then it is abandoned. */
  readonly cancellationTimeout: number;
  /** Called when only the broker's answer to an acknowledgement is waited for (1), and when that has come (-1). */
  readonly countAcknowledging?: (change: 1 | -1) => void;
  /** Called when the broker has answered to the acknowledgement of an `ack_first` message. */
  readonly acknowledged?: () => void;
  /** The random numbers in delays. Defaults to `Math.random`. */
  readonly random?: (() => number) | undefined;
}

/** Runs one actor, for message after message. */
export class Execution {
  readonly actor: ResolvedActor;
  readonly options: ExecutionOptions;
  readonly handling: Handling;
  /** The middlewares, outermost first, and in their middle an attempt. */
  readonly pipeline: (call: MessageCall) => unknown;

  constructor(actor: ResolvedActor, options: ExecutionOptions) {
    this.actor = actor;
    this.options = options;
    this.handling = new Handling(actor, options);
    this.pipeline = compose(
      actor.middlewares,
      (call: MessageCall, changes) => call.with(changes),
      (call) => call.startAttempt(),
    );
  }
}
