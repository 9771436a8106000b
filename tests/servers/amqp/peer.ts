/**
 * A peer of this process that answers as a test wants it to: rhea on the other side. For what a real broker does too seldom, or
 * cannot be made to do.
 * @module
 */
import { once } from "node:events";
import type { AddressInfo, Server, Socket } from "node:net";
import library from "rhea";
import type { RheaDelivery, RheaEndpoint, RheaMessage } from "../../../src/servers/amqp/rhea.ts";

/** What happens at the peer. */
export interface PeerEvents {
  /** The largest message that it says it takes, in bytes. */
  readonly largest?: number;
  /** The other side attaches a link that sends. Answer by doing nothing: it is attached, and has credit. */
  readonly attached?: (link: PeerLink) => void;
  /** The other side attaches a link that receives. */
  readonly subscribed?: (link: PeerLink) => void;
  /** A message came. It is accepted unless this answers `false`. */
  readonly received?: (delivery: PeerDelivery, message: RheaMessage, link: PeerLink) => boolean;
}

/** A message that the peer received. */
export interface PeerDelivery extends RheaDelivery {
  accept(): void;
  reject(): void;
  release(): void;
  modified(outcome: Readonly<Record<string, unknown>>): void;
}

/** A link, a session or a connection of the peer. */
export interface PeerEndpoint extends RheaEndpoint {
  close(error?: { readonly condition: string; readonly description: string }): void;
}

/** A link as the peer sees it. */
export interface PeerLink extends PeerEndpoint {
  readonly name: string;
  readonly session: PeerEndpoint;
  readonly connection: PeerEndpoint & { readonly socket: Socket };
  /** Of a link that the other side receives from. */
  send(message: Uint8Array, tag: undefined, format: number): RheaDelivery;
}

interface PeerContext {
  readonly receiver: PeerLink;
  readonly sender: PeerLink;
  readonly delivery: PeerDelivery;
  readonly message: RheaMessage;
}

interface PeerContainer {
  readonly sasl_server_mechanisms: { enable_anonymous(): void };
  on(event: string, listener: (context: PeerContext) => void): void;
  listen(options: unknown): Server;
}

/** Listens on a port of its own. */
export class Peer implements AsyncDisposable {
  readonly url: string;
  readonly #server: Server;
  readonly #sockets: Set<Socket>;

  private constructor(server: Server, sockets: Set<Socket>) {
    this.#server = server;
    this.#sockets = sockets;
    this.url = `amqp://127.0.0.1:${(server.address() as AddressInfo).port}`;
  }

  /** Starts one. */
  static async start({ largest, attached, subscribed, received = () => true }: PeerEvents): Promise<Peer> {
    // The border: rhea's own types lack what is needed here.
    const create = library.create_container as unknown as (options: unknown) => PeerContainer;
    const container = create({ id: "peer", autoaccept: false });
    container.sasl_server_mechanisms.enable_anonymous();
    container.on("receiver_open", ({ receiver }) => attached?.(receiver));
    container.on("sender_open", ({ sender }) => subscribed?.(sender));
    container.on("message", ({ receiver, delivery, message }) => {
      if (received(delivery, message, receiver)) delivery.accept();
    });
    for (const name of ["disconnected", "connection_close", "connection_error", "session_close", "error"]) {
      container.on(name, () => {});
    }
    const receiver_options = { autoaccept: false, max_message_size: largest };
    const server = container.listen({ port: 0, host: "127.0.0.1", receiver_options });
    const sockets = new Set<Socket>();
    server.on("connection", (socket: Socket) => {
      sockets.add(socket);
      socket.on("close", () => sockets.delete(socket));
    });
    await once(server, "listening");
    return new Peer(server, sockets);
  }

  /** How many are connected. */
  get connections(): number {
    return this.#sockets.size;
  }

  /** Breaks off all connections, as a crash would. */
  breakOff(): void {
    for (const socket of this.#sockets) socket.destroy();
  }

  /** Ends it. */
  async [Symbol.asyncDispose](): Promise<void> {
    this.breakOff();
    this.#server.close();
    await once(this.#server, "close");
  }
}
