/**
 * The framework on any of its servers, in three ways: `full` is an actor with a validated payload, two middlewares and a
 * dependency; `plain` one with nothing of these; `seam` is the server alone, as an adapter's author sees it, without
 * the framework above.
 * @module
 */
import {
  type ActorMiddleware,
  dependency,
  InMemoryServer,
  Repid,
  Router,
  type Server,
  silentLogger,
} from "@repid/core";
import { type } from "arktype";
import { callInWindow } from "../../src/conformance/measuring/meter.ts";
import { type Path, throughFramework, throughSeam } from "../../src/conformance/measuring/paths.ts";
import { type Body, decode, encode, newBody } from "./body.ts";
import type { Contender, Handle, Place } from "./contender.ts";

const Payload = type({ id: "number", at: "number", name: "string", tags: "string[]" });
/** How many are under way at once while a channel is filled. */
const FILL_WINDOW = 500;

/** Opens one of the ways. */
export async function open({ url, channel, variant }: Place): Promise<Contender> {
  const server = await serverFor(url);
  const connection = await server.connect();
  if (variant === "full") return new Full(server, channel, () => connection.close());
  const path = (variant === "plain" ? throughFramework : throughSeam)(server, channel);
  return { ...alongPath(path), fill: filling(server, channel), close: () => connection.close() };
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
      return new (await import("@repid/core/pubsub")).PubsubServer(`${url}/projects/tests`);
  }
}

function alongPath({ publish, consume }: Path): Pick<Contender, "publish" | "consume"> {
  return {
    publish: (body) => publish(encode(body)),
    consume: (concurrency, handle) => consume(concurrency, (payload) => handle(decode(payload))),
  };
}

/** Whatever is measured, channels are filled in the same way. */
function filling(server: Server, channel: string): Contender["fill"] {
  const { publish } = throughSeam(server, channel);
  return async (count, from = 0) => {
    let id = from;
    await callInWindow(() => publish(encode(newBody(id++))), { window: FILL_WINDOW, most: count });
  };
}

class Full implements Contender {
  readonly fill: Contender["fill"];
  readonly close: () => Promise<void>;
  readonly #app = new Repid({ logger: silentLogger });
  readonly #send: (body: Body) => Promise<void>;
  #handle: Handle = () => {};

  constructor(server: Server, channel: string, close: () => Promise<void>) {
    this.fill = filling(server, channel);
    this.close = close;
    this.#app.servers.register("measured", server);
    const router = new Router({ channel });
    const through: ActorMiddleware = (_, next) => next();
    const clock = dependency(() => 1);
    const actor = router.actor(
      { name: "work", payload: Payload, middlewares: [through, through], deps: { clock } },
      (body) => this.#handle(body),
    );
    this.#app.includeRouter(router);
    this.#send = (body) => this.#app.send(actor, body);
  }

  publish(body: Body): Promise<void> {
    return this.#send(body);
  }

  consume(concurrency: number, handle: Handle): Promise<() => Promise<void>> {
    this.#handle = handle;
    const stop = new AbortController();
    const running = this.#app.runWorker({ tasksLimit: concurrency, signal: stop.signal, osSignals: [] });
    return Promise.resolve(async () => {
      stop.abort();
      await running;
    });
  }
}
