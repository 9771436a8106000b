/**
 * The application: its actors, its servers, its workers and its AsyncAPI document.
 * @module
 */
import type { FetchHandler } from "./contract/fetch_handler.ts";
import type { AsyncApiHtmlOptions } from "./declaration/asyncapi_page_options.ts";
import { checkRepidOptions, type RepidOptions } from "./declaration/repid_options.ts";
import { checkWorkerOptions, type WorkerOptions } from "./worker/worker_options.ts";
import type {
  Sendable,
  SendArguments,
  SendMessageJsonOptions,
  SendMessageOptions,
  SendOptions,
} from "./declaration/sending.ts";
import { MessageRegistry } from "./declaration/message_registry.ts";
import { ServerRegistry } from "./declaration/server_registry.ts";
import { systemClock } from "./_internal/clock.ts";
import { type HttpListener, type HttpServer, listenAll } from "./_internal/http_listener.ts";
import type { AsyncApiDocument } from "./asyncapi/document.ts";
import { generateDocument } from "./asyncapi/generate.ts";
import { renderPage } from "./asyncapi/page.ts";
import { type AsyncApiHandlerOptions, documentHandler } from "./asyncapi/serve.ts";
import type { Logger } from "./contract/events.ts";
import { reportTo } from "./contract/events.ts";
import { healthHandler, type HealthHandlerOptions } from "./worker/health.ts";
import { consoleLogger } from "./contract/logger.ts";
import { type ActorDefaults, Producer } from "./producing/producer.ts";
import { resolveActors, type ResolvedActor, Router } from "./declaration/router.ts";
import { DEFAULT_OS_SIGNALS, onFirstSignal } from "./worker/signals.ts";
import { observeRejections, type RejectionObserver } from "./worker/unhandled_rejections.ts";
import { Worker, type WorkerResult } from "./worker/worker.ts";
import { toWorkerLimits } from "./worker/limits.ts";

const DEFAULT_LOGGER = consoleLogger();

/** What the test client needs of an application. Not part of the public API. */
export interface RepidInternals {
  /** Every actor with its defaults applied. */
  actors(): readonly ResolvedActor[];
  readonly producer: Producer;
  readonly logger: Logger;
}

/** The internals of an application. Not part of the public API. */
export let internalsOf: (app: Repid) => RepidInternals;

/**
 * A Repid application.
 *
 * @example
 * ```ts
 * import { InMemoryServer, Repid, Router } from "@repid/core";
 * import { type } from "arktype";
 *
 * const app = new Repid({ title: "My app" });
 * app.servers.register("memory", new InMemoryServer());
 *
 * const router = new Router();
 * const greet = router.actor({ name: "greet", payload: type({ name: "string" }) }, ({ name }) => {
 *   console.log(`Hello, ${name}!`);
 * });
 * app.includeRouter(router);
 *
 * const connection = await app.servers.default.connect();
 * await app.send(greet, { name: "Repid" });
 * await app.runWorker({ messagesLimit: 1 });
 * await connection.close();
 * ```
 */
export class Repid {
  /** The options that you passed. */
  readonly options: RepidOptions;
  /** Its servers. */
  readonly servers: ServerRegistry = new ServerRegistry();
  /** The operations through which it sends. */
  readonly messages: MessageRegistry = new MessageRegistry();
  readonly #router: Router;
  readonly #producer: Producer;
  readonly #workers = new Set<Worker>();
  readonly #defaults = new WeakMap<Sendable, ActorDefaults>();

  /**
   * Creates an application without servers, operations and actors.
   *
   * @throws {TypeError} If an option is unknown or has the wrong shape.
   */
  constructor(options: RepidOptions = {}) {
    checkRepidOptions(options);
    const { actorMiddlewares: middlewares, producerMiddlewares, defaultSerializer, jsonSchemaConverters } =
      options;
    this.options = Object.freeze({ ...options });
    this.#router = new Router({ middlewares });
    this.#producer = new Producer({
      serializer: defaultSerializer,
      middlewares: producerMiddlewares,
      jsonSchemaConverters,
      operations: this.messages,
      serverOf: (name) => this.servers.get(name),
      defaultsOf: (target) => this.#defaultsOf(target),
    });
  }

  /**
   * Adds the actors of a router, including those registered later.
   *
   * @throws {TypeError} If it is not a router.
   */
  includeRouter(router: Router): this {
    this.#router.includeRouter(router);
    return this;
  }

  /**
   * Sends what a contract or an actor declares. The compiler checks the payload, then its schemas validate it as consumers
   * will see it. Resolves when the broker has confirmed the message.
   *
   * @throws {MessageValidationError} If the payload or the headers are invalid.
   * @throws {NotConnectedError} If the server is not connected.
   */
  send<P, H>(target: Sendable<P, H>, ...args: SendArguments<P, H>): Promise<void> {
    const [payload, options] = args as readonly [unknown, SendOptions?];
    return this.#producer.send(target, payload, options);
  }

  /**
   * Sends bytes or text. Resolves when the broker has confirmed the message.
   *
   * @throws {TypeError} If both or neither of `channel` and `operationId` are given.
   * @throws {RangeError} If the operation or the server is not registered.
   * @throws {NotConnectedError} If the server is not connected.
   */
  sendMessage(options: SendMessageOptions): Promise<void> {
    return this.#producer.sendMessage(options);
  }

  /**
   * Sends a value as JSON. Otherwise as {@linkcode sendMessage}.
   *
   * @throws {TypeError} If JSON would lose something of the value: see {@linkcode defaultSerializer}.
   */
  sendMessageJson(options: SendMessageJsonOptions): Promise<void> {
    return this.#producer.sendMessageJson(options);
  }

  /**
   * Consumes until it is stopped: by `signal`, by an OS signal, or by `messagesLimit`. It is connected while it runs. If the
   * connection is lost, it reconnects with exponential backoff. After a stop it resolves within `gracefulShutdownTime` +
   * `cancellationTimeout` and a bounded time for closing.
   *
   * @throws {TypeError} If an option is unknown or has the wrong shape.
   * @throws {RangeError} If a limit is out of range, or the server is not registered.
   * @throws {Error} If a port is in use (before anything is consumed), or with the server's error if it is not retriable.
   */
  async runWorker(options: WorkerOptions = {}): Promise<WorkerResult> {
    checkWorkerOptions(options);
    const { signal, osSignals = DEFAULT_OS_SIGNALS, unhandledRejections = "graceful" } = options;
    const worker = this.#createWorker(options);
    if (!worker) return { processed: 0 };
    const report = reportTo(this.#logger);
    const stop = (): void => worker.stop();
    const forget = onFirstSignal(osSignals, (name) => {
      report("worker.signal.stop", { signal: name });
      stop();
    });
    const observer: RejectionObserver = {
      report: (error) => report("worker.rejection.unhandled", { error, actors: worker.actors }),
      stop,
    };
    const release = unhandledRejections === "graceful" ? observeRejections(observer) : undefined;
    let listeners: HttpListener[] = [];
    try {
      signal?.addEventListener("abort", stop, { once: true });
      if (signal?.aborted) stop();
      listeners = await this.#listen(options, worker);
      this.#workers.add(worker);
      return await worker.run();
    } finally {
      forget();
      signal?.removeEventListener("abort", stop);
      this.#workers.delete(worker);
      await Promise.all(listeners.map((listener) => listener.close()));
      release?.();
    }
  }

  /** A handler that answers health checks for the running workers of this application, for your own HTTP server. */
  healthHandler(options?: HealthHandlerOptions): FetchHandler {
    return healthHandler(() => [...this.#workers].map(({ monitor }) => monitor), options);
  }

  /**
   * The AsyncAPI 3.0 document of everything declared so far: plain data, and the same for the same declarations. A schema
   * without a JSON Schema form becomes `{}`; the event `asyncapi.schema.unsupported` names it.
   */
  asyncApiDocument(): AsyncApiDocument {
    const report = reportTo(this.#logger);
    const { defaultSerializer, jsonSchemaConverters = {} } = this.options;
    return generateDocument({
      info: this.options,
      servers: this.servers.entries(),
      actors: resolveActors(this.#router),
      operations: [...this.messages.entries()].map(([, operation]) => operation),
      contentType: defaultSerializer?.contentType ?? "application/json",
      converters: jsonSchemaConverters,
      unsupported: (schema, error) => report("asyncapi.schema.unsupported", { schema, error }),
    });
  }

  /**
   * An HTML page that shows the AsyncAPI document. It loads the official React component from a CDN, at a fixed version with
   * an integrity hash. {@linkcode asyncApiHandler} serves the component itself if `@asyncapi/react-component` is installed.
   */
  asyncApiHtml(options?: AsyncApiHtmlOptions): string {
    return renderPage(this.asyncApiDocument(), options);
  }

  /**
   * A handler that serves the AsyncAPI page and the document as JSON and YAML, for your own HTTP server. The page needs no
   * internet access if `@asyncapi/react-component` is installed in `node_modules`. The document is generated at the first
   * request.
   *
   * @throws {TypeError} If the path does not start with a slash, or an option is unknown.
   *
   * @example
   * ```ts
   * import { Repid } from "@repid/core";
   *
   * const app = new Repid({ title: "My app" });
   * const handler = app.asyncApiHandler({ path: "/docs" });
   * const page = await handler(new Request("http://localhost/docs"));
   * console.log(page.status); // 200
   * ```
   */
  asyncApiHandler(options?: AsyncApiHandlerOptions): FetchHandler {
    return documentHandler(() => this.asyncApiDocument(), options);
  }

  static {
    internalsOf = (app) => ({
      actors: () => resolveActors(app.#router),
      producer: app.#producer,
      logger: app.#logger,
    });
  }

  get #logger(): Logger {
    return this.options.logger ?? DEFAULT_LOGGER;
  }

  /** `undefined` if there are no actors. */
  #createWorker(options: WorkerOptions): Worker | undefined {
    const limits = toWorkerLimits(options);
    const server = this.servers.get(options.server);
    const report = reportTo(this.#logger);
    const actors = resolveActors(this.#router);
    if (actors.length === 0) {
      report("worker.run.no_actors", {});
      return undefined;
    }
    // Actors send through the server that their messages come from, unless they name another.
    const producer = this.#producer.through((name) => name === undefined ? server : this.servers.get(name));
    const { jsonSchemaConverters } = this.options;
    return new Worker({ server, actors, limits, clock: systemClock, report, producer, jsonSchemaConverters });
  }

  #listen({ healthCheckServer, asyncApiServer }: WorkerOptions, worker: Worker): Promise<HttpListener[]> {
    const report = reportTo(this.#logger);
    const servers: HttpServer[] = [];
    if (healthCheckServer) {
      const { hostname, port = 8080, path } = healthCheckServer;
      const handler = healthHandler(() => [worker.monitor], { path });
      servers.push({
        handler,
        hostname,
        port,
        started: (url) => report("health_check.server.start", { url }),
      });
    }
    if (asyncApiServer) {
      const { hostname, port = 8081, ...options } = asyncApiServer;
      const handler = this.asyncApiHandler(options);
      servers.push({ handler, hostname, port, started: (url) => report("asyncapi.server.start", { url }) });
    }
    return listenAll(servers);
  }

  #defaultsOf(target: Sendable): ActorDefaults | undefined {
    // A contract belongs to no router.
    if (!("handler" in target)) return undefined;
    const known = this.#defaults.get(target);
    if (known) return known;
    // All at once, as resolving one takes as long.
    for (const { actor, channel: { address: channel }, converter } of resolveActors(this.#router)) {
      if (!this.#defaults.has(actor)) this.#defaults.set(actor, { channel, converter });
    }
    return this.#defaults.get(target);
  }
}
