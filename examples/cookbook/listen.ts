/**
 * Starts a web server, on Deno or on Bun.
 */
import type { FetchHandler } from "@repid/core";

/** A running web server. */
export interface Listener {
  readonly url: string;
  /** Stops accepting requests, and waits for those in progress. */
  close(): Promise<void>;
}

/** The part of Bun that is used here. */
interface BunGlobal {
  serve(options: { readonly hostname: string; readonly port: number; readonly fetch: FetchHandler }): {
    readonly port: number;
    stop(): Promise<void>;
  };
}

/** Listens on 127.0.0.1. Port 0 is any free port. */
export async function listen(handler: FetchHandler, port: number): Promise<Listener> {
  const hostname = "127.0.0.1";
  if (!("Deno" in globalThis)) {
    const { Bun } = globalThis as unknown as { Bun: BunGlobal };
    const server = Bun.serve({ hostname, port, fetch: handler });
    return { url: `http://${hostname}:${server.port}`, close: () => server.stop() };
  }
  const { promise: listening, resolve } = Promise.withResolvers<number>();
  const server = Deno.serve({ hostname, port, onListen: ({ port }) => resolve(port) }, handler);
  return { url: `http://${hostname}:${await listening}`, close: () => server.shutdown() };
}
