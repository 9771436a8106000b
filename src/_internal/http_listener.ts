/**
 * One `fetch` handler behind whatever HTTP server the runtime has.
 * @module
 */

/** Answers a request. */
type Answer = (request: Request) => Response | Promise<Response>;

/** Where to listen. */
export interface ListenOptions {
  /** The address. Defaults to `0.0.0.0`, all of IPv4. */
  readonly hostname?: string | undefined;
  /** The port; 0 for any free one. */
  readonly port: number;
}

/** A server that listens. */
export interface HttpListener {
  /** The port it listens on. */
  readonly port: number;
  /** Where to find it. */
  readonly url: string;
  /** Stops listening; requests under way are cut. Repeatable. */
  close(): Promise<void>;
}

/**
 * Listens, with `Deno.serve`, `Bun.serve` or `node:http`.
 *
 * @throws {Error} If the port is in use, with the runtime's error as its `cause`.
 */
export async function listen(handler: Answer, options: ListenOptions): Promise<HttpListener> {
  const { hostname = "0.0.0.0", port } = options;
  try {
    const { Deno, Bun } = globalThis as Runtimes;
    const started = Deno
      ? listenOnDeno(Deno, handler, hostname, port)
      : Bun
      ? listenOnBun(Bun, handler, hostname, port)
      : await listenOnNode(handler, hostname, port);
    return { port: started.port, url: `http://${hostname}:${started.port}`, close: once(started.close) };
  } catch (cause) {
    const why = cause instanceof Error ? cause.message : String(cause);
    throw new Error(`Cannot listen on ${hostname}:${port} as the runtime refuses: ${why}`, { cause });
  }
}

/** What to serve, and where. */
export interface HttpServer extends ListenOptions {
  readonly handler: Answer;
  /** Called with the URL when it listens. */
  readonly started: (url: string) => void;
}

/**
 * Listens for all of them, or for none.
 *
 * @throws {Error} If a port is in use.
 */
export async function listenAll(servers: readonly HttpServer[]): Promise<HttpListener[]> {
  const listeners: HttpListener[] = [];
  try {
    for (const { handler, started, ...options } of servers) {
      const listener = await listen(handler, options);
      listeners.push(listener);
      started(listener.url);
    }
  } catch (error) {
    await Promise.all(listeners.map((listener) => listener.close()));
    throw error;
  }
  return listeners;
}

interface Started {
  readonly port: number;
  readonly close: () => Promise<void>;
}

function once(close: () => Promise<void>): () => Promise<void> {
  let closing: Promise<void> | undefined;
  return () => closing ??= close();
}

// The runtimes' own types are not available to each other: only what is used here is written down.
interface Runtimes {
  readonly Deno?: DenoRuntime;
  readonly Bun?: BunRuntime;
}

interface DenoRuntime {
  serve(
    options: { hostname: string; port: number; signal: AbortSignal; onListen: () => void },
    handler: Answer,
  ): { readonly addr: { readonly port: number }; readonly finished: Promise<void> };
}

interface BunRuntime {
  serve(options: { hostname: string; port: number; fetch: Answer; reusePort: boolean }): {
    readonly port: number;
    stop(closeActiveConnections: boolean): Promise<void>;
  };
}

function listenOnDeno(deno: DenoRuntime, fetch: Answer, hostname: string, port: number): Started {
  const stop = new AbortController();
  const server = deno.serve({ hostname, port, signal: stop.signal, onListen() {} }, fetch);
  return {
    port: server.addr.port,
    async close() {
      stop.abort();
      await server.finished;
    },
  };
}

function listenOnBun(bun: BunRuntime, fetch: Answer, hostname: string, port: number): Started {
  const server = bun.serve({ hostname, port, fetch, reusePort: false });
  return {
    port: server.port,
    async close() {
      await server.stop(true);
    },
  };
}

async function listenOnNode(fetch: Answer, hostname: string, port: number): Promise<Started> {
  const { createServer } = await import("node:http");
  const server = createServer(async (incoming, outgoing) => {
    try {
      const request = new Request(`http://${incoming.headers.host ?? hostname}${incoming.url ?? "/"}`, {
        method: incoming.method ?? "GET",
      });
      const response = await fetch(request);
      const body = new Uint8Array(await response.arrayBuffer());
      outgoing.writeHead(response.status, Object.fromEntries(response.headers));
      outgoing.end(incoming.method === "HEAD" ? undefined : body);
    } catch {
      outgoing.writeHead(500).end();
    }
  });
  await new Promise<void>((resolve, reject) => {
    server.once("error", reject);
    server.listen(port, hostname, resolve);
  });
  const address = server.address();
  return {
    port: typeof address === "object" && address ? address.port : port,
    close: () =>
      new Promise((resolve) => {
        server.close(() => resolve());
        server.closeAllConnections();
      }),
  };
}
