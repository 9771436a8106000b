/**
 * A worker's subscriptions: the one it takes from, opened again after every outage, and those before it whose messages are
 * still being handled.
 * @module
 */
import { backoff } from "../_internal/backoff.ts";
import { type Clock, delay, settlesWithin } from "../_internal/clock.ts";
import type { Report } from "../contract/events.ts";
import type { Connection, Server, Subscription } from "../contract/server.ts";
import { CLOSE_TIMEOUT } from "./limits.ts";

/** What subscriptions are opened with. */
export interface SubscriptionsOptions {
  readonly server: Server;
  readonly channels: readonly string[];
  readonly clock: Clock;
  readonly report: Report;
  /** Where the backoff's chance comes from. Defaults to `Math.random`. */
  readonly random?: (() => number) | undefined;
}

/** A subscription, and how many of its messages are being handled. */
export interface Held {
  readonly subscription: Subscription;
  /** Counted by {@linkcode Subscriptions} alone. */
  messages: number;
}

/** Short enough to resume within five seconds after the broker is available again. */
const RETRY_DELAY = { first: 100, longest: 3_000 };

/** Opens, replaces and closes. Used by its worker only. */
export class Subscriptions {
  readonly #options: SubscriptionsOptions;
  #connection: Connection | undefined;
  #current: Held | undefined;
  /** Broken ones whose messages are still being handled. */
  readonly #retired = new Set<Held>();
  readonly #closing = new Set<Promise<boolean>>();
  #failures = 0;
  #closed = false;

  constructor(options: SubscriptionsOptions) {
    this.#options = options;
  }

  /** Whether messages would arrive now. */
  get isActive(): boolean {
    return this.#current?.subscription.isActive ?? false;
  }

  /**
   * The next subscription, after as many tries as it takes; `undefined` once the signal is aborted.
   *
   * @throws What the server throws and calls final.
   */
  async open(signal: AbortSignal): Promise<Held | undefined> {
    const { server, channels } = this.#options;
    while (!signal.aborted) {
      try {
        this.#connection ??= this.#keep(await server.connect({ signal }));
        if (signal.aborted) break;
        const subscription = this.#keep(await server.subscribe(channels, { signal }));
        this.#current = { subscription, messages: 0 };
        if (!signal.aborted) return this.#current;
      } catch (error) {
        if (signal.aborted) break;
        await this.#waitAfter(error, signal);
      }
    }
    return undefined;
  }

  /** The current subscription works: earlier failures are forgotten. */
  succeeded(): void {
    this.#failures = 0;
  }

  /**
   * The current subscription broke: retires it and waits before the next try.
   *
   * @throws The error itself, if the server calls it final.
   */
  async failed(error: unknown, signal: AbortSignal): Promise<void> {
    if (this.#current) this.#retire(this.#current);
    this.#current = undefined;
    if (!signal.aborted) await this.#waitAfter(error, signal);
  }

  /** A message of that subscription is being handled, until {@linkcode release}. */
  hold(held: Held): void {
    held.messages++;
  }

  /** A message of that subscription has ended. A retired subscription without other messages is closed. */
  release(held: Held): void {
    held.messages--;
    if (held.messages === 0 && this.#retired.delete(held)) this.#close(held);
  }

  /** Takes no more. Errors are reported; the rest happens when everything is closed. */
  stop(): void {
    void this.#reporting(this.#current?.subscription.stop());
  }

  /** Closes everything. Never rejects, and waits only so long; answers whether that was long enough. */
  async close(): Promise<boolean> {
    this.#closed = true;
    for (const held of this.#retired) this.#close(held);
    this.#retired.clear();
    if (this.#current) this.#close(this.#current);
    this.#current = undefined;
    const closed = await Promise.all(this.#closing);
    const closing = this.#reporting(this.#connection?.close());
    const disconnected = await settlesWithin(this.#options.clock, CLOSE_TIMEOUT, closing);
    return disconnected && !closed.includes(false);
  }

  /** What is opened after the end is closed at once. */
  #keep<T extends Connection | Subscription>(opened: T): T {
    if (this.#closed) void this.#reporting(opened.close());
    return opened;
  }

  /** A broken subscription is kept while its messages are being handled: it may still be able to settle them. */
  #retire(held: Held): void {
    if (held.messages === 0) return this.#close(held);
    this.#retired.add(held);
    void this.#reporting(held.subscription.stop());
  }

  #close({ subscription }: Held): void {
    const closing = this.#reporting(subscription.close());
    const bounded = settlesWithin(this.#options.clock, CLOSE_TIMEOUT, closing);
    this.#closing.add(bounded);
    void bounded.then(() => this.#closing.delete(bounded));
  }

  async #waitAfter(error: unknown, signal: AbortSignal): Promise<void> {
    const { server, clock, report, random = Math.random } = this.#options;
    if (!server.isRetriable(error)) throw error;
    const attempt = ++this.#failures;
    const ms = backoff(attempt, { ...RETRY_DELAY, random });
    report("worker.consumer.retry", { error, attempt, delay: Math.round(ms) });
    await delay(clock, ms, signal);
  }

  async #reporting(closing: Promise<void> | undefined): Promise<void> {
    try {
      await closing;
    } catch (error) {
      this.#options.report("worker.close.error", { error });
    }
  }
}
