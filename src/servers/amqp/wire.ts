/**
 * One AMQP connection, from its opening to its end. It does not reconnect: a new object is made for a new connection.
 * @module
 */
import { Buffer } from "node:buffer";
import type { Socket } from "node:net";
import process from "node:process";
import { systemClock } from "../../_internal/clock.ts";
import { AmqpError, conditionOf, describe } from "./errors.ts";
import type { Settings } from "./options.ts";
import {
  rhea,
  type RheaConnection,
  type RheaMechanism,
  type RheaMechanisms,
  type RheaSession,
} from "./rhea.ts";
import { openSocket } from "./socket.ts";

/** Events that rhea emits on the connection if no listener handles them below; without a listener it would throw. */
const BUBBLING = [
  "session_error",
  "session_close",
  "sender_error",
  "sender_close",
  "receiver_error",
  "receiver_close",
];

/** What rhea makes of the outcome of a login that is not `ok`, nor the broker's own fault. */
const LOGIN_REFUSED = /Failed to authenticate: 1$/;

const CHANNEL_MAX = 65_535;

/** A connection. */
export class Wire {
  readonly #settings: Settings;
  readonly #connection: RheaConnection;
  #socket: Socket | undefined;
  #socketError: unknown;
  #isOpen = false;
  #closing = false;
  /** The channel of the session begun last. */
  #place = -1;
  /** Whether the other side hung up after the login, with a virtual host asked for. */
  #isTurnedAway = false;
  #error: AmqpError | undefined;
  readonly #opened = Promise.withResolvers<void>();
  readonly #ended = Promise.withResolvers<AmqpError>();

  private constructor(settings: Settings, containerId: string) {
    this.#settings = settings;
    this.#connection = this.#create(containerId);
    this.#opened.promise.catch(() => {});
  }

  /** Opens one. Rejects with what the socket or the broker says, or when it takes too long. */
  static async open(settings: Settings, containerId: string): Promise<Wire> {
    const wire = new Wire(settings, containerId);
    try {
      await wire.#open();
      return wire;
    } catch (error) {
      if (!wire.#isTurnedAway) throw error;
    }
    // RabbitMQ 4 hangs up without a word where there is no such virtual host; and so does one that ends just then, but
    // not twice.
    const again = new Wire(settings, containerId);
    try {
      await again.#open();
      return again;
    } catch (error) {
      throw again.#isTurnedAway ? again.#turnedAway(error) : error;
    }
  }

  async #open(): Promise<void> {
    const timer = systemClock.schedule(this.#settings.connectTimeout, () => this.#end(this.#tooSlow()));
    try {
      this.#connection.connect();
      await this.#opened.promise;
    } catch (error) {
      this.#end(error instanceof AmqpError ? error : this.#refused(error));
      throw this.#error;
    } finally {
      systemClock.cancel(timer);
    }
  }

  /** Whether it can be used. */
  get isOpen(): boolean {
    return this.#isOpen;
  }

  /** Resolves with the reason when it is over. */
  get ended(): Promise<AmqpError> {
    return this.#ended.promise;
  }

  /** The reason why it is over. */
  get error(): AmqpError | undefined {
    return this.#error;
  }

  /** Whether the peer is RabbitMQ before 4.0, whose plugin crashes on what the specification allows. */
  get isOldRabbit(): boolean {
    const { product, version } = this.#connection.properties ?? {};
    return product === "RabbitMQ" && Number.parseInt(String(version)) < 4;
  }

  /** A session, begun. */
  createSession(bufferSize: { incoming: number; outgoing: number }): RheaSession {
    const session = this.#connection.create_session(bufferSize);
    this.#moveOn(session);
    session.begin();
    return session;
  }

  /** rhea takes the first place that is free; but RabbitMQ 4.0 loses a session begun in the place of one just ended. */
  #moveOn(session: RheaSession): void {
    const { local_channel_map: sessions, channel_max: most } = this.#connection;
    const places = Math.min(most ?? CHANNEL_MAX, CHANNEL_MAX) + 1;
    delete sessions[session.local.channel];
    for (let step = 1; step <= places; step++) {
      const place = (this.#place + step) % places;
      if (sessions[place]) continue;
      this.#place = place;
      session.local.channel = place;
      break;
    }
    sessions[session.local.channel] = session;
  }

  /** Says good-bye, within a bound. Repeatable. */
  async close(): Promise<void> {
    if (this.#error) return;
    this.#closing = true;
    this.#isOpen = false;
    this.#connection.close();
    const timer = systemClock.schedule(this.#settings.connectTimeout, () => this.#end(this.#tooSlow()));
    await this.#ended.promise;
    systemClock.cancel(timer);
  }

  #create(containerId: string): RheaConnection {
    const { host, port, vhost, idleTimeout } = this.#settings;
    const connection = rhea.create_container({ id: containerId }).create_connection({
      hostname: vhost === undefined ? host : `vhost:${vhost}`,
      reconnect: false,
      // rhea waits for twice as long.
      idle_time_out: Math.ceil(idleTimeout / 2),
      max_frame_size: 1_048_576,
      channel_max: CHANNEL_MAX,
      sasl_mechanisms: mechanisms(this.#settings),
      sasl_init_hostname: host,
      connection_details: () => ({
        connect: (_port, _host, _options, connected) => this.#connect(connected),
        host,
        port,
        options: {},
      }),
    });
    joinFrames(connection);
    connection.on("connection_open", () => {
      this.#isOpen = true;
      this.#opened.resolve();
    });
    connection.on("connection_error", ({ error }) => this.#end(this.#closed(error)));
    connection.on("connection_close", () => this.#end(this.#closed(connection.error)));
    connection.on("disconnected", ({ error }) => this.#end(this.#refused(error ?? this.#socketError)));
    for (const name of ["protocol_error", "error"]) {
      // These come with the error itself, not with a context.
      connection.on(name, (error) => this.#end(this.#refused(error)));
    }
    for (const name of BUBBLING) connection.on(name, () => {});
    return connection;
  }

  #connect(connected: () => void): Socket {
    const socket = openSocket(this.#settings, connected);
    this.#socket = socket;
    socket.on("error", (error) => this.#socketError = error);
    // rhea hears of an orderly end and of errors only.
    socket.on("close", () => {
      this.#end(this.#refused(this.#socketError));
      this.#connection._disconnected(this.#socketError);
    });
    return socket;
  }

  #end(error: AmqpError): void {
    if (this.#error) return;
    this.#error = error;
    this.#isOpen = false;
    this.#opened.reject(error);
    this.#ended.resolve(error);
    // What is written still leaves: it may be the answer to the broker's close.
    const socket = this.#socket;
    socket?.end();
    const timer = systemClock.schedule(500, () => socket?.destroy());
    socket?.once("close", () => systemClock.cancel(timer));
    if (!socket || socket.destroyed) systemClock.cancel(timer);
  }

  #where(): string {
    return `${this.#settings.host}:${this.#settings.port}`;
  }

  #doing(): string {
    return this.#closing ? "close the connection to" : this.#isOpen ? "keep the connection to" : "connect to";
  }

  /** The broker said no. What it refuses at the opening it will refuse again, unless the fault is its own. */
  #closed(cause: unknown): AmqpError {
    const condition = conditionOf(cause);
    const opening = !this.#isOpen && !this.#closing;
    const passing = condition === undefined || condition === "amqp:internal-error" ||
      condition === "amqp:connection:forced" || condition === "amqp:resource-limit-exceeded";
    const reason = opening && LOGIN_REFUSED.test(describe(cause))
      ? `it does not let in ${login(this.#settings)}`
      : `the broker closed it: ${describe(cause)}`;
    return new AmqpError(`Cannot ${this.#doing()} ${this.#where()} as ${reason}`, {
      scope: "connection",
      condition,
      isRetriable: !opening || passing,
      cause,
    });
  }

  #refused(cause: unknown): AmqpError {
    const isOpening = !this.#isOpen && !this.#closing && !this.#error;
    if (isOpening && this.#settings.vhost !== undefined) {
      this.#isTurnedAway = this.#connection.sasl_transport?.transport.read_complete === true;
    }
    const reason = cause === undefined ? "the other side hung up" : describe(cause);
    return new AmqpError(`Cannot ${this.#doing()} ${this.#where()} as the connection failed: ${reason}`, {
      scope: "connection",
      condition: conditionOf(cause),
      isRetriable: !isCertificateError(cause),
      cause,
    });
  }

  #turnedAway(cause: unknown): AmqpError {
    const { vhost } = this.#settings;
    return new AmqpError(
      `Cannot connect to ${this.#where()} as the broker hung up after the login: is there a virtual host ${vhost}?`,
      { scope: "connection", isRetriable: false, cause },
    );
  }

  #tooSlow(): AmqpError {
    const { connectTimeout } = this.#settings;
    return new AmqpError(
      `Cannot ${this.#doing()} ${this.#where()} as the broker did not answer in ${connectTimeout} ms`,
      {
        scope: "connection",
        isRetriable: true,
      },
    );
  }
}

/** A user and a password where there is one, else our certificate, else nothing: RabbitMQ makes of that its guest. */
function mechanisms({ user, password, secure, tls }: Settings): RheaMechanisms {
  // rhea's own counts characters where it should count bytes, and cuts off the rest.
  if (user !== undefined) return { PLAIN: answering(`\0${user}\0${password}`) };
  if (secure && tls.cert !== undefined) return { EXTERNAL: answering("") };
  return { ANONYMOUS: answering("anonymous") };
}

/** rhea writes frame by frame, and sets a timer anew for each. This leaves all of a turn, its promises included, for the end of it. */
function joinFrames(connection: RheaConnection): void {
  const output = connection.output.bind(connection);
  let isWaiting = false;
  const flush = (): void => {
    isWaiting = false;
    output();
  };
  connection.output = () => {
    if (isWaiting) return;
    isWaiting = true;
    // A tick that a microtask asks for comes when no microtask is left.
    queueMicrotask(() => process.nextTick(flush));
  };
}

function answering(response: string): () => RheaMechanism {
  return () => ({ start: (callback) => callback(undefined, Buffer.from(response)) });
}

function login({ user, secure, tls }: Settings): string {
  if (user !== undefined) return `the user ${user} with this password`;
  return secure && tls.cert !== undefined ? "whom our certificate names" : "anybody without a name";
}

function isCertificateError(cause: unknown): boolean {
  const { code = "", message = "" } = (cause ?? {}) as { code?: string; message?: string };
  return /CERT|SSL|TLS|UNABLE_TO|ALTNAME/.test(String(code)) || /certificate/i.test(message);
}
