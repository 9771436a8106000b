/**
 * What one attempt does with a message: decode → validate → inject → handle.
 * @module
 */
import { Compiled } from "../declaration/compiled.ts";
import type { Overrides } from "../declaration/declared_inputs.ts";
import { type Clock, endingWithin } from "../_internal/clock.ts";
import { type MaybePromise, promised } from "../_internal/maybe_promise.ts";
import { type ContextBase, HandlerContext } from "./handler_context.ts";
import { decodeWith } from "../declaration/converter.ts";
import type { Report, RunningMessage } from "../contract/events.ts";
import { Injection } from "./injection.ts";
import type { InFlightMessage } from "./in_flight_message.ts";
import type { JsonSchemaConverters } from "../declaration/json_schema.ts";
import type { ResolvedActor } from "../declaration/router.ts";
import { type InputValidator, Validated, validatorOf } from "../validation/validation.ts";

/** What handling needs to know of its worker or test client. */
export interface HandlingOptions {
  readonly clock: Clock;
  readonly report: Report;
  readonly jsonSchemaConverters?: JsonSchemaConverters | undefined;
  readonly overrides?: Overrides | undefined;
  /** Aborted when everything is closed: time limits no longer apply, and settling is not retried. */
  readonly ended?: AbortSignal | undefined;
}

const NOTHING_VALIDATED = new Validated([], []);
const NO_DEPENDENCIES = Object.freeze({});

/** The attempt that a handler is called for. */
export interface HandledAttempt extends ContextBase {
  /** Validation has passed. */
  startHandling(): void;
}

/** Calls one actor's handler with what it asked for, attempt after attempt. */
export class Handling {
  readonly #actor: ResolvedActor;
  readonly #options: HandlingOptions;
  readonly #injection: Compiled<Injection>;
  readonly #validator: Compiled<InputValidator>;

  constructor(actor: ResolvedActor, options: HandlingOptions) {
    this.#actor = actor;
    this.#options = options;
    this.#injection = new Compiled(() => new Injection(actor.deps, options.overrides));
    this.#validator = validatorOf(actor.options, {
      ...options,
      routingHeaders: Object.keys(actor.routingStrategy.headers?.(actor) ?? {}),
    });
  }

  /** Decodes, validates, injects, handles. Synchronous where every step is. */
  perform(attempt: HandledAttempt): unknown {
    const validated = this.#validate(attempt.message);
    return validated instanceof Promise
      ? validated.then((all) => this.#inject(attempt, all))
      : this.#inject(attempt, validated);
  }

  #validate(message: InFlightMessage): MaybePromise<Validated> {
    const validator = this.#validator.current;
    if (!validator.readsAnything) return NOTHING_VALIDATED;
    return validator.validate(
      validator.readsPayload ? decodeWith(this.#actor.converter, message) : undefined,
      message.headers,
    );
  }

  #inject(attempt: HandledAttempt, validated: Validated): unknown {
    // It may have been abandoned while its schemas were busy.
    attempt.signal.throwIfAborted();
    attempt.startHandling();
    const injection = this.#injection.current;
    if (injection.isEmpty) return this.#call(attempt, validated, NO_DEPENDENCIES);
    const deps = injection.make(attempt, validated);
    if (!(deps instanceof Promise)) return this.#call(attempt, validated, deps);
    return deps.then((values) => this.#call(attempt, validated, values), (error) => {
      // For the dependencies that are still being made.
      attempt.signal.abort(error);
      throw error;
    });
  }

  #call(attempt: HandledAttempt, validated: Validated, deps: object): unknown {
    // It may have been abandoned while its dependencies were made.
    attempt.signal.throwIfAborted();
    const { payload, headers } = this.#actor.options;
    return this.#actor.handler(
      payload ? validated.get("payload", payload) : undefined,
      new HandlerContext(
        attempt,
        headers ? validated.get("headers", headers) : attempt.message.headers,
        deps,
      ),
    );
  }

  /** Runs a clean-up. Never rejects. */
  async cleanUp(where: RunningMessage, cleanUp: () => unknown): Promise<void> {
    const { report, clock, ended } = this.#options;
    const { timeout: ms, name } = this.#actor;
    try {
      await endingWithin(promised(cleanUp), { clock, ms, what: `A clean-up of "${name}"`, ended });
    } catch (error) {
      report("actor.defer.error", { ...where, error });
    }
  }
}
