/**
 * rhea by hand, on AMQP 1.0: no delay on the socket, the frames of a turn in one write, credit given in steps, the
 * acknowledgements of a turn of the event loop in one range. What rhea gets wrong with RabbitMQ 4 is put right, as its
 * users have to.
 * @module
 */
import type { Socket } from "node:net";
import rhea from "rhea";
import { type Body, decode, encode, newBody } from "./body.ts";
import type { Contender, Handle, Place } from "./contender.ts";
import { callInWindow } from "../../src/conformance/measuring/meter.ts";
import { handleThen } from "./slots.ts";

const FILL_WINDOW = 500;
/** How many deliveries a session may hold. */
const WINDOW = 1_048_576;

/** What rhea has, and its types do not say. */
interface Session {
  readonly incoming: { next_transfer_id: number };
  begin(): void;
  open_sender(options: unknown): Sender;
  open_receiver(options: unknown): Receiver;
}
interface Sender {
  sendable(): boolean;
  send(message: unknown): object;
  on(event: string, listener: (context: { delivery: object }) => void): void;
}
interface Delivery {
  readonly id: number;
  accept(): void;
}
interface Receiver {
  delivery_count: number;
  readonly remote: { readonly attach?: { readonly initial_delivery_count?: number } };
  add_credit(count: number): void;
  on(
    event: string,
    listener: (context: { message: { body: { content: Uint8Array } }; delivery: Delivery }) => void,
  ): void;
}
interface Connection {
  readonly socket: Socket;
  create_session(size: unknown): Session;
  on(event: string, listener: () => void): void;
  close(): void;
}

export async function open({ url, channel }: Place): Promise<Contender> {
  const { hostname, port, username, password } = new URL(url);
  const options = {
    host: hostname,
    port: Number(port),
    username,
    password,
    reconnect: false,
    tcp_no_delay: true,
  };
  const connection = rhea.create_container().connect(options) as unknown as Connection;
  await new Promise<void>((resolve) => connection.on("connection_open", resolve));
  joinWrites(connection.socket);
  return new RawAmqp(connection, `/queues/${encodeURIComponent(channel)}`);
}

class RawAmqp implements Contender {
  readonly #connection: Connection;
  readonly #address: string;
  readonly #sent = new Map<object, () => void>();
  #sender: Promise<Sender> | undefined;
  #whenSendable: (() => void)[] = [];

  constructor(connection: Connection, address: string) {
    this.#connection = connection;
    this.#address = address;
  }

  async publish(body: Body): Promise<void> {
    const sender = await (this.#sender ??= this.#openSender());
    while (!sender.sendable()) await new Promise<void>((resolve) => this.#whenSendable.push(resolve));
    const { buffer, byteOffset, byteLength } = encode(body);
    await new Promise<void>((resolve) => {
      const delivery = sender.send({
        body: rhea.message.data_section(Buffer.from(buffer, byteOffset, byteLength)),
        content_type: "application/json",
        application_properties: { topic: "work" },
        durable: true,
      });
      this.#sent.set(delivery, resolve);
    });
  }

  async fill(count: number, from = 0): Promise<void> {
    let id = from;
    await callInWindow(() => this.publish(newBody(id++)), { window: FILL_WINDOW, most: count });
  }

  async consume(concurrency: number, handle: Handle): Promise<() => Promise<void>> {
    const session = this.#connection.create_session({ incoming: WINDOW, outgoing: 1 });
    wrapTransferIds(session);
    session.begin();
    const receiver = session.open_receiver({
      source: { address: this.#address },
      credit_window: 0,
      autoaccept: false,
    });
    await new Promise<void>((resolve) => receiver.on("receiver_open", () => resolve()));
    wrapDeliveryCount(receiver);
    let done: Delivery[] = [];
    let owed = 0;
    let isStopped = false;
    // Not a frame for each message: once a quarter of the slots is free.
    const step = Math.max(1, concurrency >> 2);
    const flush = (): void => {
      const settled = done;
      done = [];
      // In order, so that they are one range.
      settled.sort((a, b) => a.id - b.id);
      for (const delivery of settled) delivery.accept();
      owed += settled.length;
      if (owed < step || isStopped) return;
      receiver.add_credit(owed);
      owed = 0;
    };
    receiver.on("message", ({ message, delivery }) => {
      handleThen(handle, decode(message.body.content), () => {
        if (done.push(delivery) === 1) setImmediate(flush);
      });
    });
    receiver.add_credit(concurrency);
    return () => {
      isStopped = true;
      return Promise.resolve();
    };
  }

  async close(): Promise<void> {
    const closed = new Promise<void>((resolve) => this.#connection.on("connection_close", resolve));
    this.#connection.close();
    await closed;
  }

  async #openSender(): Promise<Sender> {
    const session = this.#connection.create_session({ incoming: 2_048, outgoing: 2_048 });
    session.begin();
    const sender = session.open_sender({ target: { address: this.#address } });
    sender.on("accepted", ({ delivery }) => {
      this.#sent.get(delivery)?.();
      this.#sent.delete(delivery);
    });
    sender.on("sendable", () => {
      for (const resolve of this.#whenSendable.splice(0)) resolve();
    });
    while (!sender.sendable()) await new Promise<void>((resolve) => this.#whenSendable.push(resolve));
    return sender;
  }
}

/** rhea writes each frame by itself. */
function joinWrites(socket: Socket): void {
  const write = socket.write.bind(socket) as (...args: unknown[]) => boolean;
  let isCorked = false;
  socket.write = ((...args: unknown[]): boolean => {
    if (!isCorked) {
      isCorked = true;
      socket.cork();
      queueMicrotask(() => {
        isCorked = false;
        socket.uncork();
      });
    }
    return write(...args);
  }) as typeof socket.write;
}

/** RabbitMQ starts just before 2^32; beyond it rhea sends a flow with each pass. */
function wrapTransferIds({ incoming }: Session): void {
  let next = incoming.next_transfer_id;
  Object.defineProperty(incoming, "next_transfer_id", {
    get: () => next,
    set: (value: number) => next = value >>> 0,
  });
}

/** As above: each grant of credit would be too large. */
function wrapDeliveryCount(receiver: Receiver): void {
  let count = 0;
  Object.defineProperty(receiver, "delivery_count", {
    get: () => count,
    set: (value: number) => count = value >>> 0,
  });
  receiver.delivery_count = receiver.remote.attach?.initial_delivery_count ?? 0;
}
