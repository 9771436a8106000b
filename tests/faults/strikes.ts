/**
 * When faults strike: spread over the messages, one after the other.
 * @module
 */

/** Something that breaks, once so many messages were handled. */
export interface Strike {
  readonly at: number;
  readonly strike: () => Promise<void>;
}

/** The same fault, so many times, evenly over so many messages. */
export function evenly(count: number, over: number, strike: () => Promise<void>): Strike[] {
  return Array.from({ length: count }, (_, index) => {
    return { at: Math.floor(over * (index + 1) / (count + 1)), strike };
  });
}

/** Lets them strike in the order in which their time comes, each when the one before is over. */
export async function strikeInTurn(
  strikes: readonly Strike[],
  progress: { reaches(count: number): Promise<void> },
): Promise<void> {
  for (const { at, strike } of strikes.toSorted((a, b) => a.at - b.at)) {
    await progress.reaches(at);
    await strike();
  }
}
