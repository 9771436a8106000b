/**
 * Health: the condition of a worker's consume loop, and the HTTP requests that ask for it.
 * @module
 */
import type { FetchHandler } from "../contract/fetch_handler.ts";
import { type KnownOptions, refuseUnknown } from "../_internal/known_options.ts";

/** What a worker is doing. */
export type WorkerState = "starting" | "consuming" | "reconnecting" | "stopping" | "stopped";

/** The condition of one worker, read when it is asked for. */
export interface WorkerHealth {
  /** What it is doing. */
  readonly state: WorkerState;
  /** Whether its server says that the broker can be talked to. */
  readonly connected: boolean;
  /** Whether messages would arrive now. */
  readonly consuming: boolean;
  /** Whether the event loop is blocked, or was a moment ago. */
  readonly blocked: boolean;
  /** Whether the consume loop did not run although it should have. */
  readonly stalled: boolean;
  /** Milliseconds since the consume loop last ran. */
  readonly lastTurn: number;
  /** Messages being handled. */
  readonly running: number;
  /** Abandoned handlers that still run. */
  readonly abandoned: number;
}

/** Options of {@linkcode Repid.healthHandler}. */
export interface HealthHandlerOptions {
  /** The path that asks for everything at once, beginning with a slash. Defaults to `/healthz`. */
  readonly path?: string | undefined;
}

const HEALTH_HANDLER_OPTIONS: KnownOptions<HealthHandlerOptions> = { path: true };

type Check = (health: WorkerHealth) => string | undefined;

/** Each fault has a name, so that an operator knows where to look. */
const LIVE: readonly Check[] = [
  ({ blocked }) => blocked ? "the event loop is blocked" : undefined,
  ({ stalled }) => stalled ? "the consume loop does not turn" : undefined,
];

const READY: readonly Check[] = [
  ({ state }) => state === "consuming" ? undefined : `the worker is ${state}`,
  ({ connected }) => connected ? undefined : "the broker is not connected",
  ({ consuming }) => consuming ? undefined : "the subscription is not active",
  ...LIVE,
];

/**
 * Answers `/livez` (the consume loop turns and the event loop is not blocked), `/readyz` (connected and consuming as well)
 * and `/healthz` (the same): 200 or 503, with a small JSON body that says why. `GET` and `HEAD`. Everything else is 404,
 * another method 405.
 *
 * With no worker running, it is alive and not ready.
 *
 * @throws {TypeError} If the path does not start with a slash, or an option is not known.
 */
export function healthHandler(
  workers: () => readonly WorkerHealth[],
  options: HealthHandlerOptions = {},
): FetchHandler {
  refuseUnknown("answer health checks", options, HEALTH_HANDLER_OPTIONS);
  const { path = "/healthz" } = options;
  if (!path.startsWith("/")) {
    throw new TypeError(`Cannot answer health checks as the path does not start with a slash: ${path}`);
  }
  const checks = new Map<string, readonly Check[]>([["/livez", LIVE], ["/readyz", READY], [path, READY]]);
  return (request) => {
    const { pathname } = new URL(request.url);
    const asked = checks.get(pathname);
    if (!asked) return new Response("Not Found", { status: 404 });
    if (request.method !== "GET" && request.method !== "HEAD") {
      return new Response("Method Not Allowed", { status: 405, headers: { allow: "GET, HEAD" } });
    }
    return answer(request, workers(), asked);
  };
}

function answer(request: Request, workers: readonly WorkerHealth[], checks: readonly Check[]): Response {
  const faults = workers.flatMap((health) =>
    checks.map((check) => check(health)).filter((fault) => fault !== undefined)
  );
  if (workers.length === 0 && checks === READY) faults.push("no worker is running");
  const healthy = faults.length === 0;
  const body = JSON.stringify({
    status: healthy ? "ok" : "unavailable",
    reasons: [...new Set(faults)],
    workers,
  });
  return new Response(request.method === "HEAD" ? null : body, {
    status: healthy ? 200 : 503,
    headers: { "content-type": "application/json", "cache-control": "no-store" },
  });
}
