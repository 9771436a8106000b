/**
 * Who gets how much credit, where several channels share one demand.
 * @module
 */

/** What is known of a channel. */
export interface CreditState {
  /** How many messages the broker may still send. */
  readonly credit: number;
  /** Whether that is being withdrawn. */
  readonly isWithdrawing: boolean;
  /** How much it has shown to be worth: doubled when used up. */
  readonly window: number;
  /** When credit was granted or a message came last. */
  readonly activeAt: number;
  /** When credit was returned unused; 0 if the last credit was used. */
  readonly emptyAt: number;
}

/** What is to be done. */
export interface CreditPlan<T> {
  /** Who gets how much more. */
  readonly grants: ReadonlyMap<T, number>;
  /** The receivers whose credit is withdrawn, because others have none. */
  readonly withdraw: T | undefined;
  /** Whether to plan again soon: a receiver got less than it could use. */
  readonly again: boolean;
}

/** How long credit may stay unused while another receiver wants it, in milliseconds. */
export const QUIET = 20;
/** How long a channel that had nothing comes last, in milliseconds. */
const REST = 200;

/**
 * Divides what is free. One channel gets everything. Of several each gets its window, which starts at 1 and grows while it is
 * used, so that idle channels hold little; where that is still too much, as with fewer messages wanted than there are
 * channels, the credit of quiet ones goes round.
 *
 * @param states The channels, the one whose turn it is first.
 */
export function planCredit<T extends CreditState>(
  states: readonly T[],
  free: number,
  now: number,
): CreditPlan<T> {
  const grants = new Map<T, number>();
  const [only] = states;
  if (only && states.length === 1) {
    // In steps of half the demand at least: what is granted already comes meanwhile.
    if (free > 0 && free >= only.credit) grants.set(only, free);
    return { grants, withdraw: undefined, again: false };
  }
  const isResting = (state: T): boolean => state.emptyAt > 0 && now - state.emptyAt < REST;
  const wanting = states.filter(({ credit, isWithdrawing }) => credit === 0 && !isWithdrawing)
    .toSorted((a, b) => Number(isResting(a)) - Number(isResting(b)));
  let left = free;
  let starved = false;
  let short = false;
  for (const [index, state] of wanting.entries()) {
    const share = Math.min(state.window, Math.ceil(left / (wanting.length - index)));
    if (share > 0) grants.set(state, share);
    left -= Math.max(0, share);
    starved ||= share <= 0;
    short ||= share < state.window;
  }
  const isIdle = (state: T): boolean =>
    !state.isWithdrawing && now - state.activeAt >= QUIET && state.credit > (starved ? 0 : 1);
  const quiet = short ? states.filter(isIdle).toSorted((a, b) => a.activeAt - b.activeAt) : [];
  return { grants, withdraw: quiet[0], again: short };
}
