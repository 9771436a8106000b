/**
 * A worker, an outage and a blocked event loop, seen by HTTP requests.
 * @module
 */
import { listen } from "../../../src/_internal/http_listener.ts";
import type { EventFields, EventName, Logger } from "../../../src/contract/events.ts";
import type { Server, Subscription } from "../../../src/contract/server.ts";
import { InMemoryServer, Repid, Router } from "../../../mod.ts";

/** An answer, as far as it matters here. */
export interface Answer {
  readonly when: string;
  readonly asked: string;
  readonly status: number;
  readonly reasons?: readonly string[];
}

/** A port of its own, and what it has to say. */
interface Scene {
  ask(when: string, path: string, method?: string): Promise<Answer>;
}

/** Plays it, and answers what every request was told. */
export async function playHealthScene(): Promise<readonly Answer[]> {
  const answers: Answer[] = [];
  const events = new Events();
  const outage = new Outage();
  const app = new Repid({ logger: events.logger });
  app.servers.register("memory", outage.around(new InMemoryServer()));
  const router = new Router({ channel: "jobs" });
  router.actor({ name: "work" }, () => {});
  app.includeRouter(router);

  const mounted = await listen(app.healthHandler(), { hostname: "127.0.0.1", port: 0 });
  const stop = new AbortController();
  const atMounted = scene(mounted.url, answers);
  await atMounted.ask("no worker", "/livez");
  await atMounted.ask("no worker", "/readyz");

  const started = events.next("worker.consumer.start");
  const listening = events.next("health_check.server.start");
  const running = app.runWorker({
    signal: stop.signal,
    osSignals: [],
    healthCheckServer: { hostname: "127.0.0.1", port: 0 },
  });
  const { url } = await listening;
  await started;
  const { ask } = scene(url, answers);
  for (const path of ["/livez", "/readyz", "/healthz"]) await ask("running", path);
  await atMounted.ask("running", "/readyz");
  await ask("running", "/readyz", "HEAD");
  await ask("running", "/readyz", "POST");
  await ask("running", "/other");

  const noticed = events.next("worker.consumer.retry");
  outage.begin();
  await noticed;
  for (const path of ["/livez", "/readyz", "/healthz"]) await ask("outage", path);
  const resumed = events.next("worker.consumer.start");
  outage.end();
  await resumed;
  for (const path of ["/livez", "/readyz", "/healthz"]) await ask("after the outage", path);

  block(1_700);
  for (const path of ["/livez", "/readyz"]) await ask("blocked", path);
  while (!await isAlive(url));
  for (const path of ["/livez", "/readyz"]) await ask("after the block", path);

  stop.abort();
  await running;
  await atMounted.ask("stopped", "/readyz");
  await mounted.close();
  return answers;
}

function scene(url: string, answers: Answer[]): Scene {
  return {
    async ask(when, path, method = "GET") {
      const response = await fetch(`${url}${path}`, { method });
      const text = await response.text();
      const isJson = response.headers.get("content-type") === "application/json" && text !== "";
      const { reasons } = isJson ? JSON.parse(text) as { reasons: string[] } : {};
      const answer = { when, asked: `${method} ${path}`, status: response.status, ...reasons && { reasons } };
      answers.push(answer);
      return answer;
    },
  };
}

async function isAlive(url: string): Promise<boolean> {
  const response = await fetch(`${url}/livez`);
  await response.body?.cancel();
  return response.ok;
}

/** Keeps the event loop for itself. */
function block(ms: number): void {
  const until = performance.now() + ms;
  while (performance.now() < until);
}

/** Events, awaited. */
class Events {
  readonly #waiting = new Map<EventName, (fields: never) => void>();
  readonly logger: Logger;

  constructor() {
    const log = <E extends EventName>(event: E, fields: EventFields[E]): void => {
      const resolve = this.#waiting.get(event);
      this.#waiting.delete(event);
      resolve?.(fields as never);
    };
    this.logger = { debug: log, info: log, warn: log, error: log };
  }

  next<E extends EventName>(event: E): Promise<EventFields[E]> {
    return new Promise((resolve) => void this.#waiting.set(event, resolve));
  }
}

/** A broker that goes away and comes back. */
class Outage {
  #isAway = false;
  #cut: PromiseWithResolvers<never> = Promise.withResolvers();

  begin(): void {
    this.#isAway = true;
    this.#cut.reject(new Error("The connection is gone"));
  }

  end(): void {
    this.#isAway = false;
    this.#cut = Promise.withResolvers();
  }

  around(server: Server): Server {
    return replacing(server, {
      isConnected: () => server.isConnected && !this.#isAway,
      isRetriable: () => () => true,
      subscribe: () => async (channels: readonly string[]) => {
        if (this.#isAway) throw new Error("The broker is away");
        return this.#aroundSubscription(await server.subscribe(channels));
      },
    });
  }

  #aroundSubscription(subscription: Subscription): Subscription {
    const { promise } = this.#cut;
    promise.catch(() => {});
    return replacing(subscription, {
      isActive: () => subscription.isActive && !this.#isAway,
      take: () => (max: number, wait: number) => Promise.race([subscription.take(max, wait), promise]),
    });
  }
}

/** The object, with some of its properties read differently. */
function replacing<T extends object>(target: T, getters: { readonly [K in keyof T]?: () => unknown }): T {
  return new Proxy(target, {
    get: (_, key) => {
      const own = Reflect.get(getters, key) as (() => unknown) | undefined;
      if (own) return own();
      const value = Reflect.get(target, key, target);
      return typeof value === "function" ? value.bind(target) : value;
    },
  });
}
