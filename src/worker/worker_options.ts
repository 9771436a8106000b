/**
 * The options of a worker.
 * @module
 */
import { type KnownOptions, refuseUnknown } from "../_internal/known_options.ts";
import { ASYNC_API_HTML_OPTIONS, type AsyncApiHtmlOptions } from "../declaration/asyncapi_page_options.ts";
import { checkOsSignals, type OsSignal } from "./signals.ts";
import type { UnhandledRejections } from "./unhandled_rejections.ts";

/** Where an HTTP server of a worker listens. */
export interface HttpServerOptions {
  /** The address to listen on. Defaults to `0.0.0.0`, all of IPv4. */
  readonly hostname?: string | undefined;
  /** The port; 0 for any free one, which the `start` event reports. The default depends on the server. */
  readonly port?: number | undefined;
  /** The path, with a leading slash. The default depends on the server. */
  readonly path?: string | undefined;
}

/** Options of {@linkcode Repid.runWorker}. */
export interface WorkerOptions {
  /** Stops the worker gracefully when aborted. */
  readonly signal?: AbortSignal | undefined;
  /** OS signals that stop the worker gracefully. A second signal has its default effect. Defaults to `SIGINT` and `SIGTERM`; `[]` for none. */
  readonly osSignals?: readonly OsSignal[] | undefined;
  /** How long running handlers may continue after a stop, in milliseconds. Defaults to 25 000. */
  readonly gracefulShutdownTime?: number | undefined;
  /** How long a handler may continue after its signal was aborted, in milliseconds. Then it is abandoned and its slot is free. Defaults to 1 000. */
  readonly cancellationTimeout?: number | undefined;
  /** Stops after exactly this many messages. Defaults to `Infinity`. */
  readonly messagesLimit?: number | undefined;
  /** How many messages are handled at once. As many acknowledgements may be in progress in addition. Defaults to 1 000. */
  readonly tasksLimit?: number | undefined;
  /**
   * What to do about a rejected promise that a handler left behind, for which runtimes end the process. `graceful` reports
   * `worker.rejection.unhandled`, stops the worker gracefully, and then lets the runtime end the process. `runtime` does
   * nothing: all running messages are lost with the process, and redelivered. A listener of your own for unhandled rejections
   * has precedence: then the rejection is only reported. Defaults to `graceful`.
   */
  readonly unhandledRejections?: UnhandledRejections | undefined;
  /** The name of the server to consume from. Defaults to the default server. */
  readonly server?: string | undefined;
  /** Serves `/livez`, `/readyz` and `path` (default `/healthz`) while the worker runs, by default on port 8080. Not served if it is `undefined`. */
  readonly healthCheckServer?: HttpServerOptions | undefined;
  /**
   * Serves the AsyncAPI page at `path` (default `/`), and the document as `asyncapi.json` and `asyncapi.yaml` below it, while
   * the worker runs, by default on port 8081. Not served if it is `undefined`.
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
  unhandledRejections: true,
  server: true,
  healthCheckServer: true,
  asyncApiServer: true,
};

const HTTP_SERVER_OPTIONS: KnownOptions<HttpServerOptions> = { hostname: true, port: true, path: true };

/**
 * Refuses unknown options, because a worker with a misspelt limit would never stop, and invalid signals.
 *
 * @throws {TypeError} If there are any.
 */
export function checkWorkerOptions(options: WorkerOptions): void {
  refuseUnknown("run a worker", options, WORKER_OPTIONS);
  const { signal, osSignals, unhandledRejections = "graceful", healthCheckServer, asyncApiServer } = options;
  if (signal !== undefined && typeof signal?.addEventListener !== "function") {
    throw new TypeError(`Cannot run a worker as its signal is not an AbortSignal: ${typeof signal}`);
  }
  if (osSignals !== undefined) checkOsSignals(osSignals);
  if (!["graceful", "runtime"].includes(unhandledRejections)) {
    throw new TypeError(
      `Cannot run a worker as unhandledRejections is neither graceful nor runtime: ${
        String(unhandledRejections)
      }`,
    );
  }
  if (healthCheckServer) refuseUnknown("serve health checks", healthCheckServer, HTTP_SERVER_OPTIONS);
  if (asyncApiServer) {
    const known = { ...HTTP_SERVER_OPTIONS, ...ASYNC_API_HTML_OPTIONS };
    refuseUnknown("serve the document", asyncApiServer, known);
  }
}
