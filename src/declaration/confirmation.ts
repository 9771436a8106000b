/**
 * How a message is settled: one table over how its handling ended.
 * @module
 */
import type { Settlement } from "../contract/server.ts";
import type { Message } from "./message.ts";

/**
 * When a message is settled, and by whom.
 *
 * - `auto`: acknowledged when the handler returns; `onError` decides otherwise. The default.
 * - `always_ack`: acknowledged after the handler has ended, also if it fails or its time limit passes.
 * - `ack_first`: acknowledged before the handler runs.
 * - `manual`: the handler calls `message.ack()`, `nack()` or `reject()`.
 * - `manual_explicit`: the handler returns the action.
 */
export type ConfirmationMode = "auto" | "always_ack" | "ack_first" | "manual" | "manual_explicit";

/** What `onError` and `onTimeout` may return in the mode `auto`. */
export type AutoAction = Settlement;

/** What a `manual_explicit` handler returns, and what `onError` and `onTimeout` may return in the manual modes. */
export type ManualAction = Settlement | "no_action";

/** Decides how a message is settled whose handling failed. It may be async, and may send messages. */
export type OnErrorHandler<A extends ManualAction = AutoAction> = (
  error: unknown,
  message: Message,
) => A | Promise<A>;

/** The `onError` that a confirmation mode allows; none in `always_ack` and `ack_first`, which decide themselves. */
export type OnError<M extends ConfirmationMode> = M extends "always_ack" | "ack_first" ? never
  : M extends "auto" ? AutoAction | OnErrorHandler<AutoAction>
  : ManualAction | OnErrorHandler<ManualAction>;

/** What a handler must return in a confirmation mode. */
export type HandlerResult<M extends ConfirmationMode> = M extends "manual_explicit" ? ManualAction : unknown;

/** How the handling of a message ended. */
export type Outcome =
  | { readonly kind: "returned"; readonly value: unknown }
  | { readonly kind: "threw" | "invalid" | "timed-out" | "interrupted"; readonly error: unknown };

/** A failure, as opposed to a return. */
export type Failure = Exclude<Outcome, { kind: "returned" }>;

/** What the table says of one mode: an action, or who is asked for one. */
export type Decisions =
  & { readonly returned: ManualAction | "as returned" }
  & { readonly [K in Failure["kind"]]: ManualAction | "ask onError" | "ask onTimeout" };

/** For each mode and ending, what is done with a message that the handler did not settle itself. */
export const CONFIRMATION: Readonly<Record<ConfirmationMode, Decisions>> = {
  auto: {
    returned: "ack",
    threw: "ask onError",
    invalid: "ask onError",
    "timed-out": "ask onTimeout",
    interrupted: "reject",
  },
  always_ack: {
    returned: "ack",
    threw: "ack",
    invalid: "ack",
    "timed-out": "ack",
    interrupted: "reject",
  },
  // Settled before the handler ran.
  ack_first: {
    returned: "no_action",
    threw: "no_action",
    invalid: "no_action",
    "timed-out": "no_action",
    interrupted: "no_action",
  },
  manual: {
    returned: "no_action",
    threw: "ask onError",
    invalid: "ask onError",
    "timed-out": "ask onTimeout",
    interrupted: "reject",
  },
  manual_explicit: {
    returned: "as returned",
    threw: "ask onError",
    invalid: "ask onError",
    "timed-out": "ask onTimeout",
    interrupted: "reject",
  },
};

/** The `onError` of an actor without one. */
export const DEFAULT_ON_ERROR: Readonly<Record<ConfirmationMode, ManualAction>> = {
  auto: "nack",
  always_ack: "ack",
  ack_first: "no_action",
  manual: "no_action",
  manual_explicit: "no_action",
};

/** The `onTimeout` of an actor without one: another worker may finish in time. */
export const DEFAULT_ON_TIMEOUT: ManualAction = "reject";

/** Whether a message may stay unsettled in this mode. */
export function isManual(mode: ConfirmationMode): boolean {
  return mode === "manual" || mode === "manual_explicit";
}

const SETTLEMENTS: ReadonlySet<unknown> = new Set<Settlement>(["ack", "nack", "reject"]);

/** Whether a value is a settlement. */
export function isSettlement(value: unknown): value is Settlement {
  return SETTLEMENTS.has(value);
}

/** Whether a policy may return this value in this mode. */
export function isAction(value: unknown, mode: ConfirmationMode): value is ManualAction {
  return isSettlement(value) || (value === "no_action" && isManual(mode));
}
