/**
 * One message, from its delivery to its settlement:
 *
 * (`ack_first`: acknowledge) → middlewares, outermost first → {decode → validate → inject → handle} → outcome → decision →
 * settlement → clean-ups → middlewares unwind.
 *
 * Every ending becomes an {@linkcode Outcome}; what becomes of the message is looked up in the table in
 * `confirmation.ts`. A success is settled before the middlewares unwind. A failure is decided there too, and shows as
 * `message.action`, but is sent once the middlewares are done: until then one of them may try again.
 * @module
 */
import { type Clock, endingWithin } from "./_internal/clock.ts";
import { type MaybePromise, promised, settled } from "./_internal/maybe_promise.ts";
import type { Outcome } from "./confirmation.ts";
import { type ContextBase, HandlerContext } from "./context.ts";
import { decodeWith } from "./converter.ts";
import { decide, quietly, type ToDecide } from "./decision.ts";
import type { Report } from "./events.ts";
import { Injection } from "./injection.ts";
import { InFlightMessage } from "./in_flight.ts";
import type { JsonSchemaConverters } from "./json_schema.ts";
import { compose } from "./middleware.ts";
import type { Producer } from "./producer.ts";
import type { ResolvedActor } from "./router.ts";
import { concluded, Run } from "./run.ts";
import { changeCall, RunCall } from "./run_call.ts";
import type { Delivery } from "./server.ts";
import { Settling } from "./settling.ts";
import { Compiled, type InputValidator, type Overrides, Validated, validatorOf } from "./validation.ts";

/** What executions share: their worker's, or their test client's. */
export interface ExecutionOptions {
  readonly clock: Clock;
  readonly report: Report;
  readonly producer: Producer;
  readonly isRetriable: (error: unknown) => boolean;
  /** How long a handler may go on after its signal was aborted, in milliseconds. */
  readonly cancellationTimeout: number;
  /** Told when a handler outlives that, and when it ends after all; answers how many there are. */
  readonly countAbandoned: (change: 1 | -1) => number;
  /** Where the chance in delays comes from. Defaults to `Math.random`. */
  readonly random?: (() => number) | undefined;
  /** Aborted when everything is closed: settling is not tried again. */
  readonly ended?: AbortSignal | undefined;
  readonly jsonSchemaConverters?: JsonSchemaConverters | undefined;
  readonly overrides?: Overrides | undefined;
}

const NOTHING_VALIDATED = new Validated([], []);
const NO_DEPENDENCIES = Object.freeze({});

/** Runs one actor, for message after message. */
export class Execution {
  /** The actor it runs. */
  readonly actor: ResolvedActor;
  readonly #options: ExecutionOptions;
  readonly #pipeline: (call: RunCall) => unknown;
  readonly #injection: Compiled<Injection>;
  readonly #validator: Compiled<InputValidator>;

  constructor(actor: ResolvedActor, options: ExecutionOptions) {
    this.actor = actor;
    this.#options = options;
    this.#pipeline = compose(actor.middlewares, changeCall, (call: RunCall) => this.#attempt(call));
    this.#injection = new Compiled(() => new Injection(actor.deps, options.overrides));
    this.#validator = validatorOf(actor.options, {
      ...options,
      routingHeaders: Object.keys(actor.routingStrategy.headers?.(actor) ?? {}),
    });
  }

  /** The run of a message, for {@linkcode handle}. */
  start(delivery: Delivery): Run {
    const { clock, cancellationTimeout: patience } = this.#options;
    const settling = new Settling(delivery, this.#options);
    return new Run({ delivery, settling, actor: this.actor.name, clock, patience });
  }

  /** Handles one message, to its settlement. Never rejects. */
  async handle(run: Run): Promise<Outcome> {
    const { settling } = run;
    if (this.actor.confirmationMode === "ack_first") {
      const acknowledged = await quietly(settling.acknowledgeFirst());
      // The broker will deliver it again: handling it now would handle it twice.
      if (!acknowledged) {
        return { kind: "interrupted", error: new Error("Cannot acknowledge the message first") };
      }
    }
    const message = new InFlightMessage(run.delivery, settling, this.#options.producer);
    const { info: actor } = this.actor;
    const call = new RunCall({ run, actor, message, original: message, final: true });
    let outcome: Outcome;
    try {
      outcome = { kind: "returned", value: await this.#pipeline(call) };
    } catch (error) {
      outcome = outcomeOf(run, error);
    }
    run.over = true;
    if (run.attempting) outcome = await this.#outlived(run, outcome);
    // A middleware threw early, never called `next`, or took a failure's finality away and tried no more.
    if (!run.decided) await decide(this.#toDecide(call), outcome);
    const committing = settling.commit();
    if (committing) await quietly(committing);
    this.#reportEnd(run, outcome);
    if (run.forfeited) this.#reportAbandonedEnded(run);
    return outcome;
  }

  /** Settles what did not come to an end in time, as it was decided or else as interrupted. For shutdown. */
  async forfeit(run: Run): Promise<void> {
    if (run.settling.isSettled) return;
    // A handler that was given up has been counted.
    if (!run.givenUp) {
      run.forfeited = true;
      this.#reportAbandoned(run, run.abortion?.reason);
    }
    if (run.settling.action === undefined) run.settling.propose("reject");
    const committing = run.settling.commit();
    if (committing) await quietly(committing);
  }

  /** A middleware ended before the actor: by failing, which stops the actor, or by not awaiting it, which changes nothing. */
  async #outlived(run: Run, outcome: Outcome): Promise<Outcome> {
    if (outcome.kind !== "returned") run.abort("interrupted", outcome.error);
    await run.untilRest();
    if (outcome.kind === "returned") return run.outcome ?? outcome;
    run.decided = false;
    return outcome;
  }

  /** The innermost part of the pipeline. A middleware may call it again, once the last attempt is over. */
  async #attempt(call: RunCall): Promise<unknown> {
    const { run } = call;
    if (run.attempting) {
      throw new Error("Cannot run the actor again as it is still running: await next() first");
    }
    if (run.over) throw new Error("Cannot run the actor as its middlewares have ended: call next() before");
    run.attempting = true;
    try {
      const working = this.#work(call);
      run.outcome = working instanceof Promise ? await working : working;
      if (run.outcome.kind === "returned" || call.final) {
        const deciding = decide(this.#toDecide(call), run.outcome);
        run.outcome = deciding instanceof Promise ? await deciding : deciding;
      }
      for (const cleanUp of run.takeCleanUps()) await this.#cleanUp(run, cleanUp);
    } finally {
      run.rest();
    }
    if (run.outcome.kind === "returned") return run.outcome.value;
    throw run.outcome.error;
  }

  /** Decodes, validates, injects, handles. At once where everything is. */
  #work(call: RunCall): MaybePromise<Outcome> {
    const { run } = call;
    run.begin(this.actor.timeout);
    const { abortion } = run;
    if (abortion) {
      run.end();
      return { kind: abortion.kind, error: abortion.reason };
    }
    // A view of its own, which can be taken away from a handler that is given up.
    const message = call.message.seenAs({});
    try {
      const value = settled(this.#perform(run, message));
      if (value instanceof Promise) return this.#unlessGivenUp(run, message, value);
      return concluded({ kind: "returned", value }, run.end());
    } catch (error) {
      return concluded(failureOf(run, error), run.end());
    }
  }

  /** Waits for the handler, but for one that ignores its signal only so long. */
  #unlessGivenUp(run: Run, message: InFlightMessage, handling: Promise<unknown>): Promise<Outcome> {
    return new Promise((resolve) => {
      let givenUp = false;
      run.whenGivenUp(({ kind, reason: error }) => {
        givenUp = true;
        run.givenUp = true;
        message.revoke();
        run.end();
        this.#reportAbandoned(run, error);
        resolve({ kind, error });
      });
      const end = (outcome: Outcome): void => {
        if (givenUp) return this.#reportAbandonedEnded(run);
        resolve(concluded(outcome, run.end()));
      };
      handling.then(
        (value) => end({ kind: "returned", value }),
        (error) => end(failureOf(run, error)),
      );
    });
  }

  #perform(run: Run, message: InFlightMessage): unknown {
    const base: ContextBase = { message, actor: this.actor.info, attempt: run.attempt };
    const validated = this.#validate(message);
    return validated instanceof Promise
      ? validated.then((all) => this.#inject(run, base, all))
      : this.#inject(run, base, validated);
  }

  #validate(message: InFlightMessage): MaybePromise<Validated> {
    const validator = this.#validator.current;
    if (!validator.readsAnything) return NOTHING_VALIDATED;
    return validator.validate(
      validator.readsPayload ? decodeWith(this.actor.converter, message) : undefined,
      message.headers,
    );
  }

  #inject(run: Run, base: ContextBase, validated: Validated): unknown {
    run.valid = true;
    const injection = this.#injection.current;
    if (injection.isEmpty) return this.#call(base, validated, NO_DEPENDENCIES);
    const defer = (cleanUp: () => unknown): void => {
      if (!run.defer(cleanUp)) void this.#cleanUp(run, cleanUp);
    };
    const deps = injection.make({ base, validated, defer });
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
    const { payload, headers } = this.actor.options;
    return this.actor.handler(
      payload ? validated.get("payload", payload) : undefined,
      new HandlerContext(base, headers ? validated.get("headers", headers) : message.headers, deps),
    );
  }

  #toDecide({ run, original }: RunCall): ToDecide {
    const { report, clock, ended } = this.#options;
    return { actor: this.actor, run, message: original, report, clock, ended };
  }

  async #cleanUp(run: Run, cleanUp: () => unknown): Promise<void> {
    const { report, clock, ended } = this.#options;
    const { timeout: ms, name } = this.actor;
    try {
      await endingWithin(promised(cleanUp), { clock, ms, what: `A clean-up of "${name}"`, ended });
    } catch (error) {
      report("actor.defer.error", { ...run.where, error });
    }
  }

  #reportEnd(run: Run, ending: Outcome): void {
    const { report } = this.#options;
    const { action } = run.settling;
    const { name: actor } = this.actor;
    const { channel, messageId } = run.delivery;
    // What a middleware swallowed is reported all the same.
    const outcome = run.outcome && run.outcome.kind !== "returned" ? run.outcome : ending;
    if (outcome.kind === "returned") report("actor.run.success", { actor, channel, messageId, action });
    else report("actor.run.error", { actor, channel, messageId, action, error: outcome.error });
    if (this.actor.confirmationMode === "manual" && action === undefined) {
      report("actor.ack.manual.unacknowledged", { actor, channel, messageId });
    }
  }

  #reportAbandoned(run: Run, reason: unknown): void {
    const { report, countAbandoned } = this.#options;
    report("actor.run.abandoned", { ...run.where, reason, abandoned: countAbandoned(1) });
  }

  #reportAbandonedEnded(run: Run): void {
    const { report, countAbandoned } = this.#options;
    report("actor.run.abandoned_ended", { ...run.where, abandoned: countAbandoned(-1) });
  }
}

/** How a run ended whose pipeline threw: by its own failure, or by a middleware's. */
function outcomeOf({ outcome }: Run, error: unknown): Outcome {
  const isOwn = outcome !== undefined && outcome.kind !== "returned" && outcome.error === error;
  return isOwn ? outcome : { kind: "threw", error };
}

/** Before the handler is called, only the message can be at fault. */
function failureOf({ valid }: Run, error: unknown): Outcome {
  return { kind: valid ? "threw" : "invalid", error };
}
