/**
 * The settlement of one message: at most once, by the first who asks for it, tried again while the broker is unavailable.
 *
 * | state | meaning | next |
 * | --- | --- | --- |
 * | `open` | nothing was sent to the broker | `replying`, `settled` |
 * | `acknowledged` | acknowledged before the handler ran (`ack_first`); one reply is still allowed | `replying` |
 * | `replying` | a reply is under way; if it fails, the state before it returns | `settled`, or back |
 * | `settled` | the settlement is being sent, or was sent | – |
 *
 * The {@linkcode MessageSettlement.verdict verdict} is what is to be done: a failed attempt only says it, as a middleware may
 * still try again. The {@linkcode MessageSettlement.action action} is what has been done or will be.
 * @module
 */
import { backoff } from "../_internal/backoff.ts";
import { type Clock, delay, endingWithin } from "../_internal/clock.ts";
import { ignore, promised } from "../_internal/maybe_promise.ts";
import type { Report } from "../contract/events.ts";
import type { Delivery, DeliveryResult, Settlement } from "../contract/server.ts";
import { isSettlement, type ManualAction } from "../declaration/confirmation.ts";
import type { MessageAction } from "../declaration/message.ts";

/** What a settlement needs to know of its worker. */
export interface SettlementOptions {
  readonly clock: Clock;
  readonly report: Report;
  /** The server's own judgement of its errors. */
  readonly isRetriable: (error: unknown) => boolean;
  /** The random numbers in delays. Defaults to `Math.random`. */
  readonly random?: (() => number) | undefined;
  /** Aborted when everything is closed: settling is not tried again. */
  readonly ended?: AbortSignal | undefined;
}

/** What is to be done with a message; `asking` while a policy is asked. */
export type Verdict = ManualAction | "asking";

/** Publishes a reply. Answers what the broker said if it acknowledged the message in the same step. */
export type SendReply = (mustAcknowledge: boolean) => Promise<DeliveryResult | undefined>;

const PAST: Readonly<Record<Settlement, MessageAction>> = {
  ack: "acked",
  nack: "nacked",
  reject: "rejected",
};

/** How often a settlement is tried. */
const TRIES = 4;
const RETRY_DELAY = { first: 100, longest: 1_000 };

/** What the broker answered, or why it did not take the settlement, not even at the last try. */
type Answer = DeliveryResult | { readonly error: unknown };

/** The settlement of one message. */
export class MessageSettlement {
  /** What is to be done; `undefined` while that is not decided. Only its run writes it. */
  verdict: Verdict | undefined;
  readonly #delivery: Delivery;
  readonly #options: SettlementOptions;
  #state: "open" | "acknowledged" | "replying" | "settled" = "open";
  #action: MessageAction | undefined;
  #sent: Promise<unknown> | undefined;
  /** What to do instead if the reply that is under way fails. */
  #afterReply: Settlement | undefined;

  constructor(delivery: Delivery, options: SettlementOptions) {
    this.#delivery = delivery;
    this.#options = options;
  }

  /** What was done with the message, or will be. */
  get action(): MessageAction | undefined {
    return this.#action ?? (isSettlement(this.verdict) ? PAST[this.verdict] : undefined);
  }

  /** Whether nothing can change any more what is done with the message. A reply that is under way may still fail. */
  get isSettled(): boolean {
    return this.#action !== undefined && !(this.#state === "replying" && this.#action === "replied");
  }

  /** The settlement or reply that was sent to the broker. Never rejects: a failure is reported where it happens. */
  get sent(): Promise<unknown> | undefined {
    return this.#sent;
  }

  /** Resolves when the broker has answered; `undefined` if there is nothing to wait for. A reply is waited for only so long. */
  answeredWithin(replyTimeout: number): Promise<unknown> | undefined {
    if (this.#state !== "replying" || !this.#sent) return this.#sent;
    if (replyTimeout === 0) return undefined;
    const { clock, ended } = this.#options;
    const waiting = endingWithin(this.#sent, { clock, ms: replyTimeout, what: "The reply", ended });
    return waiting.catch(ignore);
  }

  /** Settles and waits for the broker. Answers whether this call did it; rejects if the broker did not take it. */
  async settle(settlement: Settlement): Promise<boolean> {
    if (this.#state !== "open") return false;
    return succeeded(await this.#send(settlement));
  }

  /** Starts what the verdict says, if it says anything. */
  commit(): void {
    if (isSettlement(this.verdict)) this.begin(this.verdict);
  }

  /** Starts settling, or notes what to do if the reply that is under way fails. Await {@linkcode sent} for the broker's answer. */
  begin(action: Settlement): void {
    if (this.#state === "open") void this.#send(action);
    else if (this.#state === "replying") this.#afterReply = action;
  }

  /** Acknowledges before the handler runs: the message can still be answered, once. Answers whether the broker took it. */
  async acknowledgeFirst(): Promise<boolean> {
    const isAcknowledged = await this.#send("ack") === "done";
    if (isAcknowledged) this.#state = "acknowledged";
    return isAcknowledged;
  }

  /**
   * Replies, and acknowledges unless that is done already: by the broker in one step with the reply, or before the handler
   * ran. Answers whether this call did it. If the reply fails, the message is as it was before.
   */
  reply(send: SendReply): Promise<boolean> {
    if (this.#state !== "open" && this.#state !== "acknowledged") return Promise.resolve(false);
    const replying = this.#reply(send, this.#state);
    // If it fails, what is done instead is waited for.
    const sent: Promise<unknown> = replying.catch(() => this.#sent === sent ? undefined : this.#sent);
    this.#sent = sent;
    return replying;
  }

  async #reply(send: SendReply, before: "open" | "acknowledged"): Promise<boolean> {
    const mustAcknowledge = before === "open";
    this.#state = "replying";
    if (mustAcknowledge) this.#action = "replied";
    let result: DeliveryResult | undefined;
    try {
      result = await send(mustAcknowledge);
    } catch (error) {
      this.#state = before;
      if (mustAcknowledge) this.#action = undefined;
      if (this.#afterReply) this.begin(this.#afterReply);
      throw error;
    }
    this.#state = "settled";
    if (!mustAcknowledge) return true;
    return succeeded(
      result === undefined ? await this.#tell("ack", "replied") : this.#told("replied", result),
    );
  }

  #send(settlement: Settlement): Promise<Answer> {
    this.#state = "settled";
    this.#action = PAST[settlement];
    const sent = this.#tell(settlement, this.#action);
    this.#sent = sent;
    return sent;
  }

  /** Tells the broker, and again if the failure may pass. Never rejects. */
  #tell(
    settlement: Settlement,
    action: MessageAction,
    tries = 1,
  ): Promise<Answer> {
    return promised(() => this.#delivery.settle(settlement)).then(
      (result) => this.#told(action, result),
      (error) => this.#tellAgain(settlement, action, tries, error),
    );
  }

  async #tellAgain(
    settlement: Settlement,
    action: MessageAction,
    tries: number,
    error: unknown,
  ): Promise<Answer> {
    const { clock, report, isRetriable, random = Math.random, ended } = this.#options;
    if (tries < TRIES && !ended?.aborted && isRetriable(error)) {
      await delay(clock, backoff(tries, { ...RETRY_DELAY, random }), ended);
      return await this.#tell(settlement, action, tries + 1);
    }
    report("message.settle.error", { ...this.#where(action), error });
    return { error };
  }

  #told(action: MessageAction, result: DeliveryResult): DeliveryResult {
    if (result === "lost") this.#options.report("message.settle.lost", this.#where(action));
    return result;
  }

  #where(action: MessageAction): { channel: string; messageId: string | undefined; action: string } {
    return { channel: this.#delivery.channel, messageId: this.#delivery.messageId, action };
  }
}

/** Whether the broker did it. Throws why it did not take it. */
function succeeded(answer: Answer): boolean {
  if (typeof answer === "object") throw answer.error;
  return answer === "done";
}
