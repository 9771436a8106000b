/**
 * AMQP 1.0 as a broker.
 * @module
 */
import { SharedConnection } from "../../contract/connection.ts";
import type { ServerDescription } from "../../contract/metadata.ts";
import type {
  Capabilities,
  Connection,
  ConnectOptions,
  MessageData,
  Server,
  ServerSpecificParameters,
  SubscribeOptions,
  Subscription,
} from "../../contract/server.ts";
import { encodeMessage } from "./encode.ts";
import { AmqpError } from "./errors.ts";
import { type AmqpServerOptions, type Settings, toSettings } from "./options.ts";
import { toAmqpParameters } from "./parameters.ts";
import { AmqpSenders } from "./senders.ts";
import { AmqpSubscription } from "./subscription.ts";
import { Wire } from "./wire.ts";

/** A connection and what publishes over it. */
interface Line {
  readonly wire: Wire;
  readonly senders: AmqpSenders;
}

/**
 * A broker that speaks AMQP 1.0: RabbitMQ 4, RabbitMQ 3 with its plugin `rabbitmq_amqp1_0`, and others. Queues and exchanges
 * must exist. It speaks the wire format of Python's Repid: both can share a queue.
 *
 * A lost connection is opened again by whatever needs it next, be it a worker or a publication.
 *
 * @example
 * ```ts
 * import { Repid } from "@repid/core";
 * import { AmqpServer } from "@repid/core/amqp";
 *
 * const app = new Repid();
 * app.servers.register("rabbitmq", new AmqpServer("amqp://guest:guest@localhost:5672"));
 * app.servers.register("old", new AmqpServer("amqp://localhost/my-vhost", { names: "rabbitmq-v1" }));
 * ```
 */
export class AmqpServer implements Server {
  /** The AsyncAPI protocol name. */
  readonly protocol = "amqp1";
  /** The version of the protocol. */
  readonly protocolVersion = "1.0";
  /** Host and port. */
  readonly host: string;
  /** The virtual host, where the URL names one. */
  readonly pathname: string | undefined;
  /** What the AsyncAPI document says of it. */
  readonly description: ServerDescription | undefined;
  /** What it can do. */
  readonly capabilities: Capabilities;
  readonly #settings: Settings;
  readonly #shared: SharedConnection;
  #line: Line | undefined;
  /** The connecting under way. */
  #opening: Promise<Line> | undefined;
  /** How many wait for it to be the first to use it. */
  #joining = 0;

  /**
   * `amqp://user:password@host:5672/vhost`, or `amqps://…` for TLS; user, password and vhost may be percent-encoded. Nothing
   * is connected yet.
   *
   * @throws {TypeError} If the URL is none, or none of AMQP, or an option is not known.
   * @throws {RangeError} If a duration is not a positive number.
   */
  constructor(url: string, options: AmqpServerOptions = {}) {
    const settings = toSettings(url, options);
    this.#settings = settings;
    const host = settings.host.includes(":") ? `[${settings.host}]` : settings.host;
    this.host = `${host}:${settings.port}`;
    this.pathname = settings.vhost === undefined ? undefined : `/${settings.vhost}`;
    this.description = options.description;
    this.capabilities = Object.freeze({
      nativeReply: false,
      leases: false,
      ordered: settings.keepsOrder,
      deadLetter: true,
      stableMessageIds: true,
      deliveryCounts: settings.countsDeliveries,
      durable: true,
    });
    this.#shared = new SharedConnection({
      open: ({ signal }) => this.#join(signal),
      shut: () => this.#shut(),
    });
  }

  /** Whether the broker can be talked to now. */
  get isConnected(): boolean {
    return this.#shared.inUse && this.#line?.wire.isOpen === true;
  }

  /**
   * Connects, or joins the connection that is there.
   *
   * @throws {AmqpError} If the broker cannot be reached, or refuses.
   */
  connect(options?: ConnectOptions): Promise<Connection> {
    return this.#shared.connect(options);
  }

  /**
   * Publishes a durable message, and resolves when the broker has accepted it. See `AmqpParameters`.
   *
   * @throws {AmqpError} If the broker refuses the message, or was lost before it confirmed: it may have it or not.
   */
  async publish(channel: string, message: MessageData, parameters: ServerSpecificParameters): Promise<void> {
    this.#shared.assertInUse("publish");
    const checked = toAmqpParameters(parameters);
    const address = checked.to ?? this.#settings.addresses.publish(channel, checked.routingKey);
    const encoded = encodeMessage(message, checked);
    const line = this.#line?.wire.isOpen ? this.#line : await this.#connected();
    await line.senders.publish(address, encoded);
  }

  /**
   * Starts to consume, connecting again where the connection was lost.
   *
   * @throws {AmqpError} If the broker cannot be reached, or refuses.
   */
  async subscribe(channels: readonly string[], options: SubscribeOptions = {}): Promise<Subscription> {
    this.#shared.assertInUse("subscribe");
    const { signal } = options;
    signal?.throwIfAborted();
    const { wire } = await orAborted(this.#connected(), signal);
    const opening = AmqpSubscription.open(wire, channels, this.#settings);
    try {
      return await orAborted(opening, signal);
    } catch (error) {
      void opening.then((unwanted) => unwanted.close(), () => {});
      throw error;
    }
  }

  /** A lost connection, link or session: yes. Wrong credentials, a virtual host that does not exist, a publication that is too large or not permitted, misuse: no. */
  isRetriable(error: unknown): boolean {
    return error instanceof AmqpError && error.isRetriable;
  }

  /** The connection, opened where there is none; one attempt at a time. */
  #connected(): Promise<Line> {
    if (this.#line?.wire.isOpen) return Promise.resolve(this.#line);
    this.#opening ??= this.#open().finally(() => this.#opening = undefined);
    return this.#opening;
  }

  async #join(signal: AbortSignal | undefined): Promise<void> {
    const connecting = this.#connected();
    this.#joining++;
    try {
      await orAborted(connecting, signal);
    } catch (error) {
      void connecting.then((line) => this.#drop(line), () => {});
      throw error;
    } finally {
      this.#joining--;
    }
  }

  /** A connection that was opened although it is no longer needed; unless another caller needs it now. */
  async #drop(line: Line): Promise<void> {
    if (this.#shared.inUse || this.#joining > 0) return;
    if (this.#line === line) this.#line = undefined;
    await line.wire.close();
  }

  async #open(): Promise<Line> {
    const settings = this.#settings;
    const wire = await Wire.open(settings, `repid-${crypto.randomUUID()}`);
    return this.#line = { wire, senders: new AmqpSenders(wire, settings) };
  }

  async #shut(): Promise<void> {
    // A connection that is being opened although it is no longer needed.
    await this.#opening?.catch(() => {});
    await this.#line?.wire.close();
    this.#line = undefined;
  }
}

function orAborted<T>(promise: Promise<T>, signal: AbortSignal | undefined): Promise<T> {
  if (!signal) return promise;
  return new Promise((resolve, reject) => {
    const aborted = (): void => reject(signal.reason);
    if (signal.aborted) aborted();
    signal.addEventListener("abort", aborted, { once: true });
    promise.then(resolve, reject).finally(() => signal.removeEventListener("abort", aborted));
  });
}
