/**
 * A broker that does what its script says: deliver, stall, drop the connection, refuse, hang, lose leases.
 * @module
 */
import type { Clock } from "../../src/_internal/clock.ts";
import type {
  Capabilities,
  Connection,
  ConnectOptions,
  Server,
  SubscribeOptions,
  Subscription,
} from "../../src/contract/server.ts";
import type { Fault, Ledger, Letter } from "./ledger.ts";
import type { Random } from "./random.ts";
import type { Chances, Scenario } from "./scenario.ts";
import { ScriptedSubscription } from "./scripted_subscription.ts";

/** After this many deliveries, a message is left alone by chance. */
const PATIENCE = 12;

/** An error that its server calls passing. */
export class PassingError extends Error {}

/** An error that its server calls final. */
export class FinalError extends Error {}

/** The broker and its adapter in one. */
export class ScriptedServer implements Server {
  readonly protocol = "scripted";
  readonly host = "nowhere";
  readonly capabilities: Capabilities;
  readonly clock: Clock;
  readonly ledger: Ledger;
  readonly random: Random;
  /** Grows with each dropped connection: what belongs to an earlier one is dead. */
  epoch = 0;
  stalledUntil = 0;
  readonly #scenario: Scenario;
  readonly #queues = new Map<string, Letter[]>();
  readonly #subscriptions = new Set<ScriptedSubscription>();
  #downUntil = 0;
  #healed = false;

  constructor(scenario: Scenario, clock: Clock, ledger: Ledger, random: Random) {
    this.#scenario = scenario;
    this.clock = clock;
    this.ledger = ledger;
    this.random = random;
    this.capabilities = {
      nativeReply: false,
      leases: scenario.leases,
      ordered: false,
      deadLetter: false,
      stableMessageIds: scenario.stableMessageIds,
      deliveryCounts: false,
      durable: false,
    };
  }

  get isConnected(): boolean {
    return this.ledger.openConnections > 0 && this.clock.now() >= this.#downUntil;
  }

  /** Whether a fault happens now; counts it. */
  strikes(chance: keyof Chances, fault: Fault): boolean {
    if (this.#healed || !this.random.happens(this.#scenario.chances[chance])) return false;
    this.ledger.fault(fault);
    return true;
  }

  /** From now on nothing goes wrong. */
  heal(): void {
    this.#healed = true;
    this.#downUntil = 0;
    this.stalledUntil = 0;
    this.wake();
  }

  /** Cuts every connection; new ones are refused for a while. */
  drop(outage: number): void {
    this.ledger.fault("connection dropped");
    this.epoch++;
    this.#downUntil = this.clock.now() + outage;
    for (const subscription of this.#subscriptions) subscription.cut();
    this.#subscriptions.clear();
  }

  /** Delivers nothing for a while. */
  stall(ms: number): void {
    this.ledger.fault("broker stalled");
    this.stalledUntil = this.clock.now() + ms;
    this.clock.schedule(ms, () => this.wake());
  }

  /** Puts a message into its queue. */
  enqueue(letter: Letter): void {
    this.queueOf(letter.channel).push(letter);
    this.wake();
  }

  /** Puts one back, a while later, so that a message that fails for ever does not stop time. */
  requeue(letter: Letter): void {
    this.clock.schedule(letter.deliveries > PATIENCE ? 5_000 : 50, () => this.enqueue(letter));
  }

  queueOf(channel: string): Letter[] {
    const known = this.#queues.get(channel) ?? [];
    this.#queues.set(channel, known);
    return known;
  }

  wake(): void {
    for (const subscription of this.#subscriptions) subscription.wake();
  }

  forget(subscription: ScriptedSubscription): void {
    this.#subscriptions.delete(subscription);
  }

  async connect({ signal }: ConnectOptions = {}): Promise<Connection> {
    await this.#answer("connect", signal);
    this.ledger.openConnections++;
    let closed = false;
    const close = async (): Promise<void> => {
      if (!closed) this.ledger.openConnections--;
      closed = true;
      await this.mayHang("closeHangs", "close hung");
    };
    return { close, [Symbol.asyncDispose]: close };
  }

  publish(): Promise<void> {
    return Promise.resolve();
  }

  async subscribe(channels: readonly string[], { signal }: SubscribeOptions = {}): Promise<Subscription> {
    await this.#answer("subscribe", signal);
    const subscription = new ScriptedSubscription(this, channels);
    this.#subscriptions.add(subscription);
    this.ledger.openSubscriptions++;
    return subscription;
  }

  isRetriable(error: unknown): boolean {
    return error instanceof PassingError;
  }

  /** A moment; or for ever. */
  async mayHang(chance: keyof Chances, fault: Fault): Promise<void> {
    if (this.strikes(chance, fault)) await new Promise(() => {});
    await this.latency();
  }

  /** The time an answer takes; some take none. */
  async latency(): Promise<void> {
    const ms = this.random.of([0, 0, 1, 20, 300]);
    if (ms > 0) await new Promise<void>((resolve) => void this.clock.schedule(ms, resolve));
  }

  async #answer(what: "connect" | "subscribe", signal: AbortSignal | undefined): Promise<void> {
    if (this.strikes(`${what}Hangs`, `${what} hung`)) await this.#hang(signal);
    await this.latency();
    if (this.clock.now() < this.#downUntil || this.strikes(`${what}Fails`, `${what} failed`)) {
      throw new PassingError(`Cannot ${what} as the broker is away`);
    }
  }

  /** Until it is told to give up; some give up, some do not listen and arrive late. */
  async #hang(signal: AbortSignal | undefined): Promise<void> {
    if (!signal || this.random.happens(0.5)) {
      await new Promise<void>((resolve) =>
        void this.clock.schedule(this.random.between(1_000, 9_000), resolve)
      );
      return;
    }
    await new Promise((_, reject) => {
      if (signal.aborted) return reject(signal.reason);
      const end = (reason: unknown): void => {
        this.clock.cancel(timer);
        signal.removeEventListener("abort", aborted);
        reject(reason);
      };
      const aborted = (): void => end(signal.reason);
      const timer = this.clock.schedule(
        5_000,
        () => end(new PassingError("Cannot wait as it takes too long")),
      );
      signal.addEventListener("abort", aborted);
    });
  }
}
