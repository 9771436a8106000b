/**
 * Scheduled work: a timer sends messages, a worker handles them. Several programs may run the same timer: the messages of
 * one tick have the same key, so only one of them is handled.
 *
 * deno run -A examples/schedule.ts   or   bun run examples/schedule.ts
 */
import { InMemoryServer, Repid, Router } from "@repid/core";
import { type } from "arktype";

/** Options of {@linkcode every}. */
export interface EveryOptions {
  /** Stops the timer when aborted. */
  readonly signal: AbortSignal;
  /** Called with the error when `fire` rejects. The timer continues. */
  readonly onError: (error: unknown) => void;
}

/**
 * Calls `fire` at every multiple of `interval` milliseconds since 1970 (UTC), with that time. Ticks that were missed, for
 * example because the event loop was blocked, are skipped.
 */
export function every(
  interval: number,
  fire: (due: Date) => Promise<void>,
  { signal, onError }: EveryOptions,
): void {
  if (signal.aborted) return;
  let timer: ReturnType<typeof setTimeout>;
  const plan = (after: number): void => {
    const due = (Math.floor(Math.max(after, Date.now()) / interval) + 1) * interval;
    timer = setTimeout(() => {
      plan(due); // `setTimeout` may fire slightly too early
      fire(new Date(due)).catch(onError);
    }, due - Date.now());
  };
  plan(0);
  signal.addEventListener("abort", () => clearTimeout(timer), { once: true });
}

if (import.meta.main) {
  const handled = new Set<string>(); // use a database table instead, see idempotent.ts
  const router = new Router({ channel: "maintenance" });
  const cleanUp = router.actor({
    name: "clean_up",
    payload: type({ due: "string.date.iso.parse" }),
    headers: type({ "idempotency-key": "string" }),
  }, ({ due }, { headers: { "idempotency-key": key } }) => {
    if (handled.has(key)) return console.log("Done before");
    handled.add(key);
    console.log(`Cleaned up for ${due.toISOString()}`);
  });

  const app = new Repid().includeRouter(router);
  app.servers.register("memory", new InMemoryServer());
  const connection = await app.servers.default.connect();
  const stop = new AbortController();
  const send = (due: Date): Promise<void> =>
    app.send(cleanUp, { due: due.toISOString() }, {
      headers: { "idempotency-key": `clean_up@${due.toISOString()}` },
    });
  // stands for two programs
  for (let i = 0; i < 2; i++) every(100, send, { signal: stop.signal, onError: console.error });
  await app.runWorker({ messagesLimit: 4 });
  stop.abort();
  await connection.close();
}
