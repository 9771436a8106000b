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
import type { Clock } from "./_internal/clock.ts";
import type { Outcome } from "./confirmation.ts";
import { decodeWith } from "./converter.ts";
import { decide, quietly, type ToDecide } from "./decision.ts";
import type { Report } from "./events.ts";
import { inject } from "./injection.ts";
import { InFlightMessage } from "./in_flight.ts";
import type { JsonSchemaConverters } from "./json_schema.ts";
import { compose } from "./middleware.ts";
import type { Producer } from "./producer.ts";
import type { ResolvedActor } from "./router.ts";
import { concluded, Run } from "./run.ts";
import { changeCall, type RunCall } from "./run_call.ts";
import type { Delivery } from "./server.ts";
import { Settling } from "./settling.ts";
import { DeclarationValidator, type Overrides, type Validated } from "./validation.ts";

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

const NOTHING_VALIDATED: Validated = new Map();
const NO_DEPENDENCIES = Object.freeze({});

/** Runs one actor, for message after message. */
export class Execution {
  /** The actor it runs. */
  readonly actor: ResolvedActor;
  readonly #options: ExecutionOptions;
  readonly #pipeline: (call: RunCall) => Promise<unknown>;
  readonly #hasDependencies: boolean;
  readonly #validator: DeclarationValidator;

  constructor(actor: ResolvedActor, options: ExecutionOptions) {
    this.actor = actor;
    this.#options = options;
    this.#pipeline = compose(actor.middlewares, changeCall, (call: RunCall) => this.#attempt(call));
    this.#hasDependencies = Object.keys(actor.deps).length > 0;
    this.#validator = new DeclarationValidator(actor.options, {
      ...options,
      routingHeaders: Object.keys(actor.routingStrategy.headers?.(actor) ?? {}),
    });
  }

  /** The run of a message, for {@linkcode handle}. */
  start(delivery: Delivery): Run {
    const { name, channel } = this.actor.info;
    const where = { actor: name, channel, messageId: delivery.messageId };
    const { clock, cancellationTimeout: patience } = this.#options;
    return new Run({ delivery, settling: new Settling(delivery, this.#options), where, clock, patience });
  }

  /** Handles one message, to its settlement. Never rejects. */
  async handle(run: Run): Promise<Outcome> {
    const { settling } = run;
    if (this.actor.confirmationMode === "ack_first") {
      const acknowledged = await quietly(settling.settle("ack"));
      // The broker will deliver it again: handling it now would handle it twice.
      if (!acknowledged) {
        return { kind: "interrupted", error: new Error("Cannot acknowledge the message first") };
      }
    }
    const message = new InFlightMessage(run.delivery, settling, this.#options.producer);
    const call: RunCall = {
      message,
      original: message,
      actor: this.actor.info,
      get signal() {
        return run.signal;
      },
      final: true,
      run,
    };
    let outcome = await this.#runPipeline(call);
    run.over = true;
    if (run.attempting) outcome = await this.#outlived(run, outcome);
    // A middleware threw early, never called `next`, or took a failure's finality away and tried no more.
    if (!run.decided) await decide(this.#toDecide(call), outcome);
    await quietly(settling.commit());
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
    await quietly(run.settling.commit());
  }

  async #runPipeline(call: RunCall): Promise<Outcome> {
    try {
      return { kind: "returned", value: await this.#pipeline(call) };
    } catch (error) {
      const { outcome } = call.run;
      const isOwn = outcome !== undefined && outcome.kind !== "returned" && outcome.error === error;
      return isOwn ? outcome : { kind: "threw", error };
    }
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
      run.outcome = await this.#work(call);
      if (run.outcome.kind === "returned" || call.final) {
        run.outcome = await decide(this.#toDecide(call), run.outcome);
      }
      for (const cleanUp of run.takeCleanUps()) await this.#cleanUp(run, cleanUp);
    } finally {
      run.rest();
    }
    if (run.outcome.kind === "returned") return run.outcome.value;
    throw run.outcome.error;
  }

  /** Waits for the handler, but for one that ignores its signal only so long. */
  #work(call: RunCall): Promise<Outcome> {
    const { run } = call;
    // A view of its own, which can be taken away from a handler that is given up.
    const message = call.message.seenAs({});
    return new Promise((resolve) => {
      let givenUp = false;
      run.begin(this.actor.timeout, ({ kind, reason: error }) => {
        givenUp = true;
        run.givenUp = true;
        message.revoke();
        run.end();
        this.#reportAbandoned(run, error);
        resolve({ kind, error });
      });
      const { abortion } = run;
      if (abortion) {
        run.end();
        return resolve({ kind: abortion.kind, error: abortion.reason });
      }
      const end = (outcome: Outcome): void => {
        if (givenUp) return this.#reportAbandonedEnded(run);
        resolve(concluded(outcome, run.end()));
      };
      this.#perform(call, message).then(
        (value) => end({ kind: "returned", value }),
        (error) => end({ kind: run.valid ? "threw" : "invalid", error }),
      );
    });
  }

  async #perform(call: RunCall, message: InFlightMessage): Promise<unknown> {
    const { run } = call;
    const { attempt } = run;
    const validating = this.#validate(message);
    const validated = validating instanceof Promise ? await validating : validating;
    run.valid = true;
    const { payload, headers } = this.actor.options;
    const deps = this.#hasDependencies ? await this.#inject(call, message, validated) : NO_DEPENDENCIES;
    // Too late is too late: whoever waited for this attempt may wait no more.
    if (attempt.aborted) throw attempt.signal.reason;
    return await this.actor.handler(payload ? validated.get(payload) : undefined, {
      message,
      actor: this.actor.info,
      get signal() {
        return attempt.signal;
      },
      deps,
      headers: headers ? validated.get(headers) : message.headers,
    });
  }

  #validate(message: InFlightMessage): Validated | Promise<Validated> {
    const validator = this.#validator.current;
    if (!validator.readsAnything) return NOTHING_VALIDATED;
    return validator.validate(
      validator.readsPayload ? decodeWith(this.actor.converter, message) : undefined,
      message.headers,
    );
  }

  async #inject(
    { run, actor }: RunCall,
    message: InFlightMessage,
    validated: Validated,
  ): Promise<object> {
    const { attempt } = run;
    const base = {
      message,
      actor,
      get signal() {
        return attempt.signal;
      },
    };
    const defer = (cleanUp: () => unknown): void => {
      if (!run.defer(cleanUp)) void this.#cleanUp(run, cleanUp);
    };
    try {
      const { headers } = message;
      const { overrides } = this.#options;
      return await inject(this.actor.deps, { base, headers, validated, defer, overrides });
    } catch (error) {
      attempt.abort(error);
      throw error;
    }
  }

  #toDecide({ run, original }: RunCall): ToDecide {
    return { actor: this.actor, run, message: original, report: this.#options.report };
  }

  async #cleanUp(run: Run, cleanUp: () => unknown): Promise<void> {
    try {
      await cleanUp();
    } catch (error) {
      this.#options.report("actor.defer.error", { ...run.where, error });
    }
  }

  #reportEnd(run: Run, ending: Outcome): void {
    const { report } = this.#options;
    const { action } = run.settling;
    const { where } = run;
    // What a middleware swallowed is reported all the same.
    const outcome = run.outcome && run.outcome.kind !== "returned" ? run.outcome : ending;
    if (outcome.kind === "returned") report("actor.run.success", { ...where, action });
    else report("actor.run.error", { ...where, action, error: outcome.error });
    if (this.actor.confirmationMode === "manual" && action === undefined) {
      report("actor.ack.manual.unacknowledged", where);
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
