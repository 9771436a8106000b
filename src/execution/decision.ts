/**
 * What to do with a message after an attempt. Nothing is done here: these functions only answer.
 *
 * The table of the confirmation modes (`declaration/confirmation.ts`) says it, or says who is to be asked: the handler's
 * result, `onError` or `onTimeout`.
 * @module
 */
import { type Clock, delay, endingWithin, LateError } from "../_internal/clock.ts";
import { type MaybePromise, promised } from "../_internal/maybe_promise.ts";
import { PolicyError } from "../contract/errors.ts";
import type { Report, RunningMessage } from "../contract/events.ts";
import {
  CONFIRMATION,
  DEFAULT_ON_ERROR,
  DEFAULT_ON_TIMEOUT,
  type Failure,
  isAction,
  isSettlement,
  type ManualAction,
  type Outcome,
} from "../declaration/confirmation.ts";
import type { Message } from "../declaration/message.ts";
import type { ResolvedActor } from "../declaration/router.ts";

/** What decisions need to know of their worker. */
export interface DecisionOptions {
  readonly report: Report;
  readonly clock: Clock;
  /** Aborted when everything is closed. */
  readonly ended?: AbortSignal | undefined;
}

/** A failure of an actor, and the message as it arrived. */
export interface FailedMessage {
  readonly actor: ResolvedActor;
  readonly failure: Failure;
  readonly message: Message;
  readonly where: RunningMessage;
}

/** What to do after a handler returned `value`; `undefined` if it returned what its mode does not know. */
export function actionAfterReturn(
  { confirmationMode }: ResolvedActor,
  value: unknown,
): ManualAction | undefined {
  const decision = CONFIRMATION[confirmationMode].returned;
  if (decision !== "as returned") return decision;
  return value === "no_action" || isSettlement(value) ? value : undefined;
}

/** What to do after a failure. At once where the table or a literal policy says it. Never rejects. */
export function actionAfterFailure(
  options: DecisionOptions,
  failed: FailedMessage,
): MaybePromise<ManualAction> {
  const { actor, failure } = failed;
  const { confirmationMode: mode, options: { onError, onTimeout } } = actor;
  const decision = CONFIRMATION[mode][failure.kind];
  if (decision === "ask onError") return follow(options, failed, onError ?? DEFAULT_ON_ERROR[mode]);
  if (decision === "ask onTimeout") return follow(options, failed, onTimeout ?? DEFAULT_ON_TIMEOUT);
  return decision;
}

/** A failure as it is; a result that is not an action of its mode as a failure of the handler. */
export function asFailure(actor: ResolvedActor, outcome: Outcome): Failure {
  if (outcome.kind !== "returned") return outcome;
  return { kind: "threw", error: notAnAction(actor, outcome.value) };
}

function notAnAction({ name, confirmationMode }: ResolvedActor, value: unknown): TypeError {
  // Only text is shown: anything else may hold a payload, or may not even turn into text.
  const shown = typeof value === "string" ? JSON.stringify(value.slice(0, 40)) : typeof value;
  return new TypeError(
    `Cannot settle a message of "${name}" as its answer is not an action of the mode ${confirmationMode}: ${shown}`,
  );
}

type Policy = ManualAction | ((error: unknown, message: Message) => unknown);

function follow(options: DecisionOptions, failed: FailedMessage, policy: Policy): MaybePromise<ManualAction> {
  return typeof policy === "function" ? ask(options, failed, policy) : policy;
}

/**
 * Asks a policy. One that fails counts as `nack` unless its error says otherwise, and one that takes longer than its actor
 * may counts as `reject`: no message is left unsettled by accident.
 */
async function ask(
  { report, clock, ended }: DecisionOptions,
  { actor, failure, message, where }: FailedMessage,
  policy: (error: unknown, message: Message) => unknown,
): Promise<ManualAction> {
  const { timeout: ms, name, confirmationMode } = actor;
  try {
    const asking = promised(() => policy(failure.error, message));
    const answer = await endingWithin(asking, { clock, ms, what: `The policy of "${name}"`, ended });
    if (isAction(answer, confirmationMode)) return answer;
    throw notAnAction(actor, answer);
  } catch (thrown) {
    report("actor.policy.error", { ...where, error: thrown });
    if (isInstance(LateError, thrown)) return "reject";
    if (!isInstance(PolicyError, thrown) || !isSettlement(thrown.action)) return "nack";
    if (thrown.pause > 0) await delay(clock, thrown.pause, ended);
    return thrown.action;
  }
}

/** Whether a value is an instance. Anything may be thrown, even a proxy that throws when it is asked. */
function isInstance<T>(type: new (...args: never[]) => T, value: unknown): value is T {
  try {
    return value instanceof type;
  } catch {
    return false;
  }
}
