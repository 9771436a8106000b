/**
 * A middleware that lets so many messages through in a time: for services that allow no more.
 *
 * deno run -A examples/rate_limit.ts   or   bun run examples/rate_limit.ts
 */
import { type ActorMiddleware, InMemoryServer, Repid, Router } from "@repid/core";
import { type } from "arktype";

/** Options of {@linkcode rateLimit}. */
export interface RateLimitOptions {
  /** How many runs begin in `per`. */
  readonly runs: number;
  /** Milliseconds. */
  readonly per: number;
  /** The time in milliseconds. Defaults to the real one. */
  readonly now?: () => number;
  /** Waits so many milliseconds, or until aborted. Defaults to really doing so. */
  readonly wait?: (ms: number, signal: AbortSignal) => Promise<void>;
}

/**
 * Begins runs evenly, in this process: with several workers, divide. A message that waits holds its slot and its lease, so
 * keep the worker's `tasksLimit` low; the actor's time limit begins after the wait.
 */
export function rateLimit({ runs, per, now = Date.now, wait = sleep }: RateLimitOptions): ActorMiddleware {
  let free = 0;
  return async ({ signal }, next) => {
    const start = Math.max(now(), free);
    free = start + per / runs;
    await wait(start - now(), signal);
    // Also when the worker is stopped meanwhile: then the run ends before it begins, and the message is put back.
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
