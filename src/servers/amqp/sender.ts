/**
 * Publishing to one address: a link with its own session. RabbitMQ 4.0 ends the session if a queue does not exist; this must
 * not affect messages to other addresses.
 * @module
 */
import { settlesWithin, systemClock, type Timer } from "../../_internal/clock.ts";
import { Deque } from "../../_internal/deque.ts";
import { AmqpError, type AmqpErrorOptions, conditionOf, describe } from "./errors.ts";
import type { Settings } from "./options.ts";
import type { RheaDelivery, RheaSender } from "./rhea.ts";
import type { PublishingSession } from "./session.ts";

const TOO_LARGE = "amqp:link:message-size-exceeded";

/** Conditions that another try does not change. */
const FINAL: ReadonlySet<string | undefined> = new Set([
  TOO_LARGE,
  "amqp:unauthorized-access",
]);

interface Publication {
  readonly message: Uint8Array;
  readonly resolve: () => void;
  readonly reject: (error: unknown) => void;
  readonly since: number;
}

/** A link that publishes. Once it has ended, it is not used again. */
export class AmqpSender {
  /** What it publishes to. */
  readonly address: string;
  readonly #settings: Settings;
  readonly #session: PublishingSession;
  readonly #link: RheaSender;
  /** Not sent, as there is no credit. */
  readonly #waiting = new Deque<Publication>();
  /** Sent, and not confirmed, oldest first. */
  readonly #unconfirmed = new Map<RheaDelivery, Publication>();
  #error: AmqpError | undefined;
  #timer: Timer | undefined;
  /** Until it is attached. */
  #attaching: Timer | undefined;
  #settled: PromiseWithResolvers<void> | undefined;
  /** Resolved when the link is detached, or its session over. */
  readonly #gone = Promise.withResolvers<void>();

  constructor(session: PublishingSession, address: string, settings: Settings) {
    this.address = address;
    this.#settings = settings;
    this.#session = session;
    this.#link = session.session.open_sender({
      name: `sender-${crypto.randomUUID()}`,
      target: { address, expiry_policy: "session-end" },
      treat_modified_as_released: false,
    });
    this.#listen();
  }

  /** Whether it can still be used. */
  get isOpen(): boolean {
    return this.#error === undefined;
  }

  /** How many publications have not ended. */
  get size(): number {
    return this.#waiting.size + this.#unconfirmed.size;
  }

  /** Resolves when the broker has accepted it. */
  publish(message: Uint8Array): Promise<void> {
    if (this.#error) return Promise.reject(this.#error);
    return new Promise((resolve, reject) => {
      this.#waiting.push({ message, resolve, reject, since: systemClock.now() });
      this.#watch();
      this.#send();
    });
  }

  /** Resolves when the next publication has ended. */
  async settled(): Promise<void> {
    if (this.size === 0) return;
    this.#settled ??= Promise.withResolvers();
    await this.#settled.promise;
  }

  /** Detaches. Answers the session, to be used again, unless it has ended meanwhile. */
  async close(): Promise<PublishingSession | undefined> {
    const { connectTimeout } = this.#settings;
    this.#end(this.#failure("the sender was closed", undefined));
    // What ended with its session is not said again.
    if (this.#session.session.is_open()) this.#link.close();
    const detached = await settlesWithin(systemClock, connectTimeout, this.#gone.promise);
    return detached && this.#session.session.is_open() ? this.#session : undefined;
  }

  /** The connection is lost, and everything on it. */
  lose(error: AmqpError): void {
    this.#gone.resolve();
    this.#end(error);
  }

  #listen(): void {
    const link = this.#link;
    const { connectTimeout } = this.#settings;
    this.#attaching = systemClock.schedule(
      connectTimeout,
      () => this.#giveUp(`attach the sender in ${connectTimeout} ms`),
    );
    link.on("sender_open", () => systemClock.cancel(this.#attaching));
    link.on("sendable", () => this.#send());
    link.on("accepted", ({ delivery }) => this.#take(delivery)?.resolve());
    for (const outcome of ["released", "rejected", "modified"] as const) {
      link.on(outcome, ({ delivery }) => this.#take(delivery)?.reject(this.#refusal(outcome, delivery)));
    }
    const detached = (): void => this.#ended("link", link.error);
    link.on("sender_error", detached);
    link.on("sender_close", detached);
    this.#session.onEnd = (cause) => this.#ended("session", cause);
  }

  #ended(what: string, cause: unknown): void {
    this.#gone.resolve();
    if (this.#error) return;
    const error = this.#failure(`the broker ended the ${what}: ${describe(cause)}`, cause);
    this.#end(error.condition === TOO_LARGE ? this.#refuseLargest(error) : error);
    this.#session.session.close();
  }

  /** The broker ends a link without saying for which message. Answers the error of the others: they may be sent again. */
  #refuseLargest(error: AmqpError): AmqpError {
    const [largest] = [...this.#unconfirmed].toSorted(([, a], [, b]) => b.message.length - a.message.length);
    if (largest) this.#take(largest[0])?.reject(error);
    const { message, scope, condition, cause } = error;
    return new AmqpError(message, { scope, condition, isRetriable: true, cause });
  }

  #send(): void {
    while (this.#waiting.size > 0 && this.#link.is_open() && this.#link.sendable()) {
      const publication = this.#waiting.shift();
      if (!publication || this.#refused(publication)) continue;
      // With a format given, the message is taken as it is; 0 is that of AMQP itself.
      this.#unconfirmed.set(this.#link.send(publication.message, undefined, 0), publication);
    }
  }

  /** Whether it is larger than the broker allows. If it were sent, the broker would end the link, and other messages would fail too. */
  #refused({ message, reject }: Publication): boolean {
    const { max_message_size: most } = this.#link;
    if (typeof most !== "number" || most === 0 || message.length <= most) return false;
    const reason = `the message is too large: ${message.length} bytes of at most ${most}`;
    reject(this.#cannot(reason, { scope: "message", condition: TOO_LARGE, isRetriable: false }));
    this.#changed();
    return true;
  }

  #take(delivery: RheaDelivery | undefined): Publication | undefined {
    if (!delivery) return undefined;
    const publication = this.#unconfirmed.get(delivery);
    this.#unconfirmed.delete(delivery);
    this.#changed();
    return publication;
  }

  #changed(): void {
    this.#settled?.resolve();
    this.#settled = undefined;
    if (this.size > 0) return;
    systemClock.cancel(this.#timer);
    this.#timer = undefined;
  }

  /** One timer for all: that of the oldest. */
  #watch(): void {
    if (this.#timer !== undefined) return;
    const { publishTimeout } = this.#settings;
    const since = this.#oldest()?.since ?? systemClock.now();
    this.#timer = systemClock.schedule(since + publishTimeout - systemClock.now(), () => {
      this.#timer = undefined;
      const first = this.#oldest();
      if (first && systemClock.now() - first.since < publishTimeout) return this.#watch();
      this.#giveUp(`confirm in ${publishTimeout} ms`);
    });
  }

  #oldest(): Publication | undefined {
    const [sent] = this.#unconfirmed.values();
    const [waiting] = this.#waiting.values();
    return sent ?? waiting;
  }

  #giveUp(what: string): void {
    if (this.#error) return;
    this.#end(this.#failure(`the broker did not ${what}`, undefined));
    this.#session.session.close();
  }

  #end(error: AmqpError): void {
    if (this.#error) return;
    this.#error = error;
    systemClock.cancel(this.#attaching);
    const lost = [...this.#unconfirmed.values()];
    this.#unconfirmed.clear();
    for (let one = this.#waiting.shift(); one; one = this.#waiting.shift()) lost.push(one);
    for (const { reject } of lost) reject(error);
    this.#changed();
  }

  #failure(reason: string, cause: unknown): AmqpError {
    const condition = conditionOf(cause);
    return this.#cannot(reason, {
      scope: "link",
      condition,
      isRetriable: !FINAL.has(condition),
      cause,
    });
  }

  #refusal(outcome: "released" | "rejected" | "modified", delivery: RheaDelivery | undefined): AmqpError {
    const cause = delivery?.remote_state?.error;
    const condition = conditionOf(cause);
    const reason = outcome === "released" ? "nothing takes it there" : describe(cause);
    return this.#cannot(`the broker ${outcome} the message: ${reason}`, {
      scope: "message",
      condition,
      isRetriable: outcome !== "rejected" && !FINAL.has(condition),
      cause,
    });
  }

  #cannot(reason: string, options: AmqpErrorOptions): AmqpError {
    return new AmqpError(`Cannot publish to ${this.address} as ${reason}`, options);
  }
}
