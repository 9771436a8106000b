/**
 * The options of a server, checked and completed.
 * @module
 */
import process from "node:process";
import type { BackoffOptions } from "../../_internal/backoff.ts";
import { type KnownOptions, refuseNoFunction, refuseUnknown } from "../../_internal/known_options.ts";
import type { ServerDescription } from "../../contract/metadata.ts";
import { TLS_OPTIONS, type TlsOptions } from "../../contract/tls.ts";

/** The topic and the subscription of a channel. What is left out has its default. */
export interface PubsubNames {
  /** The project of both. Defaults to the one in the URL. */
  readonly project?: string | undefined;
  /** The topic that is published to. Defaults to the channel's name. */
  readonly topic?: string | undefined;
  /** The subscription that is received from. Defaults to the channel's name. */
  readonly subscription?: string | undefined;
}

/** How publications are gathered into requests. */
export interface PublishBatch {
  /** The most messages of a request; from 1 to 1 000, which is the default. */
  readonly messages?: number | undefined;
  /** The most bytes of a request, unless a single message has more; up to 9 000 000. Defaults to 1 000 000. */
  readonly bytes?: number | undefined;
  /** How long a request waits for more messages, in milliseconds. Defaults to 0: for the turn of the event loop. */
  readonly delay?: number | undefined;
}

/** How long to wait before something is tried again: doubled each time, the upper half of it by chance. */
export interface RetryDelay {
  /** The first delay, in milliseconds. Defaults to 50. */
  readonly first?: number | undefined;
  /** The longest delay, in milliseconds. Defaults to 5 000. */
  readonly longest?: number | undefined;
}

/** Options of {@linkcode PubsubServer}. */
export interface PubsubServerOptions {
  /**
   * Who you are: `google` for the application's default credentials (needs `google-auth-library`), `none`, or a function
   * that answers an access token, called for each request. Defaults to `google` with encryption, else to `none`.
   */
  readonly credentials?: "google" | "none" | (() => Promise<string>) | undefined;
  /** The topic and the subscription of a channel. Defaults to the channel's name for both. */
  readonly names?: ((channel: string) => PubsubNames) | undefined;
  /** How publications are gathered into requests. */
  readonly publishBatch?: PublishBatch | undefined;
  /** How long a publication may take, all its tries together, in milliseconds. Defaults to 10 000. */
  readonly publishTimeout?: number | undefined;
  /**
   * How long a message belongs to its consumer without a sign of life, in milliseconds: whole seconds from 10 000 to 600 000.
   * Workers extend the lease of running messages. When it expires, the message is redelivered. Defaults to 60 000.
   */
  readonly leaseDuration?: number | undefined;
  /** How many bytes of each channel are held at once; 0 for any number. Defaults to 100 MiB. */
  readonly maxOutstandingBytes?: number | undefined;
  /** How long connecting may take, in milliseconds. Defaults to 10 000. */
  readonly connectTimeout?: number | undefined;
  /** After how long without a sign of life a connection counts as lost, in milliseconds. Defaults to 30 000. */
  readonly idleTimeout?: number | undefined;
  /**
   * The delays between the tries of publications and settlements, which end with their time limits, and between those of
   * streams, which never end. Each operation counts its own tries.
   */
  readonly retryDelay?: RetryDelay | undefined;
  /** Encryption, for `https://`. */
  readonly tls?: TlsOptions | undefined;
  /** What the AsyncAPI document says of it. */
  readonly description?: ServerDescription | undefined;
}

const OPTIONS: KnownOptions<PubsubServerOptions> = {
  credentials: true,
  names: true,
  publishBatch: true,
  publishTimeout: true,
  leaseDuration: true,
  maxOutstandingBytes: true,
  connectTimeout: true,
  idleTimeout: true,
  retryDelay: true,
  tls: true,
  description: true,
};

/** How publications are gathered, completed. */
export interface BatchLimits {
  /** The most messages of a request; from 1 to 1 000. */
  readonly messages: number;
  /** From how many bytes on a request is sent at once. */
  readonly bytes: number;
  /** How long a request waits for more messages, in milliseconds; 0 for the turn of the event loop. */
  readonly delay: number;
}

/** Options with nothing left open. */
export interface Settings {
  readonly project: string;
  readonly host: string;
  readonly secure: boolean;
  readonly credentials: "google" | "none" | (() => Promise<string>);
  readonly names: ((channel: string) => PubsubNames) | undefined;
  readonly batch: BatchLimits;
  readonly publishTimeout: number;
  readonly leaseDuration: number;
  readonly maxOutstandingBytes: number;
  readonly connectTimeout: number;
  readonly idleTimeout: number;
  readonly retryDelay: BackoffOptions;
  readonly tls: TlsOptions;
}

/**
 * Checks and completes.
 *
 * @throws {TypeError} If the URL names no service and project, an option is not known, or credentials would not be encrypted.
 * @throws {RangeError} If a number is out of range.
 */
export function toSettings(url: string, options: PubsubServerOptions): Settings {
  refuseUnknown("use Pub/Sub", options, OPTIONS);
  refuseNoFunction("use Pub/Sub", { names: options.names });
  if (options.tls !== undefined) refuseUnknown("use Pub/Sub with TLS", options.tls, TLS_OPTIONS);
  const { publishBatch = {}, names } = options;
  const { publishTimeout = 10_000, leaseDuration = 60_000, connectTimeout = 10_000 } = options;
  const { maxOutstandingBytes = 100 * 1_024 * 1_024, idleTimeout = 30_000, tls = {} } = options;
  const { first = 50, longest = 5_000 } = options.retryDelay ?? {};
  const { messages = 1_000, bytes = 1_000_000, delay = 0 } = publishBatch;
  const { host, secure, project } = toTarget(url);
  const { credentials = secure ? "google" : "none" } = options;
  if (!secure && credentials !== "none") {
    throw new TypeError(`Cannot use Pub/Sub as credentials would not be encrypted on the way: ${host}`);
  }
  assertWithin("publishBatch.messages", messages, 1, 1_000);
  assertWithin("publishBatch.bytes", bytes, 1, 9_000_000);
  assertWithin("publishBatch.delay", delay, 0, 60_000);
  assertWithin("publishTimeout", publishTimeout, 1, 600_000);
  assertWithin("connectTimeout", connectTimeout, 1, 600_000);
  assertWithin("leaseDuration", leaseDuration, 10_000, 600_000);
  assertWithin("maxOutstandingBytes", maxOutstandingBytes, 0, Number.MAX_SAFE_INTEGER);
  assertWithin("idleTimeout", idleTimeout, 1, 2 ** 31 - 1);
  assertWithin("retryDelay.longest", longest, 1, 600_000);
  assertWithin("retryDelay.first", first, 1, longest);
  if (leaseDuration % 1_000 !== 0) {
    throw new RangeError(`Cannot use Pub/Sub as leaseDuration is not in whole seconds: ${leaseDuration}`);
  }
  return {
    project,
    host,
    secure,
    credentials,
    names,
    batch: { messages, bytes, delay },
    publishTimeout,
    leaseDuration,
    maxOutstandingBytes,
    connectTimeout,
    idleTimeout,
    retryDelay: { first, longest },
    tls,
  };
}

/** The path of a topic. */
export function topicPath(settings: Settings, channel: string, project?: string, topic?: string): string {
  const names = namesOf(settings, channel);
  return `projects/${project ?? names.project}/topics/${topic ?? names.topic}`;
}

/** The path of a subscription. */
export function subscriptionPath(settings: Settings, channel: string): string {
  const { project, subscription } = namesOf(settings, channel);
  return `projects/${project}/subscriptions/${subscription}`;
}

function namesOf({ names, project: own }: Settings, channel: string): Readonly<Record<string, string>> {
  if (!names) return { project: own, topic: channel, subscription: channel };
  const { project = own, topic = channel, subscription = channel } = names(channel) ?? {};
  const all = { project, topic, subscription };
  for (const [name, value] of Object.entries(all)) {
    if (typeof value === "string" && value !== "") continue;
    throw new TypeError(
      `Cannot use the channel "${channel}" as names() gives it no ${name} that is a non-empty string: ${
        String(value)
      }`,
    );
  }
  return all;
}

const FORMS =
  "gcpubsub://projects/<project>, https://<host>/projects/<project> or http://<host>/projects/<project>";
const GOOGLE = "https://pubsub.googleapis.com";

/** Where the service is, and which project is meant. `gcpubsub:` is Google's, or the emulator that the environment names. */
function toTarget(url: string): { host: string; secure: boolean; project: string } {
  const [, scheme, host = "", project = ""] =
    /^(gcpubsub|https?):\/\/(?:([^/]+)\/)??projects\/([^/]+)$/.exec(String(url)) ?? [];
  if (scheme === undefined || (scheme === "gcpubsub") !== (host === "")) {
    throw new TypeError(`Cannot use Pub/Sub as its URL has not the form ${FORMS}: ${String(url)}`);
  }
  const emulator = process.env["PUBSUB_EMULATOR_HOST"];
  const google = emulator ? `http://${emulator.replace(/^https?:\/\//, "")}` : GOOGLE;
  const given = scheme === "gcpubsub" ? google : `${scheme}://${host}`;
  if (!URL.canParse(given)) throw new TypeError(`Cannot use Pub/Sub as its host is not valid: ${given}`);
  const { protocol, hostname, port } = new URL(given);
  const secure = protocol === "https:";
  return { host: `${hostname}:${port || (secure ? 443 : 80)}`, secure, project };
}

function assertWithin(name: string, value: number, least: number, most: number): void {
  if (value >= least && value <= most) return;
  throw new RangeError(`Cannot use Pub/Sub as ${name} is not from ${least} to ${most}: ${value}`);
}
