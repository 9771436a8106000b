/**
 * The parts of rhea that are used here, in types of our own: its published ones lack several of them, and none of them may
 * show in what this package exports.
 * @module
 */
import type { Socket } from "node:net";
import library from "rhea";

/** Something that tells what happens to it. */
export interface Emitter {
  on(event: string, listener: (context: RheaContext) => void): void;
}

/** What an event comes with. */
export interface RheaContext {
  readonly error?: unknown;
  readonly connection?: RheaConnection;
  readonly delivery?: RheaDelivery;
  readonly message?: RheaMessage | Uint8Array;
}

/** An error as AMQP describes it. */
export interface RheaError {
  readonly condition?: string;
  readonly description?: string;
}

/** What a terminus, a session or a link was closed with. */
export interface RheaEndpoint extends Emitter {
  readonly error?: RheaError | undefined;
  close(): void;
}

/** A connection. */
export interface RheaConnection extends RheaEndpoint {
  readonly properties?: Readonly<Record<string, unknown>> | undefined;
  readonly sasl_transport?: { readonly transport: { readonly read_complete: boolean } } | undefined;
  /** How many sessions the peer allows, less one. */
  readonly channel_max?: number | null | undefined;
  /** The sessions, by channel. */
  readonly local_channel_map: Record<number, RheaSession>;
  connect(): RheaConnection;
  /** Called by rhea when there are frames to write. */
  output(): void;
  create_session(bufferSize: { incoming: number; outgoing: number }): RheaSession;
  is_open(): boolean;
  /** Called by rhea when the socket is gone: stops its timers, and closes what was open. */
  _disconnected(error?: unknown): void;
}

/** A session. */
export interface RheaSession extends RheaEndpoint {
  readonly local: { channel: number };
  readonly incoming: RheaIncoming;
  begin(): void;
  is_open(): boolean;
  open_sender(options: unknown): RheaSender;
  open_receiver(options: unknown): RheaReceiver;
  _write_flow(link: RheaReceiver): void;
}

/** The receiving half of a session. */
export interface RheaIncoming {
  deliveries: unknown;
  readonly window: number;
  next_transfer_id: number;
  max_transfer_id: number;
  process(session: RheaSession): void;
  /** Notes what is to be said of a message with the next {@linkcode process}. */
  update(delivery: { readonly id: number }, settled: boolean, state: unknown): void;
}

/** A link that sends. */
export interface RheaSender extends RheaEndpoint {
  /** The largest message that the peer takes, in bytes; 0 or nothing where it does not say. Bytes where it is no safe integer. */
  readonly max_message_size?: unknown;
  sendable(): boolean;
  is_open(): boolean;
  send(message: Uint8Array, tag: undefined, format: number): RheaDelivery;
}

/** A link that receives. */
export interface RheaReceiver extends RheaEndpoint {
  readonly session: RheaSession;
  readonly remote: { readonly attach?: { readonly initial_delivery_count?: number } };
  credit: number;
  delivery_count: number;
  drain: boolean;
  is_open(): boolean;
}

/** A message on its way, in either direction. */
export interface RheaDelivery {
  readonly id: number;
  /** rhea decodes a message whose format is 0, and hands over any other as it is. */
  format: number | undefined;
  /** The link that delivered it, or that sends it. */
  readonly link: RheaReceiver | RheaSender;
  readonly remote_state?: { readonly error?: RheaError | undefined } | undefined;
  /** Whether the sender settled it before it came: then nothing is to be said of it. */
  readonly remote_settled: boolean;
}

/** What is said of a message. */
export interface RheaOutcome {
  described(): unknown;
}

/** A message as rhea decodes it. */
export interface RheaMessage {
  readonly delivery_count?: number;
  readonly first_acquirer?: boolean;
  readonly message_id?: unknown;
  readonly content_type?: unknown;
  readonly reply_to?: unknown;
  readonly application_properties?: Readonly<Record<string, unknown>>;
  readonly message_annotations?: Readonly<Record<string, unknown>>;
  readonly delivery_annotations?: Readonly<Record<string, unknown>>;
  readonly body?: unknown;
}

/** A way to prove who one is that needs no more than a first word. */
export interface RheaMechanism {
  start(callback: (error: undefined, response: Uint8Array) => void): void;
}

/** The ways to prove who one is, by name. */
export type RheaMechanisms = Readonly<Record<string, () => RheaMechanism>>;

/** The library. */
export interface Rhea {
  create_container(options: { readonly id: string }): {
    create_connection(options: RheaConnectionOptions): RheaConnection;
  };
  readonly message: {
    encode(message: unknown): Uint8Array;
    decode(bytes: Uint8Array): RheaMessage;
    accepted(): RheaOutcome;
    rejected(fields: object): RheaOutcome;
    released(): RheaOutcome;
    modified(fields: Readonly<Record<string, unknown>>): RheaOutcome;
    data_section(bytes: Uint8Array): unknown;
    data_sections(parts: readonly Uint8Array[]): unknown;
  };
  readonly types: { wrap_timestamp(value: number): unknown };
}

/** What a connection is made with. */
export interface RheaConnectionOptions {
  readonly hostname: string;
  readonly reconnect: false;
  readonly idle_time_out: number;
  readonly max_frame_size: number;
  readonly channel_max: number;
  readonly sasl_mechanisms: RheaMechanisms;
  readonly sasl_init_hostname: string;
  readonly connection_details: () => {
    readonly connect: (
      port: number,
      host: string,
      options: unknown,
      connected: () => void,
    ) => Socket;
    readonly host: string;
    readonly port: number;
    readonly options: unknown;
  };
}

/** The border: what rhea's own types do not say was read in its source. */
export const rhea: Rhea = library as unknown as Rhea;
