/**
 * The application: what is declared, where it is sent, the workers that run it, and the document that describes it.
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
import { type HttpListener, listen } from "./_internal/http_listener.ts";
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
import { Worker, type WorkerResult } from "./worker/worker.ts";
import { toWorkerLimits } from "./worker/worker_limits.ts";

const DEFAULT_LOGGER = consoleLogger();

/** What the testing kit and the AsyncAPI generator need to know of an application. Not part of the public API. */
export interface RepidInternals {
  /** Every actor with its defaults applied. */
  actors(): readonly ResolvedActor[];
  readonly producer: Producer;
  readonly logger: Logger;
}

/** The inside of an application. Not part of the public API. */
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
  /** What it was made with. */
  readonly options: RepidOptions;
  /** Its servers. */
  readonly servers: ServerRegistry = new ServerRegistry();
  /** The operations by which it sends. */
  readonly messages: MessageRegistry = new MessageRegistry();
  readonly #router: Router;
  readonly #producer: Producer;
  readonly #workers = new Set<Worker>();
  readonly #defaults = new WeakMap<Sendable, ActorDefaults>();

  /**
   * Without servers, operations and actors.
   *
   * @throws {TypeError} If an option is not known, or has the wrong shape.
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
   * Adds a router's actors.
   *
   * @throws {TypeError} If it is not a router.
   */
  includeRouter(router: Router): this {
    this.#router.includeRouter(router);
    return this;
  }

  /**
   * Sends what a contract or an actor declares: checked by the compiler, then by its schemas as consumers will see it.
   * Resolves when the broker has it.
   *
   * @throws {MessageValidationError} If it does not fit.
   * @throws {NotConnectedError} If the server is not connected.
   */
  send<P, H>(target: Sendable<P, H>, ...args: SendArguments<P, H>): Promise<void> {
    const [payload, options] = args as readonly [unknown, SendOptions?];
    return this.#producer.send(target, payload, options);
  }

  /**
   * Sends bytes or text. Resolves when the broker has it.
   *
   * @throws {TypeError} If both or neither of `channel` and `operationId` are given.
   * @throws {RangeError} If the operation or the server is not registered.
   * @throws {NotConnectedError} If the server is not connected.
   */
  sendMessage(options: SendMessageOptions): Promise<void> {
    return this.#producer.sendMessage(options);
  }

  /** Sends a value as JSON. As {@linkcode sendMessage}. */
  sendMessageJson(options: SendMessageJsonOptions): Promise<void> {
    return this.#producer.sendMessageJson(options);
  }

  /**
   * Consumes until stopped: by its signal, by an OS signal, or by its limit. Connects for as long as it runs. Comes back
   * after every outage. Resolves within `gracefulShutdownTime + cancellationTimeout` and a bounded close after a stop.
   *
   * @throws {TypeError} If an option is not known, or a signal is none.
   * @throws {RangeError} If a limit is out of range, or the server is not registered.
   * @throws {Error} If a port is in use, before anything is consumed; or what the server throws and calls final.
   */
  async runWorker(options: WorkerOptions = {}): Promise<WorkerResult> {
    checkWorkerOptions(options);
    const { signal, osSignals = DEFAULT_OS_SIGNALS } = options;
    const worker = this.#createWorker(options);
    if (!worker) return { processed: 0 };
    const report = reportTo(this.#logger);
    const stop = (): void => worker.stop();
    const forget = onFirstSignal(osSignals, (name) => {
      report("worker.signal.stop", { signal: name });
      stop();
    });
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
    }
  }

  /** Answers health checks for the workers that this application is running, in a server of your own. */
  healthHandler(options?: HealthHandlerOptions): FetchHandler {
    return healthHandler(() => [...this.#workers].map(({ monitor }) => monitor), options);
  }

  /**
   * The AsyncAPI 3.0 document of everything declared so far: plain data, the same bytes for the same declarations. A schema
   * that has no JSON Schema form becomes `{}`, and the event `asyncapi.schema.unsupported` names it.
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
   * A page that shows the AsyncAPI document. It loads the official React component from a CDN, at one version whose hash it
   * knows; {@linkcode asyncApiHandler} serves the component itself where `@asyncapi/react-component` is installed.
   */
  asyncApiHtml(options?: AsyncApiHtmlOptions): string {
    return renderPage(this.asyncApiDocument(), options);
  }

  /**
   * Serves the AsyncAPI page and the document, as JSON and as YAML, in a server of your own. Needs no internet where
   * `@asyncapi/react-component` is installed in `node_modules`. The document is made at the first request.
   *
   * @throws {TypeError} If the path does not start with a slash.
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

  /** `undefined` where there is nothing to do. */
  #createWorker(options: WorkerOptions): Worker | undefined {
    const limits = toWorkerLimits(options);
    const server = this.servers.get(options.server);
    const report = reportTo(this.#logger);
    const actors = resolveActors(this.#router);
    if (actors.length === 0) {
      report("worker.run.no_actors", {});
      return undefined;
    }
    // What actors send goes to where their messages came from, unless they say otherwise.
    const producer = this.#producer.through((name) => name === undefined ? server : this.servers.get(name));
    const { jsonSchemaConverters } = this.options;
    return new Worker({ server, actors, limits, clock: systemClock, report, producer, jsonSchemaConverters });
  }

  async #listen(
    { healthCheckServer, asyncApiServer }: WorkerOptions,
    worker: Worker,
  ): Promise<HttpListener[]> {
    const report = reportTo(this.#logger);
    const listeners: HttpListener[] = [];
    try {
      if (healthCheckServer) {
        const { hostname, port = 8080, path } = healthCheckServer;
        const handler = healthHandler(() => [worker.monitor], { path });
        const listener = await listen(handler, { hostname, port });
        listeners.push(listener);
        report("health_check.server.start", { url: listener.url });
      }
      if (asyncApiServer) {
        const { hostname, port = 8081, ...options } = asyncApiServer;
        const listener = await listen(this.asyncApiHandler(options), { hostname, port });
        listeners.push(listener);
        report("asyncapi.server.start", { url: listener.url });
      }
    } catch (error) {
      await Promise.all(listeners.map((listener) => listener.close()));
      throw error;
    }
    return listeners;
  }

  #defaultsOf(target: Sendable): ActorDefaults | undefined {
    // A contract has no place: nobody needs to look for it, each time it is sent.
    if (!("handler" in target)) return undefined;
    const known = this.#defaults.get(target);
    if (known) return known;
    // All at once: looking for one takes as long.
    for (const { actor, channel: { address: channel }, converter } of resolveActors(this.#router)) {
      if (!this.#defaults.has(actor)) this.#defaults.set(actor, { channel, converter });
    }
    return this.#defaults.get(target);
  }
}
