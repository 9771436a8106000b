/**
 * Google Cloud Pub/Sub: channels are topics to producers and subscriptions to consumers.
 * @module
 */
import { settlesWithin, systemClock } from "../../_internal/clock.ts";
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
import { Control } from "./control.ts";
import { firstToken, googleCredentials, guarded } from "./credentials.ts";
import {
  type PubsubServerOptions,
  type Settings,
  subscriptionPath,
  topicPath,
  toSettings,
} from "./options.ts";
import { toParameters, toPubsubMessage } from "./parameters.ts";
import { Publishing } from "./publishing.ts";
import { Rpc } from "./rpc.ts";
import { PubsubError } from "./status.ts";
import { PubsubSubscription } from "./subscription.ts";

/** What exists while a connection is open. */
interface Link {
  readonly rpc: Rpc;
  readonly control: Control;
  readonly publishing: Publishing;
  readonly subscriptions: Set<PubsubSubscription>;
  readonly ended: AbortController;
}

/** How long what is under way may take when the last user leaves, in milliseconds. */
const SHUT_TIMEOUT = 800;

/**
 * Google Cloud Pub/Sub. Topics and subscriptions must exist.
 *
 * `ack` acknowledges. `reject` makes the message available again after a second. `nack` makes it available again at once:
 * Pub/Sub moves it to a dead-letter topic after as many deliveries as the subscription's own policy says, and without a
 * policy it comes again.
 *
 * @example
 * ```ts
 * import { Repid } from "@repid/core";
 * import { PubsubServer } from "@repid/core/pubsub";
 *
 * const app = new Repid();
 * app.servers.register("pubsub", new PubsubServer("http://localhost:8085/projects/my-project"));
 * ```
 */
export class PubsubServer implements Server {
  /** The AsyncAPI protocol name. */
  readonly protocol = "googlepubsub";
  /** The version of the protocol. */
  readonly protocolVersion = "v1";
  /** Host and port. */
  readonly host: string;
  /** What the AsyncAPI document says of it. */
  readonly description: ServerDescription | undefined;
  /** What it can do. `deliveryCount` is there on subscriptions with a dead-letter policy; order needs an ordering key. */
  readonly capabilities: Capabilities = Object.freeze({
    nativeReply: false,
    leases: true,
    ordered: false,
    deadLetter: false,
    stableMessageIds: true,
    deliveryCounts: false,
    durable: true,
  });
  readonly #settings: Settings;
  readonly #clientId: string = crypto.randomUUID();
  readonly #shared: SharedConnection;
  #link: Link | undefined;

  /**
   * For a URL such as `gcpubsub://projects/my-project`: Google's service, or the emulator that the environment variable
   * `PUBSUB_EMULATOR_HOST` names. `https://host/projects/my-project` is another endpoint, `http://localhost:8085/projects/my-project`
   * one without encryption. Does not connect yet.
   *
   * @throws {TypeError} If the URL has another form, an option is not known, or credentials would not be encrypted.
   * @throws {RangeError} If a number is out of range.
   */
  constructor(url: string, options: PubsubServerOptions = {}) {
    this.#settings = toSettings(url, options);
    this.host = this.#settings.host;
    this.description = options.description;
    this.#shared = new SharedConnection({ open: (options) => this.#open(options), shut: () => this.#shut() });
  }

  /** Whether the service can be talked to now. */
  get isConnected(): boolean {
    return this.#link?.rpc.isConnected ?? false;
  }

  /** Connects, or joins. Rejects with a {@linkcode PubsubError} where the service cannot be reached. */
  connect(options?: ConnectOptions): Promise<Connection> {
    return this.#shared.connect(options);
  }

  /** Publishes one message, with others of the same turn. See {@linkcode PubsubParameters}. */
  publish(channel: string, message: MessageData, parameters: ServerSpecificParameters): Promise<void> {
    try {
      const { publishing } = this.#linkFor("publish");
      const own = toParameters(parameters);
      return publishing.add({
        topic: topicPath(this.#settings, channel, own.project, own.topic),
        message: toPubsubMessage(message, own),
        timeout: own.timeout ?? this.#settings.publishTimeout,
      });
    } catch (error) {
      return Promise.reject(error);
    }
  }

  /** Starts to consume; streams are opened by the first `take`. */
  async subscribe(channels: readonly string[], options: SubscribeOptions = {}): Promise<Subscription> {
    const link = this.#linkFor("subscribe");
    const { signal } = options;
    const { connectTimeout, leaseDuration, maxOutstandingBytes, retryDelay } = this.#settings;
    signal?.throwIfAborted();
    await link.rpc.ready(connectTimeout, signal);
    const subscription = new PubsubSubscription({
      rpc: link.rpc,
      control: link.control,
      clock: systemClock,
      clientId: this.#clientId,
      delays: retryDelay,
      leaseDuration,
      maxOutstandingBytes,
      channels: new Map(channels.map((channel) => [channel, subscriptionPath(this.#settings, channel)])),
      closed: () => link.subscriptions.delete(subscription),
    });
    link.subscriptions.add(subscription);
    return subscription;
  }

  /** Whether trying again may help: an unreachable service yes, a missing subscription or permission no. */
  isRetriable(error: unknown): boolean {
    return error instanceof PubsubError && error.isRetriable;
  }

  #linkFor(doing: string): Link {
    this.#shared.assertInUse(doing);
    if (!this.#link) throw new TypeError(`Cannot ${doing} as the server is disconnecting`);
    return this.#link;
  }

  async #open({ signal }: ConnectOptions): Promise<void> {
    const { host, project, credentials, connectTimeout, batch, retryDelay } = this.#settings;
    const provider = credentials === "google" ? googleCredentials(project) : credentials;
    const token = provider === "none" ? undefined : guarded(provider, host);
    if (token) await firstToken(token, host, { timeout: connectTimeout, signal });
    const rpc = new Rpc({ ...this.#settings, token });
    try {
      await rpc.ready(connectTimeout, signal);
    } catch (error) {
      await rpc.close();
      throw error;
    }
    const ended = new AbortController();
    const parts = { rpc, clock: systemClock, delays: retryDelay, signal: ended.signal };
    const [control, publishing] = [new Control(parts), new Publishing(parts, batch)];
    this.#link = { rpc, control, publishing, subscriptions: new Set(), ended };
  }

  async #shut(): Promise<void> {
    const link = this.#link;
    this.#link = undefined;
    if (!link) return;
    const { rpc, control, publishing, subscriptions, ended } = link;
    const closing = [...subscriptions].map((subscription) => subscription.close());
    const all = Promise.all([...closing, publishing.idle()]).then(() => control.idle());
    await settlesWithin(systemClock, SHUT_TIMEOUT, all);
    ended.abort();
    await rpc.close();
  }
}
