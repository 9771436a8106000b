/**
 * What one attempt does with a message: decode → validate → inject → handle.
 * @module
 */
import type { ActorInfo } from "../declaration/context.ts";
import { Compiled } from "../declaration/compiled.ts";
import type { Overrides } from "../declaration/declared_inputs.ts";
import { type Clock, endingWithin } from "../_internal/clock.ts";
import { type MaybePromise, promised } from "../_internal/maybe_promise.ts";
import { type ContextBase, HandlerContext } from "./context.ts";
import { decodeWith } from "../declaration/converter.ts";
import type { Report } from "../contract/events.ts";
import { Injection } from "./injection.ts";
import type { InFlightMessage } from "./in_flight.ts";
import type { JsonSchemaConverters } from "../declaration/json_schema.ts";
import type { ResolvedActor } from "../declaration/router.ts";
import type { AttemptSignal, Run } from "./run.ts";
import { type InputValidator, Validated, validatorOf } from "../validation/validation.ts";

/** What handling needs to know of its worker or test client. */
export interface HandlingOptions {
  readonly clock: Clock;
  readonly report: Report;
  readonly jsonSchemaConverters?: JsonSchemaConverters | undefined;
  readonly overrides?: Overrides | undefined;
  /** Aborted when everything is closed: nobody minds any more how long something takes, and settling is not tried again. */
  readonly ended?: AbortSignal | undefined;
}

const NOTHING_VALIDATED = new Validated([], []);
const NO_DEPENDENCIES = Object.freeze({});

/** One attempt. */
class Attempt implements ContextBase {
  readonly message: InFlightMessage;
  readonly actor: ActorInfo;
  readonly attempt: AttemptSignal;
  readonly #handling: Handling;
  readonly #run: Run;

  constructor(handling: Handling, run: Run, message: InFlightMessage, actor: ActorInfo) {
    this.message = message;
    this.actor = actor;
    this.attempt = run.attempt;
    this.#handling = handling;
    this.#run = run;
  }

  defer(cleanUp: () => unknown): void {
    if (!this.#run.defer(cleanUp)) void this.#handling.cleanUp(this.#run, cleanUp);
  }
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

  /** Decodes, validates, injects, handles. At once where everything is. */
  perform(run: Run, message: InFlightMessage): unknown {
    const base = new Attempt(this, run, message, this.#actor.info);
    const validated = this.#validate(message);
    return validated instanceof Promise
      ? validated.then((all) => this.#inject(run, base, all))
      : this.#inject(run, base, validated);
  }

  #validate(message: InFlightMessage): MaybePromise<Validated> {
    const validator = this.#validator.current;
    if (!validator.readsAnything) return NOTHING_VALIDATED;
    return validator.validate(
      validator.readsPayload ? decodeWith(this.#actor.converter, message) : undefined,
      message.headers,
    );
  }

  #inject(run: Run, base: ContextBase, validated: Validated): unknown {
    // An attempt that was given up while its schemas were busy is nobody's any more.
    if (base.attempt.aborted) throw base.attempt.signal.reason;
    run.valid = true;
    const injection = this.#injection.current;
    if (injection.isEmpty) return this.#call(base, validated, NO_DEPENDENCIES);
    const deps = injection.make(base, validated);
    if (!(deps instanceof Promise)) return this.#call(base, validated, deps);
    return deps.then((values) => this.#call(base, validated, values), (error) => {
      base.attempt.abort(error);
      throw error;
    });
  }

  #call(base: ContextBase, validated: Validated, deps: object): unknown {
    const { attempt, message } = base;
    // Too late is too late: whoever waited for this attempt may wait no more.
    if (attempt.aborted) throw attempt.signal.reason;
    const { payload, headers } = this.#actor.options;
    return this.#actor.handler(
      payload ? validated.get("payload", payload) : undefined,
      new HandlerContext(base, headers ? validated.get("headers", headers) : message.headers, deps),
    );
  }

  /** Runs a clean-up. Never rejects. */
  async cleanUp(run: Run, cleanUp: () => unknown): Promise<void> {
    const { report, clock, ended } = this.#options;
    const { timeout: ms, name } = this.#actor;
    try {
      await endingWithin(promised(cleanUp), { clock, ms, what: `A clean-up of "${name}"`, ended });
    } catch (error) {
      report("actor.defer.error", { ...run.where, error });
    }
  }
}
