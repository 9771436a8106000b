/**
 * What an application and its workers are told.
 * @module
 */
import { type KnownOptions, refuseNoFunction, refuseUnknown } from "./_internal/known_options.ts";
import { ASYNC_API_HTML_OPTIONS, type AsyncApiHtmlOptions } from "./asyncapi/page.ts";
import type { Logger } from "./contract/events.ts";
import type { JsonSchemaConverters } from "./declaration/json_schema.ts";
import { checkLogger } from "./contract/logger.ts";
import type { Contact, ExternalDocs, License, Tag } from "./contract/metadata.ts";
import type { ActorMiddleware, ProducerMiddleware } from "./declaration/middleware.ts";
import type { Serializer } from "./contract/serializer.ts";
import { checkOsSignals, type OsSignal } from "./worker/signals.ts";

/** Options of {@linkcode Repid}. */
export interface RepidOptions {
  /** The application's name. Defaults to `"Repid AsyncAPI"`. */
  readonly title?: string;
  /** The application's version. Defaults to `"0.0.1"`. */
  readonly version?: string;
  /** What it does, CommonMark allowed. */
  readonly description?: string;
  /** Where its terms of service are. */
  readonly termsOfService?: string;
  /** Who to ask about it. */
  readonly contact?: Contact;
  /** The terms it is offered under. */
  readonly license?: License;
  /** Labels. */
  readonly tags?: readonly Tag[];
  /** Where to read more. */
  readonly externalDocs?: ExternalDocs;
  /** Turns values into payloads. Defaults to {@linkcode defaultSerializer}, JSON. */
  readonly defaultSerializer?: Serializer;
  /** Run around every actor, outside those of routers and actors. */
  readonly actorMiddlewares?: readonly ActorMiddleware[];
  /** Run around every publication, those of actors and their replies included. */
  readonly producerMiddlewares?: readonly ProducerMiddleware[];
  /** Converters for schema libraries without Standard JSON Schema, by vendor: `{ valibot: toJsonSchema }`. */
  readonly jsonSchemaConverters?: JsonSchemaConverters;
  /**
   * Where events go: an object with the methods `debug`, `info`, `warn` and `error`, such as `console`. Defaults to
   * {@linkcode consoleLogger}: warnings and errors, on standard error.
   */
  readonly logger?: Logger;
}

const REPID_OPTIONS: KnownOptions<RepidOptions> = {
  title: true,
  version: true,
  description: true,
  termsOfService: true,
  contact: true,
  license: true,
  tags: true,
  externalDocs: true,
  defaultSerializer: true,
  actorMiddlewares: true,
  producerMiddlewares: true,
  jsonSchemaConverters: true,
  logger: true,
};

/**
 * Refuses options that cannot work.
 *
 * @throws {TypeError} If one is not known, the logger is none, or the serializer or a converter is not a function.
 */
export function checkRepidOptions(options: RepidOptions): void {
  refuseUnknown("make an application", options, REPID_OPTIONS);
  const { logger, defaultSerializer, jsonSchemaConverters = {} } = options;
  if (logger !== undefined) checkLogger(logger);
  refuseNoFunction("make an application", { defaultSerializer });
  if (typeof jsonSchemaConverters !== "object" || jsonSchemaConverters === null) {
    throw new TypeError(
      `Cannot use the JSON Schema converters as they are not an object: ${typeof jsonSchemaConverters}`,
    );
  }
  refuseNoFunction("use the JSON Schema converters", jsonSchemaConverters);
}

/** Where to serve something over HTTP. */
export interface HttpServerOptions {
  /** The address to listen on. Defaults to `0.0.0.0`, all of IPv4. */
  readonly hostname?: string;
  /** The port; 0 for any free one, told by the event that says where it listens. Defaults to what the option says that it is given to. */
  readonly port?: number;
  /** The path, from its slash on. Defaults to what the option says that it is given to. */
  readonly path?: string;
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
