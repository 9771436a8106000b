/**
 * From the outcome of an attempt to what becomes of its message.
 * @module
 */
import { type Clock, delay, endingWithin, LateError, NEVER } from "../_internal/clock.ts";
import { type MaybePromise, promised } from "../_internal/maybe_promise.ts";
import {
  CONFIRMATION,
  DEFAULT_ON_ERROR,
  DEFAULT_ON_TIMEOUT,
  isAction,
  isSettlement,
  type ManualAction,
  type Outcome,
} from "../declaration/confirmation.ts";
import { PolicyError } from "../contract/errors.ts";
import type { Report } from "../contract/events.ts";
import type { Message } from "../declaration/message.ts";
import type { ResolvedActor } from "../declaration/router.ts";
import type { Run } from "./run.ts";

/** What the decisions about an actor's messages have in common. */
export interface DecisionOptions {
  readonly actor: ResolvedActor;
  readonly report: Report;
  readonly clock: Clock;
  /** Aborted when everything is closed. */
  readonly ended?: AbortSignal | undefined;
}

/** Whose message is to be decided upon. */
export interface ToDecide {
  readonly run: Run;
  /** The message as it arrived. */
  readonly original: Message;
}

/** A failure, as opposed to a return. */
type Failure = Exclude<Outcome, { kind: "returned" }>;

/** A return, as opposed to a failure. */
type Success = Extract<Outcome, { kind: "returned" }>;

/**
 * Looks up what becomes of a message, and does it: after a success at once; after a failure it is proposed, and done when
 * the middlewares have unwound. Nothing is done to a message that was settled already. Answers the outcome: another one
 * than was given where the handler returned what its mode does not know.
 */
export function decide(options: DecisionOptions, what: ToDecide, outcome: Outcome): MaybePromise<Outcome> {
  const { settling } = what.run;
  what.run.decided = true;
  if (settling.isSettled && !settling.isReplying) return outcome;
  return outcome.kind === "returned" ? succeed(options, what, outcome) : fail(options, what, outcome);
}

function succeed(options: DecisionOptions, what: ToDecide, outcome: Success): MaybePromise<Outcome> {
  const { actor } = options;
  const { settling } = what.run;
  const decision = CONFIRMATION[actor.confirmationMode].returned;
  const action = decision === "as returned" ? outcome.value : decision;
  if (action === "no_action") return outcome;
  if (!isSettlement(action)) return fail(options, what, { kind: "threw", error: notAnAction(actor, action) });
  // A reply that is under way may fail yet. Otherwise nobody waits: what comes of settling changes no outcome.
  if (settling.isReplying) settling.propose(action);
  else settling.begin(action);
  return outcome;
}

async function fail(options: DecisionOptions, what: ToDecide, outcome: Failure): Promise<Outcome> {
  const action = await actionAfter(options, what, outcome);
  what.run.settling.propose(action === "no_action" ? undefined : action);
  return outcome;
}

async function actionAfter(
  options: DecisionOptions,
  what: ToDecide,
  outcome: Failure,
): Promise<ManualAction> {
  const { confirmationMode, options: policies } = options.actor;
  const { onError = DEFAULT_ON_ERROR[confirmationMode], onTimeout = DEFAULT_ON_TIMEOUT } = policies;
  const decision = CONFIRMATION[confirmationMode][outcome.kind];
  if (decision === "ask onError") return await ask(onError, options, what, outcome);
  if (decision === "ask onTimeout") return await ask(onTimeout, options, what, outcome);
  // Only a return can be taken "as returned".
  return decision as ManualAction;
}

type Policy = ManualAction | ((error: unknown, message: Message) => unknown);

/**
 * What a policy answers. One that fails counts as `nack` unless it says otherwise, and one that takes longer than its actor
 * may as `reject`: no message is left unsettled by accident.
 */
async function ask(
  policy: Policy,
  { actor, report, clock, ended }: DecisionOptions,
  { run, original }: ToDecide,
  { error }: Failure,
): Promise<ManualAction> {
  if (typeof policy !== "function") return policy;
  const { timeout: ms, name } = actor;
  try {
    const asking = promised(() => policy(error, original));
    const answer = await endingWithin(asking, { clock, ms, what: `The policy of "${name}"`, ended });
    if (isAction(answer, actor.confirmationMode)) return answer;
    throw notAnAction(actor, answer);
  } catch (thrown) {
    report("actor.policy.error", { ...run.where, error: thrown });
    if (isOne(LateError, thrown)) return "reject";
    if (!isOne(PolicyError, thrown) || !isSettlement(thrown.action)) return "nack";
    if (thrown.pause > 0) await delay(clock, thrown.pause, ended ?? NEVER);
    return thrown.action;
  }
}

/** Whether a value is an instance. Anything may be thrown, even what does not let itself be asked. */
function isOne<T>(type: new (...args: never[]) => T, value: unknown): value is T {
  try {
    return value instanceof type;
  } catch {
    return false;
  }
}

function notAnAction({ name, confirmationMode }: ResolvedActor, value: unknown): TypeError {
  // Only a word is shown: anything else may hold a payload, or may not even turn into text.
  const shown = typeof value === "string" ? JSON.stringify(value.slice(0, 40)) : typeof value;
  return new TypeError(
    `Cannot settle a message of "${name}" as its answer is no action of the mode ${confirmationMode}: ${shown}`,
  );
}
