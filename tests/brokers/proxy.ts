/**
 * A way to a server that can be cut, or can fall silent, between a client and what it talks to.
 *
 * ```ts
 * await using proxy = await Proxy.to(broker.url);
 * const server = new PubsubServer(`${proxy.url}/projects/tests`);
 * proxy.cut(); // every connection is gone; new ones are taken
 * ```
 * @module
 */
import { connect, createServer, type Server, type Socket } from "node:net";
import { createServer as createTlsServer } from "node:tls";

/** A certificate with its key, in PEM. */
export interface Certificate {
  readonly cert: string;
  readonly key: string;
}

/** TCP in between, on a port of its own. */
export class Proxy implements AsyncDisposable {
  /** Where it is: `http://127.0.0.1:…`, or `https://…` with a certificate. */
  readonly url: string;
  readonly #server: Server;
  readonly #sockets: Set<Socket>;
  #isBlocked = false;
  #connections = 0;

  private constructor(url: string, server: Server, sockets: Set<Socket>) {
    this.url = url;
    this.#server = server;
    this.#sockets = sockets;
    server.prependListener("connection", (socket: Socket) => {
      this.#connections++;
      if (this.#isBlocked) socket.resetAndDestroy();
    });
  }

  /** How many connections were taken so far. */
  get connections(): number {
    return this.#connections;
  }

  /** Opens a way to a URL; with a certificate one that speaks TLS (as HTTP/2 wants it) to those who come. */
  static async to(url: string, certificate?: Certificate): Promise<Proxy> {
    const { hostname, port } = new URL(url);
    const sockets = new Set<Socket>();
    const join = (client: Socket): void => {
      const peer = connect({ host: hostname, port: Number(port) });
      for (const [one, other] of [[client, peer], [peer, client]] as const) {
        sockets.add(one);
        one.setNoDelay(true);
        one.pipe(other);
        one.on("error", () => {});
        one.on("close", () => {
          sockets.delete(one);
          other.destroy();
        });
      }
    };
    const server = certificate
      ? createTlsServer({ ...certificate, ALPNProtocols: ["h2"] }, join)
      : createServer(join);
    await new Promise<void>((resolve) => server.listen(0, "127.0.0.1", resolve));
    const address = server.address();
    const own = typeof address === "object" && address ? address.port : 0;
    return new Proxy(`${certificate ? "https" : "http"}://127.0.0.1:${own}`, server, sockets);
  }

  /** Cuts every connection, as a network would: without a word. */
  cut(): void {
    for (const socket of this.#sockets) socket.resetAndDestroy();
  }

  /** Cuts every connection, and lets nobody in until it is {@linkcode admit}ted again. */
  block(): void {
    this.#isBlocked = true;
    this.cut();
  }

  /** Lets everybody in again. */
  admit(): void {
    this.#isBlocked = false;
  }

  /** Lets nothing through any more; the connections stay open. */
  silence(): void {
    for (const socket of this.#sockets) {
      socket.unpipe();
      socket.pause();
    }
  }

  /** Ends it with all connections. Repeatable. */
  close(): Promise<void> {
    for (const socket of this.#sockets) socket.destroy();
    return new Promise((resolve) => this.#server.close(() => resolve()));
  }

  /** The same as {@linkcode close}. */
  [Symbol.asyncDispose](): Promise<void> {
    return this.close();
  }
}
