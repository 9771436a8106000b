/**
 * The one gRPC channel of a server: calls with bytes encoded by us, and whether the other end can be talked to.
 * @module
 */
import {
  type ChannelCredentials,
  Client,
  type ClientDuplexStream,
  connectivityState,
  credentials,
  Metadata,
  type ServiceError,
} from "@grpc/grpc-js";
import { isIP } from "node:net";
import { checkServerIdentity as identify, type PeerCertificate } from "node:tls";
import type { TlsOptions } from "../../contract/tls.ts";
import { acknowledge, type Method } from "./protocol.ts";
import { type CallFailure, CODES, PubsubError } from "./status.ts";

/** How a channel is opened. */
export interface RpcOptions {
  /** Host and port. */
  readonly host: string;
  /** Whether it is encrypted. */
  readonly secure: boolean;
  readonly tls: TlsOptions;
  /** After how long without a sign of life the connection counts as lost, in milliseconds. */
  readonly idleTimeout: number;
  /** Answers an access token; absent where none is needed. Must reject with a {@linkcode PubsubError}. */
  readonly token: (() => Promise<string>) | undefined;
}

/** One unary call. */
export interface CallOptions {
  /** The time limit, in milliseconds from now. */
  readonly timeout: number;
}

/** An open stream, in both directions. */
export interface RpcStream<Request> {
  /** Sends one more request. */
  write(request: Request): void;
  /** Sends no more; the other end then ends the stream. */
  end(): void;
  /** Cancels the stream. */
  cancel(): void;
}

/** The events of a stream. */
export interface StreamEvents<Response> {
  /** The other end has taken the stream. */
  readonly opened: () => void;
  /** Something came. */
  readonly received: (response: Response) => void;
  /** It ended; once, as the last thing told. */
  readonly ended: (code: number, details: string) => void;
}

const CHANNEL_OPTIONS = {
  "grpc.keepalive_permit_without_calls": 1,
  // The service's own limits hold: 10 MB for a message, more for several of them.
  "grpc.max_receive_message_length": -1,
  "grpc.max_send_message_length": -1,
  "grpc.initial_reconnect_backoff_ms": 100,
  "grpc.min_reconnect_backoff_ms": 100,
  "grpc.max_reconnect_backoff_ms": 5_000,
  // Idle means that the connection was lost; a quiet producer does not lose it.
  "grpc.client_idle_timeout_ms": 2 ** 31 - 1,
  // Retries are ours: they know which operation it is.
  "grpc.enable_retries": 0,
  // Not shared with other clients; closed with the server.
  "grpc.use_local_subchannel_pool": 1,
};

/** In milliseconds; measured were 1 to 12. */
const SOCKET_CLOSES_WITHIN = 40;

/** Calls and streams. Used by one server only. */
export class Rpc {
  readonly #client: Client;
  readonly #host: string;

  /** Opens nothing yet: that is for {@linkcode ready}. */
  constructor({ host, secure, tls, idleTimeout, token }: RpcOptions) {
    this.#host = host;
    const hostname = host.slice(0, host.lastIndexOf(":"));
    const { servername = hostname } = tls;
    const channel = secure ? toCredentials(tls, servername) : credentials.createInsecure();
    const combined = secure && token
      ? credentials.combineChannelCredentials(channel, callCredentials(token))
      : channel;
    this.#client = new Client(host, combined, {
      ...CHANNEL_OPTIONS,
      // A ping after three quarters of the time; the answer has the last quarter.
      "grpc.keepalive_time_ms": Math.ceil(idleTimeout * 0.75),
      "grpc.keepalive_timeout_ms": Math.ceil(idleTimeout * 0.25),
      // Runtimes refuse to ask for an IP address by name.
      ...(servername === hostname && !isIP(hostname)
        ? {}
        : { "grpc.ssl_target_name_override": isIP(servername) ? "localhost" : servername }),
    });
  }

  /** Whether the other end is there; looks for it where it is not. */
  get isConnected(): boolean {
    return this.#client.getChannel().getConnectivityState(true) === connectivityState.READY;
  }

  /** Resolves once the other end is there; rejects as soon as one try failed, or after so many milliseconds. */
  async ready(timeout: number, signal?: AbortSignal): Promise<void> {
    const channel = this.#client.getChannel();
    const deadline = Date.now() + timeout;
    for (;;) {
      signal?.throwIfAborted();
      const state = channel.getConnectivityState(true);
      if (state === connectivityState.READY) return;
      if (state === connectivityState.TRANSIENT_FAILURE) {
        const why = await this.#whyNot();
        if (why !== undefined) throw this.#unreachable(why);
      }
      // In steps, so that an aborted signal is seen.
      const step = Math.min(deadline, Date.now() + 100);
      await new Promise<void>((resolve) => channel.watchConnectivityState(state, step, () => resolve()));
      if (Date.now() >= deadline) throw this.#unreachable(`no connection within ${timeout} ms`);
    }
  }

  /** Calls once. Rejects with a {@linkcode CallFailure}. */
  call<Request, Response>(
    { path, request, response }: Method<Request, Response>,
    value: Request,
    { timeout }: CallOptions,
  ): Promise<Response> {
    return new Promise((resolve, reject) => {
      const answer = (error: ServiceError | null, result?: Response): void => {
        if (error) reject(toFailure(error));
        else resolve(result as Response);
      };
      const options = { deadline: Date.now() + timeout };
      const encode = (value: Request): Buffer => toBuffer(request.encode(value));
      try {
        this.#client.makeUnaryRequest(path, encode, response.decode, value, new Metadata(), options, answer);
      } catch (error) {
        // A closed channel throws, an error without a code.
        reject(toFailure(error as Error));
      }
    });
  }

  /** Opens a stream. The events say also if it cannot be opened. */
  open<Request, Response>(
    { path, request, response }: Method<Request, Response>,
    { opened, received, ended }: StreamEvents<Response>,
  ): RpcStream<Request> {
    const encode = (value: Request): Buffer => toBuffer(request.encode(value));
    const stream: ClientDuplexStream<Request, Response> = this.#client
      .makeBidiStreamRequest(path, encode, response.decode, new Metadata());
    stream.on("metadata", opened);
    stream.on("data", received);
    // What it says comes with the status as well.
    stream.on("error", () => {});
    stream.on("status", ({ code, details }) => ended(code, details));
    return {
      write: (value) => void stream.write(value),
      end: () => void stream.end(),
      cancel: () => stream.cancel(),
    };
  }

  /** Closes the channel. What is under way ends by itself. */
  async close(): Promise<void> {
    this.#client.close();
    // The client closes its socket a few turns of the event loop later, and does not say when.
    await new Promise((resolve) => setTimeout(resolve, SOCKET_CLOSES_WITHIN));
  }

  /** The channel tells only those who call. `undefined` where it is there after all. */
  async #whyNot(): Promise<string | undefined> {
    const options = { timeout: 1_000 };
    const failure = await this.call(acknowledge, { subscription: "", ackIds: [] }, options).then(
      () => undefined,
      (failure: CallFailure) => failure,
    );
    return failure?.code === CODES.UNAVAILABLE ? failure.details : undefined;
  }

  #unreachable(details: string): PubsubError {
    return new PubsubError("connect", this.#host, { code: CODES.UNAVAILABLE, details });
  }
}

function toFailure(error: Error & Partial<ServiceError>): CallFailure {
  const [statusDetails] = error.metadata?.get("grpc-status-details-bin") ?? [];
  return {
    code: error.code ?? CODES.UNKNOWN,
    details: error.details ?? error.message,
    statusDetails: typeof statusDetails === "string" ? undefined : statusDetails,
  };
}

function toCredentials(
  { ca, key, cert, rejectUnauthorized = true }: TlsOptions,
  name: string,
): ChannelCredentials {
  const toPem = (text: string | undefined): Buffer | null => text === undefined ? null : Buffer.from(text);
  // Whatever the client was told to ask for, the certificate must be for whom we meant.
  const checkServerIdentity = (_: string, certificate: PeerCertificate): Error | undefined =>
    identify(name, certificate);
  return credentials.createSsl(toPem(ca), toPem(key), toPem(cert), {
    checkServerIdentity: rejectUnauthorized ? checkServerIdentity : () => undefined,
    rejectUnauthorized,
  });
}

function callCredentials(
  token: () => Promise<string>,
): ReturnType<typeof credentials.createFromMetadataGenerator> {
  return credentials.createFromMetadataGenerator((_options, done) => {
    token().then((value) => {
      const metadata = new Metadata();
      metadata.set("authorization", `Bearer ${value}`);
      done(null, metadata);
    }, (error) => done(error));
  });
}

function toBuffer({ buffer, byteOffset, byteLength }: Uint8Array): Buffer {
  return Buffer.from(buffer, byteOffset, byteLength);
}
