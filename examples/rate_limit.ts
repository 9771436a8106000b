/**
 * A middleware that limits how many messages are handled in a period, for services with a rate limit.
 *
 * deno run -A examples/rate_limit.ts   or   bun run examples/rate_limit.ts
 */
import { type ActorMiddleware, InMemoryServer, Repid, Router } from "@repid/core";
import { type } from "arktype";

/** Options of {@linkcode rateLimit}. */
export interface RateLimitOptions {
  /** How many runs start in each period. */
  readonly runs: number;
  /** The period, in milliseconds. */
  readonly per: number;
  /** Returns the current time in milliseconds. Defaults to `Date.now`. */
  readonly now?: () => number;
  /** Waits for this many milliseconds, or until the signal is aborted. Defaults to a timer. */
  readonly wait?: (ms: number, signal: AbortSignal) => Promise<void>;
}

/**
 * Starts runs at even intervals, in this process. With several workers, divide the limit by their number. A waiting message
 * occupies a slot and keeps its lease, so keep the worker's `tasksLimit` low. The actor's time limit starts after the wait.
 */
export function rateLimit({ runs, per, now = Date.now, wait = sleep }: RateLimitOptions): ActorMiddleware {
  let free = 0;
  return async ({ signal }, next) => {
    const start = Math.max(now(), free);
    free = start + per / runs;
    await wait(start - now(), signal);
    // Call it also if the worker was stopped: then the actor does not run, and the message is rejected.
    return await next();
  };
}

function sleep(ms: number, signal: AbortSignal): Promise<void> {
  return new Promise((resolve) => {
    const done = (): void => {
      clearTimeout(timer);
      signal.removeEventListener("abort", done);
      resolve();
    };
    const timer = setTimeout(done, ms);
    signal.addEventListener("abort", done);
    if (signal.aborted) done();
  });
}

if (import.meta.main) {
  const router = new Router({ channel: "calls", middlewares: [rateLimit({ runs: 20, per: 1_000 })] });
  const call = router.actor({ name: "call", payload: type({ number: "number" }) }, ({ number }) => {
    console.log(`Call ${number}`);
  });
  const app = new Repid().includeRouter(router);
  app.servers.register("memory", new InMemoryServer());
  const connection = await app.servers.default.connect();
  for (let number = 1; number <= 4; number++) await app.send(call, { number });
  await app.runWorker({ messagesLimit: 4, tasksLimit: 10 });
  await connection.close();
}
