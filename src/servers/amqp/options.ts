/**
 * What an AMQP server is made with, and what its URL says.
 * @module
 */
import { type KnownOptions, refuseUnknown } from "../../_internal/known_options.ts";
import type { ServerDescription } from "../../contract/metadata.ts";
import { TLS_OPTIONS, type TlsOptions } from "../../contract/tls.ts";
import { type Addresses, type AmqpNames, type AmqpNaming, toAddresses } from "./address.ts";

/** Options of `AmqpServer`. */
export interface AmqpServerOptions {
  /** How a channel becomes an address: a named strategy, or a function of yours. Defaults to `rabbitmq` (4.0 and later). */
  readonly names?: AmqpNaming | ((channel: string) => AmqpNames) | undefined;
  /** Encryption, for `amqps://`. With a certificate and without a user in the URL, the certificate authenticates (SASL EXTERNAL). */
  readonly tls?: TlsOptions | undefined;
  /** How long connecting, attaching or closing may take, in milliseconds. Defaults to 10 000. */
  readonly connectTimeout?: number | undefined;
  /** How long the broker may take to confirm a message, in milliseconds. Defaults to 60 000. */
  readonly publishTimeout?: number | undefined;
  /** After how long without a sign of life a connection counts as lost, in milliseconds. Defaults to 30 000. */
  readonly idleTimeout?: number | undefined;
  /** What the AsyncAPI document says of it. */
  readonly description?: ServerDescription | undefined;
}

const OPTIONS: KnownOptions<AmqpServerOptions> = {
  names: true,
  tls: true,
  connectTimeout: true,
  publishTimeout: true,
  idleTimeout: true,
  description: true,
};

/** Everything decided. */
export interface Settings {
  readonly secure: boolean;
  readonly host: string;
  readonly port: number;
  readonly user: string | undefined;
  readonly password: string;
  /** The virtual host; `undefined` for the default one. */
  readonly vhost: string | undefined;
  readonly addresses: Addresses;
  /** Whether the broker counts deliveries; RabbitMQ 3 does not. */
  readonly countsDeliveries: boolean;
  /** Whether messages that came too late for a `take` are requeued in their place; RabbitMQ 3 requeues at the end of the queue. */
  readonly keepsOrder: boolean;
  readonly tls: TlsOptions;
  readonly connectTimeout: number;
  readonly publishTimeout: number;
  readonly idleTimeout: number;
}

/**
 * Reads URL and options.
 *
 * @throws {TypeError} If the URL is not an AMQP URL, or an option is not known or has the wrong shape.
 * @throws {RangeError} If a duration is not a positive number.
 */
export function toSettings(url: string, options: AmqpServerOptions): Settings {
  refuseUnknown("create an AMQP server", options, OPTIONS);
  const parsed = parse(url);
  const secure = parsed.protocol === "amqps:";
  const { names = "rabbitmq", tls = {} } = options;
  refuseUnknown("create an AMQP server with TLS", tls, TLS_OPTIONS);
  const path = parsed.pathname.slice(1);
  return {
    secure,
    host: parsed.hostname.replace(/^\[|\]$/g, "") || "localhost",
    port: Number(parsed.port) || (secure ? 5671 : 5672),
    user: parsed.username === "" ? undefined : decodeURIComponent(parsed.username),
    password: decodeURIComponent(parsed.password),
    vhost: path === "" ? undefined : decodeURIComponent(path),
    countsDeliveries: names !== "rabbitmq-v1",
    keepsOrder: names !== "rabbitmq-v1",
    addresses: toAddresses(names),
    tls,
    connectTimeout: positive("connectTimeout", options.connectTimeout ?? 10_000),
    publishTimeout: positive("publishTimeout", options.publishTimeout ?? 60_000),
    idleTimeout: positive("idleTimeout", options.idleTimeout ?? 30_000),
  };
}

function parse(url: string): URL {
  // The error does not repeat the URL: there may be a password in it.
  if (!URL.canParse(url)) throw new TypeError("Cannot create an AMQP server as its URL cannot be parsed");
  const parsed = new URL(url);
  if (parsed.protocol === "amqp:" || parsed.protocol === "amqps:") return parsed;
  throw new TypeError(
    `Cannot create an AMQP server as its URL is neither amqp: nor amqps: ${parsed.protocol}`,
  );
}

function positive(name: string, value: number): number {
  if (value > 0) return value;
  throw new RangeError(`Cannot create an AMQP server as ${name} is not a positive number: ${value}`);
}
