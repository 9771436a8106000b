/**
 * Settling a message: at most once, whoever asks first, and tried again when the broker is away for a moment.
 * @module
 */
import { backoff } from "../_internal/backoff.ts";
import { type Clock, delay, NEVER } from "../_internal/clock.ts";
import { promised } from "../_internal/maybe_promise.ts";
import type { Report } from "../contract/events.ts";
import type { MessageAction } from "../declaration/message.ts";
import type { Delivery, DeliveryResult, Settlement } from "../contract/server.ts";

/** What settling needs to know of its worker. */
export interface SettlingOptions {
  readonly clock: Clock;
  readonly report: Report;
  /** The server's own judgement of its errors. */
  readonly isRetriable: (error: unknown) => boolean;
  /** Where the chance in delays comes from. Defaults to `Math.random`. */
  readonly random?: (() => number) | undefined;
  /** Aborted when everything is closed: settling is not tried again. */
  readonly ended?: AbortSignal | undefined;
}

const PAST: Readonly<Record<Settlement, MessageAction>> = {
  ack: "acked",
  nack: "nacked",
  reject: "rejected",
};

/** How often a settlement is tried, as the broker may be away for a moment. */
const ATTEMPTS = 4;
const RETRY_DELAY = { first: 100, longest: 1_000 };

/** The settlement of one message. */
export class Settling {
  readonly #delivery: Delivery;
  readonly #options: SettlingOptions;
  #action: MessageAction | undefined;
  /** What a failed run wants, until the middlewares have unwound: one of them may try again. */
  #proposed: Settlement | undefined;
  /** Whether a reply is under way: it may fail yet. */
  #replying = false;
  /** Whether it was acknowledged first, and may be answered yet. */
  #answerable = false;
  #underWay: Promise<unknown> | undefined;
  /** What the broker, or the way to it, said in the end. */
  #failure: { readonly error: unknown } | undefined;
  /** Whether the proposal stands: nobody tries again. */
  #committed = false;

  constructor(delivery: Delivery, options: SettlingOptions) {
    this.#delivery = delivery;
    this.#options = options;
  }

  /** What became of the message, or will. */
  get action(): MessageAction | undefined {
    return this.#action ?? (this.#proposed && PAST[this.#proposed]);
  }

  /** Whether anybody has settled it; a proposal is none. */
  get isSettled(): boolean {
    return this.#action !== undefined;
  }

  /** Whether what becomes of the message hangs on a reply that is under way. */
  get isReplying(): boolean {
    return this.#replying;
  }

  /** The settlement or reply that is on its way to the broker, or was. Never rejects: a failure is reported where it happens. */
  get underWay(): Promise<unknown> | undefined {
    return this.#underWay;
  }

  /** Settles. Answers whether this call did it; rejects where the broker did not take it. */
  async settle(settlement: Settlement): Promise<boolean> {
    return this.begin(settlement) && await this.#answerTo(this.#underWay);
  }

  /** Settles, and lets whoever minds wait for {@linkcode underWay}. Answers whether this call does it. */
  begin(settlement: Settlement): boolean {
    if (this.#action !== undefined) return false;
    this.#action = PAST[settlement];
    this.#underWay = this.#tell(settlement, this.#action);
    return true;
  }

  /** Acknowledges before anything is done: the message can still be answered, once. */
  async acknowledgeFirst(): Promise<boolean> {
    this.begin("ack");
    this.#answerable = await this.#underWay === true;
    return this.#answerable;
  }

  /**
   * Counts as replied once `send` has answered the message; acknowledges it too, unless `send` did both at once and says
   * so. Where `send` fails, nothing has happened. `send` is told whether the message is still to be acknowledged.
   */
  reply(send: (isOpen: boolean) => Promise<DeliveryResult | undefined>): Promise<boolean> {
    if (!this.#answerable && this.#action !== undefined) return Promise.resolve(false);
    const replying = this.#answerable ? this.#answerOnly(send) : this.#reply(send);
    // Where it fails, whatever is done instead is under way.
    const underWay: Promise<unknown> = replying.catch(() =>
      this.#underWay === underWay ? undefined : this.#underWay
    );
    this.#underWay = underWay;
    return replying;
  }

  async #reply(send: (isOpen: boolean) => Promise<DeliveryResult | undefined>): Promise<boolean> {
    this.#action = "replied";
    this.#replying = true;
    let result: DeliveryResult | undefined;
    try {
      result = await send(true);
    } catch (error) {
      this.#action = undefined;
      this.#replying = false;
      // It was decided meanwhile what becomes of the message without a reply.
      if (this.#committed) this.commit();
      throw error;
    }
    this.#replying = false;
    if (result !== undefined) return this.#told("replied", result);
    return await this.#answerTo(this.#tell("ack", "replied"));
  }

  /** Says what will become of the message unless somebody settles it first. */
  propose(settlement: Settlement | undefined): void {
    this.#proposed = settlement;
  }

  /** Does what was proposed, unless somebody settled the message meanwhile. */
  commit(): void {
    this.#committed = true;
    if (this.#proposed !== undefined) this.begin(this.#proposed);
  }

  async #answerOnly(send: (isOpen: boolean) => Promise<unknown>): Promise<boolean> {
    this.#answerable = false;
    try {
      await send(false);
      return true;
    } catch (error) {
      this.#answerable = true;
      throw error;
    }
  }

  /** What the broker answered; rejects where it did not take it. */
  async #answerTo(telling: Promise<unknown> | undefined): Promise<boolean> {
    const isDone = await telling;
    if (this.#failure) throw this.#failure.error;
    return isDone === true;
  }

  /** Tells the broker, again where it may be away for a moment. Never rejects: what went wrong is kept in `#failure`. */
  #tell(settlement: Settlement, action: MessageAction, attempt = 1): Promise<boolean> {
    return promised(() => this.#delivery.settle(settlement)).then(
      (result) => this.#told(action, result),
      (error) => this.#tellAgain(settlement, action, attempt, error),
    );
  }

  async #tellAgain(
    settlement: Settlement,
    action: MessageAction,
    attempt: number,
    error: unknown,
  ): Promise<boolean> {
    const { clock, report, isRetriable, random = Math.random, ended = NEVER } = this.#options;
    if (attempt < ATTEMPTS && !ended.aborted && isRetriable(error)) {
      await delay(clock, backoff(attempt, { ...RETRY_DELAY, random }), ended);
      return await this.#tell(settlement, action, attempt + 1);
    }
    report("message.settle.error", { ...this.#where(action), error });
    this.#failure = { error };
    return false;
  }

  #told(action: MessageAction, result: DeliveryResult): boolean {
    if (result === "lost") this.#options.report("message.settle.lost", this.#where(action));
    return result === "done";
  }

  #where(action: MessageAction): { channel: string; messageId: string | undefined; action: string } {
    return { channel: this.#delivery.channel, messageId: this.#delivery.messageId, action };
  }
}
