/**
 * Waiting for a free process before an actor's run begins.
 *
 * @module
 */

/**
 * A middleware, as `ActorMiddleware` of `@repid/core` describes it: lets as many runs begin as there are processes, first
 * come first served; the others wait.
 */
export type Admission = (
  call: { readonly signal: AbortSignal },
  next: () => Promise<unknown>,
) => Promise<unknown>;

/** Makes the middleware for so many processes. */
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
    // Whoever waits longest takes the place that becomes free.
    if (enter) enter();
    else admitted--;
  }

  return async ({ signal }, next) => {
    // A run that is to end does so at once, and says why.
    if (!await admit(signal)) return await next();
    try {
      return await next();
    } finally {
      leave();
    }
  };
}
