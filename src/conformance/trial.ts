/**
 * What a case works with: servers, channels and consumers that are released when the case ends.
 * @module
 */
import { settlesWithin, systemClock } from "../_internal/clock.ts";
import type { Connection, MessageData, Server } from "../contract/server.ts";
import { assert } from "./assert.ts";
import { Consumer } from "./consumer.ts";
import { toBytes, toMessage } from "./bodies.ts";
import type { BrokerControl, LeaseControl, ServerHarness } from "./harness.ts";

/** One running case. */
export class Trial {
  /** The harness of the tested server. */
  readonly harness: ServerHarness;
  /** How long something that must happen may take, in milliseconds. */
  readonly patience: number;
  /** How long to wait before deciding that no message comes, in milliseconds. */
  readonly quiet: number;
  /** What to release at the end, the last one first. */
  readonly #endings: (() => Promise<unknown>)[] = [];

  /** Connects nothing yet. */
  constructor(harness: ServerHarness) {
    this.harness = harness;
    this.patience = harness.patience ?? 10_000;
    this.quiet = harness.quiet ?? 250;
  }

  /** A new channel for this case. */
  async channel(suffix?: string): Promise<string> {
    return await this.harness.channel(suffix);
  }

  /** A connected server. */
  async server(): Promise<Server> {
    const server = await this.harness.create();
    await this.connect(server);
    return server;
  }

  /** Connects a server until the case ends. */
  async connect(server: Server): Promise<Connection> {
    const connection = await this.within(server.connect(), "connecting");
    this.atEnd(() => connection.close());
    return connection;
  }

  /** A consumer that is closed when the case ends. */
  async consumer(server: Server, ...channels: string[]): Promise<Consumer> {
    const subscription = await this.within(server.subscribe(channels), "subscribing");
    this.atEnd(() => subscription.close());
    return new Consumer(subscription, this);
  }

  /** Publishes messages one after the other. */
  async publish(server: Server, channel: string, ...bodies: readonly (string | Uint8Array)[]): Promise<void> {
    for (const body of bodies) await this.send(server, channel, { payload: toBytes(body) });
  }

  /** Publishes one message with the given parts. */
  async send(server: Server, channel: string, parts: Partial<MessageData>): Promise<void> {
    await this.within(server.publish(channel, toMessage(parts), {}), "publishing");
  }

  /** The result of a promise. Throws if it takes too long. */
  async within<T>(promise: Promise<T>, doing: string, ms: number = this.patience): Promise<T> {
    assert(await settlesWithin(systemClock, ms, promise), `${doing}: did not end within ${ms} ms`);
    return await promise;
  }

  /** Releases something when the case ends. */
  atEnd(ending: () => Promise<unknown>): void {
    this.#endings.push(ending);
  }

  /** The control of the broker, which is started again when the case ends. */
  broker(): BrokerControl {
    const { broker } = this.harness;
    assert(typeof broker === "object", "the harness has no broker control");
    this.#endings.unshift(() => broker.start());
    return broker;
  }

  /** Servers with short leases. */
  leases(): LeaseControl {
    const { leases } = this.harness;
    assert(typeof leases === "object", "the harness has no lease control");
    return leases;
  }

  /** The dead-lettered messages of a channel, as soon as there are `count`. */
  async deadLetters(
    channel: string,
    count: number,
  ): Promise<readonly Pick<MessageData, "payload" | "headers">[]> {
    const { deadLetters } = this.harness;
    assert(deadLetters, "the harness cannot look at dead letters");
    for (const end = performance.now() + this.patience;;) {
      const dead = await deadLetters.call(this.harness, channel);
      if (dead.length >= count || performance.now() > end) return dead;
      await new Promise((resolve) => setTimeout(resolve, 10));
    }
  }

  /** Releases everything, also after a failure: the broker must be up for the next case. */
  async end(): Promise<void> {
    const errors: unknown[] = [];
    for (const ending of this.#endings.splice(0).reverse()) {
      await this.within(ending(), "releasing at the end").catch((error) => errors.push(error));
    }
    if (errors.length > 0) throw errors[0];
  }
}
