/**
 * What an AMQP server is made with, and what its URL says.
 * @module
 */
import { type KnownOptions, refuseUnknown } from "../../_internal/known_options.ts";
import type { ServerDescription } from "../../contract/metadata.ts";
import { ADDRESSES, type AmqpAddresses, type AmqpAddressing } from "./address.ts";

/** How the connection is encrypted. Needed only where the system's own certificates do not do. */
export interface AmqpTlsOptions {
  /** The authorities to trust, PEM. Defaults to those of the system. */
  readonly ca?: string;
  /** Our own certificate, PEM. Where the URL names no user, it says who we are (SASL EXTERNAL). */
  readonly cert?: string;
  /** The key of our own certificate, PEM. */
  readonly key?: string;
  /** The name that the broker's certificate must have. Defaults to the host; not sent where that is an IP address. */
  readonly servername?: string;
  /** Whether the broker's certificate is checked. Defaults to `true`. */
  readonly rejectUnauthorized?: boolean;
}

/** Options of `AmqpServer`. */
export interface AmqpServerOptions {
  /** How a channel becomes an address. Defaults to `rabbitmq` (4.0 and later). */
  readonly addresses?: AmqpAddressing | AmqpAddresses;
  /** Encryption, for `amqps://`. */
  readonly tls?: AmqpTlsOptions;
  /** How long connecting, attaching or closing may take, in milliseconds. Defaults to 10 000. */
  readonly timeout?: number;
  /** How long the broker may take to confirm a message, in milliseconds. Defaults to 60 000. */
  readonly confirmTimeout?: number;
  /** After how long without a sign of life a connection counts as lost, in milliseconds. Defaults to 30 000. */
  readonly idleTimeout?: number;
  /** What the AsyncAPI document says of it. */
  readonly description?: ServerDescription;
}

const OPTIONS: KnownOptions<AmqpServerOptions> = {
  addresses: true,
  tls: true,
  timeout: true,
  confirmTimeout: true,
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
  readonly addresses: AmqpAddresses;
  /** Whether the broker counts deliveries; RabbitMQ 3 does not. */
  readonly countsDeliveries: boolean;
  /** Whether messages that were handed over too late for a `take` come back in their place; RabbitMQ 3 puts them behind all others. */
  readonly keepsOrder: boolean;
  readonly tls: AmqpTlsOptions;
  readonly timeout: number;
  readonly confirmTimeout: number;
  readonly idleTimeout: number;
}

/**
 * Reads URL and options.
 *
 * @throws {TypeError} If the URL is none, or none of AMQP, or an option is not known.
 * @throws {RangeError} If a duration is not a positive number.
 */
export function toSettings(url: string, options: AmqpServerOptions): Settings {
  refuseUnknown("create an AMQP server", options, OPTIONS);
  const parsed = parse(url);
  const secure = parsed.protocol === "amqps:";
  const { addresses = "rabbitmq", tls = {} } = options;
  const path = parsed.pathname.slice(1);
  return {
    secure,
    host: parsed.hostname.replace(/^\[|\]$/g, "") || "localhost",
    port: Number(parsed.port) || (secure ? 5671 : 5672),
    user: parsed.username === "" ? undefined : decodeURIComponent(parsed.username),
    password: decodeURIComponent(parsed.password),
    vhost: path === "" ? undefined : decodeURIComponent(path),
    countsDeliveries: addresses !== "rabbitmq-v1",
    keepsOrder: addresses !== "rabbitmq-v1",
    addresses: typeof addresses === "string" ? ADDRESSES[addresses] : addresses,
    tls,
    timeout: positive("timeout", options.timeout ?? 10_000),
    confirmTimeout: positive("confirmTimeout", options.confirmTimeout ?? 60_000),
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
