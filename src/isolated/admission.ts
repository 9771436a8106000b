/**
 * Waits for a free process before an actor's run begins.
 *
 * @module
 */

/**
 * A middleware for actors (an `ActorMiddleware` of `@repid/core`): as many runs begin as there are processes; the others wait,
 * first in, first out.
 */
export type Admission = (
  call: { readonly signal: AbortSignal },
  next: () => Promise<unknown>,
) => Promise<unknown>;

/** Creates the middleware for this number of processes. */
export function admissionTo(size: () => number): Admission {
  let admitted = 0;
  const waiting = new Set<() => void>();

  function admit(signal: AbortSignal): Promise<boolean> {
    if (signal.aborted) return Promise.resolve(false);
    if (admitted < size()) {
      admitted++;
      return Promise.resolve(true);
    }
    return new Promise((resolve) => {
      const end = (isAdmitted: boolean): void => {
        waiting.delete(enter);
        signal.removeEventListener("abort", giveUp);
        resolve(isAdmitted);
      };
      const enter = (): void => end(true);
      const giveUp = (): void => end(false);
      waiting.add(enter);
      signal.addEventListener("abort", giveUp);
    });
  }

  function leave(): void {
    const [enter] = waiting;
    // The run that has waited longest takes the free place.
    if (enter) enter();
    else admitted--;
  }

  return async ({ signal }, next) => {
    // An aborted run ends at once, with the reason of its signal.
    if (!await admit(signal)) return await next();
    try {
      return await next();
    } finally {
      leave();
    }
  };
}
