/**
 * The framework on any of its servers, in three ways: `full` is an actor with a validated payload, two middlewares and a
 * dependency; `plain` one with nothing of these; `seam` is the server alone, as an adapter's author sees it, without
 * the framework above.
 * @module
 */
import {
  type ActorMiddleware,
  type Connection,
  dependency,
  InMemoryServer,
  Repid,
  Router,
  type Server,
  silentLogger,
} from "@repid/core";
import { type } from "arktype";
import { callInWindow } from "../../src/testing/bench/meter.ts";
import { consumeThroughSeam } from "../../src/testing/bench/seam.ts";
import { type Body, decode, encode, newBody } from "./body.ts";
import type { Contender, Handle, Place } from "./contender.ts";

const Payload = type({ id: "number", at: "number", name: "string", tags: "string[]" });
const TOPIC = "work";
/** How many are under way at once while a channel is filled. */
const FILL_WINDOW = 500;

/** Opens one of the ways. */
export async function open({ url, channel, variant }: Place): Promise<Contender> {
  const server = await serverFor(url);
  const connection = await server.connect();
  const parts = { server, connection, channel };
  return variant === "seam" ? new Seam(parts) : new Framework(parts, variant === "plain");
}

/** By the URL; loads only what it needs. */
async function serverFor(url: string): Promise<Server> {
  if (url === "") return new InMemoryServer();
  switch (new URL(url).protocol) {
    case "redis:":
      return new (await import("@repid/core/redis")).RedisServer(url);
    case "amqp:":
      return new (await import("@repid/core/amqp")).AmqpServer(url);
    default:
      return new (await import("@repid/core/pubsub")).PubsubServer({ url, defaultProject: "tests" });
  }
}

interface Parts {
  readonly server: Server;
  readonly connection: Connection;
  readonly channel: string;
}

class Seam implements Contender {
  readonly #parts: Parts;

  constructor(parts: Parts) {
    this.#parts = parts;
  }

  publish(body: Body): Promise<void> {
    const { server, channel } = this.#parts;
    const message = {
      payload: encode(body),
      headers: { topic: TOPIC },
      contentType: "application/json",
      replyTo: undefined,
    };
    return server.publish(channel, message, {});
  }

  async fill(count: number, from = 0): Promise<void> {
    let id = from;
    await callInWindow(() => this.publish(newBody(id++)), { window: FILL_WINDOW, most: count });
  }

  consume(concurrency: number, handle: Handle): Promise<() => Promise<void>> {
    const { server, channel } = this.#parts;
    return consumeThroughSeam(server, channel, concurrency, ({ payload }) => handle(decode(payload)));
  }

  close(): Promise<void> {
    return this.#parts.connection.close();
  }
}

class Framework implements Contender {
  readonly #parts: Parts;
  readonly #app = new Repid({ logger: silentLogger });
  readonly #send: (body: Body) => Promise<void>;
  #handle: Handle = () => {};

  constructor(parts: Parts, isPlain: boolean) {
    this.#parts = parts;
    this.#app.servers.register("measured", parts.server);
    const router = new Router({ channel: parts.channel });
    this.#send = isPlain ? this.#addPlain(router) : this.#addFull(router);
    this.#app.includeRouter(router);
  }

  publish(body: Body): Promise<void> {
    return this.#send(body);
  }

  fill(count: number, from?: number): Promise<void> {
    return new Seam(this.#parts).fill(count, from);
  }

  consume(concurrency: number, handle: Handle): Promise<() => Promise<void>> {
    this.#handle = handle;
    const stop = new AbortController();
    const options = { tasksLimit: concurrency, signal: stop.signal, osSignals: [] };
    const running = this.#app.runWorker(options);
    return Promise.resolve(async () => {
      stop.abort();
      await running;
    });
  }

  close(): Promise<void> {
    return this.#parts.connection.close();
  }

  #addFull(router: Router): (body: Body) => Promise<void> {
    const through: ActorMiddleware = (_, next) => next();
    const clock = dependency(() => 1);
    const actor = router.actor(
      { name: TOPIC, payload: Payload, middlewares: [through, through], deps: { clock } },
      (body) => this.#handle(body),
    );
    return (body) => this.#app.send(actor, body);
  }

  #addPlain(router: Router): (body: Body) => Promise<void> {
    const actor = router.actor({ name: TOPIC }, (_, { message }) => this.#handle(message.json() as Body));
    return (body) => this.#app.send(actor, body as unknown as undefined);
  }
}
