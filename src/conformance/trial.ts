/**
 * What a case works with: servers, channels and consumers that are let go of when the case ends.
 * @module
 */
import { settlesWithin, systemClock } from "../_internal/clock.ts";
import type { Connection, MessageData, Server } from "../contract/server.ts";
import { assert } from "./assert.ts";
import { Consumer } from "./consumer.ts";
import { toBytes, toMessage } from "./bodies.ts";
import type { BrokerControl, LeaseControl, ServerHarness } from "./harness.ts";

/** One case being run. */
export class Trial {
  /** What is tested. */
  readonly harness: ServerHarness;
  /** How long something that must happen may take, in milliseconds. */
  readonly patience: number;
  /** How long nothing must come, in milliseconds. */
  readonly quiet: number;
  /** What is let go of at the end, the latest first. */
  readonly #endings: (() => Promise<unknown>)[] = [];

  /** Nothing is connected yet. */
  constructor(harness: ServerHarness) {
    this.harness = harness;
    this.patience = harness.patience ?? 10_000;
    this.quiet = harness.quiet ?? 250;
  }

  /** A channel of this case's own. */
  async channel(suffix?: string): Promise<string> {
    return await this.harness.channel(suffix);
  }

  /** A server that is connected. */
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

  /** Something that takes messages, until the case ends. */
  async consumer(server: Server, ...channels: string[]): Promise<Consumer> {
    const subscription = await this.within(server.subscribe(channels), "subscribing");
    this.atEnd(() => subscription.close());
    return new Consumer(subscription, this);
  }

  /** Publishes one after the other. */
  async publish(server: Server, channel: string, ...bodies: readonly (string | Uint8Array)[]): Promise<void> {
    for (const body of bodies) await this.send(server, channel, { payload: toBytes(body) });
  }

  /** Publishes one message, of which what is not given is absent. */
  async send(server: Server, channel: string, parts: Partial<MessageData>): Promise<void> {
    await this.within(server.publish(channel, toMessage(parts), {}), "publishing");
  }

  /** What a promise answers, unless it takes too long. */
  async within<T>(promise: Promise<T>, doing: string, ms: number = this.patience): Promise<T> {
    assert(await settlesWithin(systemClock, ms, promise), `${doing}: did not come to an end within ${ms} ms`);
    return await promise;
  }

  /** Lets go of something when the case ends. */
  atEnd(ending: () => Promise<unknown>): void {
    this.#endings.push(ending);
  }

  /** The broker's switches, which are on again when the case ends. */
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

  /** What was dead-lettered of a channel, once there is so much. */
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

  /** Lets go of everything, also after something could not be let go of: the broker must be up for the next case. */
  async end(): Promise<void> {
    const errors: unknown[] = [];
    for (const ending of this.#endings.splice(0).reverse()) {
      await this.within(ending(), "letting go at the end").catch((error) => errors.push(error));
    }
    if (errors.length > 0) throw errors[0];
  }
}
