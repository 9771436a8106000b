/**
 * The options of a worker.
 * @module
 */
import { type KnownOptions, refuseUnknown } from "../_internal/known_options.ts";
import { ASYNC_API_HTML_OPTIONS, type AsyncApiHtmlOptions } from "../declaration/asyncapi_page_options.ts";
import { checkOsSignals, type OsSignal } from "./signals.ts";

/** Where to serve something over HTTP. */
export interface HttpServerOptions {
  /** The address to listen on. Defaults to `0.0.0.0`, all of IPv4. */
  readonly hostname?: string | undefined;
  /** The port; 0 for any free one, told by the event that says where it listens. Defaults to what the option says that it is given to. */
  readonly port?: number | undefined;
  /** The path, from its slash on. Defaults to what the option says that it is given to. */
  readonly path?: string | undefined;
}

/** Options of {@linkcode Repid.runWorker}. */
export interface WorkerOptions {
  /** Stops the worker gracefully when aborted. */
  readonly signal?: AbortSignal | undefined;
  /** OS signals that stop the worker gracefully; a second one has its default effect. Defaults to `SIGINT` and `SIGTERM`; `[]` for none. */
  readonly osSignals?: readonly OsSignal[] | undefined;
  /** How long running handlers may go on after a stop, in milliseconds. Defaults to 25 000. */
  readonly gracefulShutdownTime?: number | undefined;
  /** How long handlers may go on after their signal was aborted, in milliseconds; then their slot is given back. Defaults to 1 000. */
  readonly cancellationTimeout?: number | undefined;
  /** Stops after exactly this many messages. Defaults to `Infinity`. */
  readonly messagesLimit?: number | undefined;
  /** How many messages are handled at once; as many acknowledgements may be on their way to the broker besides. Defaults to 1 000. */
  readonly tasksLimit?: number | undefined;
  /** The name of the server to consume from. Defaults to the default server. */
  readonly server?: string | undefined;
  /** Serves `/livez`, `/readyz` and `path` (`/healthz`) while the worker runs, on port 8080. Defaults to not serving. */
  readonly healthCheckServer?: HttpServerOptions | undefined;
  /**
   * Serves the AsyncAPI page at `path` (`/`), and the document as `asyncapi.json` and `asyncapi.yaml` below it, while the
   * worker runs, on port 8081. Defaults to not serving.
   */
  readonly asyncApiServer?: HttpServerOptions & AsyncApiHtmlOptions | undefined;
}

const WORKER_OPTIONS: KnownOptions<WorkerOptions> = {
  signal: true,
  osSignals: true,
  gracefulShutdownTime: true,
  cancellationTimeout: true,
  messagesLimit: true,
  tasksLimit: true,
  server: true,
  healthCheckServer: true,
  asyncApiServer: true,
};

const HTTP_SERVER_OPTIONS: KnownOptions<HttpServerOptions> = { hostname: true, port: true, path: true };

/**
 * Refuses options that nobody knows, as with a misspelt limit a worker would run for ever, and signals that are none.
 *
 * @throws {TypeError} If there are any.
 */
export function checkWorkerOptions(options: WorkerOptions): void {
  refuseUnknown("run a worker", options, WORKER_OPTIONS);
  const { signal, osSignals, healthCheckServer, asyncApiServer } = options;
  if (signal !== undefined && typeof signal?.addEventListener !== "function") {
    throw new TypeError(`Cannot run a worker as its signal is not an AbortSignal: ${typeof signal}`);
  }
  if (osSignals !== undefined) checkOsSignals(osSignals);
  if (healthCheckServer) refuseUnknown("serve health checks", healthCheckServer, HTTP_SERVER_OPTIONS);
  if (asyncApiServer) {
    const known = { ...HTTP_SERVER_OPTIONS, ...ASYNC_API_HTML_OPTIONS };
    refuseUnknown("serve the document", asyncApiServer, known);
  }
}
