/**
 * What a server is told, checked and completed.
 * @module
 */
import process from "node:process";
import type { BackoffOptions } from "../../_internal/backoff.ts";
import { type KnownOptions, refuseUnknown } from "../../_internal/known_options.ts";
import type { ServerDescription } from "../../contract/metadata.ts";
import type { BatchLimits } from "./publishing.ts";

/** Where the messages of one channel are, if not where its name says. */
export interface PubsubChannel {
  /** The project. Defaults to the server's. */
  readonly project?: string;
  /** The topic that is published to. Defaults to the channel's name. */
  readonly topic?: string;
  /** The subscription that is received from. Defaults to the channel's name. */
  readonly subscription?: string;
}

/** How publications are gathered into requests. */
export interface PublishBatch {
  /** The most messages of a request; from 1 to 1 000, which is the default. */
  readonly messages?: number;
  /** The most bytes of a request, unless a single message has more; up to 9 000 000. Defaults to 1 000 000. */
  readonly bytes?: number;
  /** How long a request waits for more messages, in milliseconds. Defaults to 0: for the turn of the event loop. */
  readonly delay?: number;
}

/** How the connection is encrypted. Needed only where the system's own certificates do not do. */
export interface PubsubTlsOptions {
  /** The authorities to trust, PEM. Defaults to those that the runtime trusts. */
  readonly ca?: string;
  /** Our own certificate, PEM, for a peer that asks for one. Needs `key`. */
  readonly cert?: string;
  /** The key of our own certificate, PEM. */
  readonly key?: string;
  /** The name that the service's certificate must have. Defaults to the host of the URL. */
  readonly servername?: string;
}

/** How long to wait before something is tried again: doubled each time, the upper half of it by chance. */
export interface RetryDelay {
  /** The first delay, in milliseconds. Defaults to 50. */
  readonly first?: number;
  /** The longest delay, in milliseconds. Defaults to 5 000. */
  readonly longest?: number;
}

/** Options of {@linkcode PubsubServer}. */
export interface PubsubServerOptions {
  /** The Google Cloud project of topics and subscriptions. */
  readonly defaultProject: string;
  /**
   * Where the service is: `https://` with encryption, `http://` without. Defaults to the host and port in the environment
   * variable `PUBSUB_EMULATOR_HOST`, without encryption, and else to Google's.
   */
  readonly url?: string;
  /**
   * Who we are: `google` for the application's default credentials (needs `google-auth-library`), `none`, or a function
   * that answers an access token, called for each request. Defaults to `google` with encryption, else to `none`.
   */
  readonly credentials?: "google" | "none" | (() => Promise<string>);
  /** Channels whose topic or subscription has another name or project. */
  readonly channelOverrides?: Readonly<Record<string, PubsubChannel>>;
  /** How publications are gathered. */
  readonly publishBatch?: PublishBatch;
  /** How long a publication may take, all its tries together, in milliseconds. Defaults to 10 000. */
  readonly publishTimeout?: number;
  /**
   * How long a message is ours without a sign of life, in milliseconds: whole seconds from 10 000 to 600 000. A killed
   * worker's messages come back after it. Defaults to 60 000.
   */
  readonly ackDeadline?: number;
  /** How many bytes of each channel are held at once; 0 for any number. Defaults to 100 MiB. */
  readonly maxOutstandingBytes?: number;
  /** How long connecting may take, in milliseconds. Defaults to 10 000. */
  readonly connectTimeout?: number;
  /**
   * After how long without a sign of life the service is asked for one, in milliseconds; after a third of it without an
   * answer the connection counts as lost. Defaults to 30 000.
   */
  readonly pingInterval?: number;
  /**
   * The delays between the tries of publications and settlements, which end with their time limits, and between those of
   * streams, which never end. Each operation counts its own.
   */
  readonly retryDelay?: RetryDelay;
  /** Encryption, for `https://`. */
  readonly tls?: PubsubTlsOptions;
  /** What the AsyncAPI document says of it. */
  readonly description?: ServerDescription;
}

const OPTIONS: KnownOptions<PubsubServerOptions> = {
  defaultProject: true,
  url: true,
  credentials: true,
  channelOverrides: true,
  publishBatch: true,
  publishTimeout: true,
  ackDeadline: true,
  maxOutstandingBytes: true,
  connectTimeout: true,
  pingInterval: true,
  retryDelay: true,
  tls: true,
  description: true,
};

/** Options with nothing left open. */
export interface Settings {
  readonly project: string;
  readonly host: string;
  readonly secure: boolean;
  readonly credentials: "google" | "none" | (() => Promise<string>);
  readonly overrides: Readonly<Record<string, PubsubChannel>>;
  readonly batch: BatchLimits;
  readonly publishTimeout: number;
  readonly ackDeadline: number;
  readonly maxOutstandingBytes: number;
  readonly connectTimeout: number;
  readonly pingInterval: number;
  readonly retryDelay: BackoffOptions;
  readonly tls: PubsubTlsOptions;
}

/**
 * Checks and completes.
 *
 * @throws {TypeError} If an option is not known, the project is empty, the URL is none, or credentials would travel in the open.
 * @throws {RangeError} If a number is out of range.
 */
export function toSettings(options: PubsubServerOptions): Settings {
  refuseUnknown("use Pub/Sub", options, OPTIONS);
  const { defaultProject, publishBatch = {}, channelOverrides = {} } = options;
  const { publishTimeout = 10_000, ackDeadline = 60_000, connectTimeout = 10_000 } = options;
  const { maxOutstandingBytes = 100 * 1_024 * 1_024, pingInterval = 30_000, tls = {} } = options;
  const { first = 50, longest = 5_000 } = options.retryDelay ?? {};
  const { messages = 1_000, bytes = 1_000_000, delay = 0 } = publishBatch;
  if (typeof defaultProject !== "string" || defaultProject === "") {
    throw new TypeError("Cannot use Pub/Sub as defaultProject is not a non-empty string");
  }
  const { host, secure } = toTarget(options.url);
  const { credentials = secure ? "google" : "none" } = options;
  if (!secure && credentials !== "none") {
    throw new TypeError(`Cannot use Pub/Sub as credentials would not be encrypted on the way: ${host}`);
  }
  assertWithin("publishBatch.messages", messages, 1, 1_000);
  assertWithin("publishBatch.bytes", bytes, 1, 9_000_000);
  assertWithin("publishBatch.delay", delay, 0, 60_000);
  assertWithin("publishTimeout", publishTimeout, 1, 600_000);
  assertWithin("connectTimeout", connectTimeout, 1, 600_000);
  assertWithin("ackDeadline", ackDeadline, 10_000, 600_000);
  assertWithin("maxOutstandingBytes", maxOutstandingBytes, 0, Number.MAX_SAFE_INTEGER);
  assertWithin("pingInterval", pingInterval, 1, 2 ** 31 - 1);
  assertWithin("retryDelay.longest", longest, 1, 600_000);
  assertWithin("retryDelay.first", first, 1, longest);
  if (ackDeadline % 1_000 !== 0) {
    throw new RangeError(`Cannot use Pub/Sub as ackDeadline is not in whole seconds: ${ackDeadline}`);
  }
  return {
    project: defaultProject,
    host,
    secure,
    credentials,
    overrides: channelOverrides,
    batch: { messages, bytes, delay },
    publishTimeout,
    ackDeadline,
    maxOutstandingBytes,
    connectTimeout,
    pingInterval,
    retryDelay: { first, longest },
    tls,
  };
}

/** The path of a topic. */
export function topicPath(settings: Settings, channel: string, project?: string, topic?: string): string {
  const override = Object.hasOwn(settings.overrides, channel) ? settings.overrides[channel] : undefined;
  const owner = project ?? override?.project ?? settings.project;
  return `projects/${owner}/topics/${topic ?? override?.topic ?? channel}`;
}

/** The path of a subscription. */
export function subscriptionPath(settings: Settings, channel: string): string {
  const override = Object.hasOwn(settings.overrides, channel) ? settings.overrides[channel] : undefined;
  return `projects/${override?.project ?? settings.project}/subscriptions/${
    override?.subscription ?? channel
  }`;
}

function toTarget(url: string | undefined): { host: string; secure: boolean } {
  const emulator = process.env["PUBSUB_EMULATOR_HOST"];
  const given = url ??
    (emulator ? `http://${emulator.replace(/^https?:\/\//, "")}` : "https://pubsub.googleapis.com");
  if (!URL.canParse(given)) throw new TypeError("Cannot use Pub/Sub as its URL is not valid");
  const { protocol, hostname, port } = new URL(given);
  if (protocol !== "http:" && protocol !== "https:") {
    throw new TypeError(`Cannot use Pub/Sub as its URL is neither http:// nor https://: ${protocol}`);
  }
  const secure = protocol === "https:";
  return { host: `${hostname}:${port || (secure ? 443 : 80)}`, secure };
}

function assertWithin(name: string, value: number, least: number, most: number): void {
  if (value >= least && value <= most) return;
  throw new RangeError(`Cannot use Pub/Sub as ${name} is not from ${least} to ${most}: ${value}`);
}
