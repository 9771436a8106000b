/**
 * Acknowledgements and deadlines: what is told about messages in one turn of the event loop travels in one request.
 * @module
 */
import { setImmediate } from "node:timers";
import type { BackoffOptions } from "../../_internal/backoff.ts";
import type { Clock } from "../../_internal/clock.ts";
import type { DeliveryResult } from "../../server.ts";
import { acknowledge, errorInfo, modifyAckDeadline, status } from "./protocol.ts";
import { retrying, type RetryOptions } from "./retry.ts";
import { type CallFailure, type Rpc, toError } from "./rpc.ts";
import { CODES, consequenceOf } from "./status.ts";

/** What is told about a message: `ack`, or how many seconds from now it stays ours. */
export type Verdict = "ack" | number;

/** Somebody's message. */
export interface Item {
  readonly ackId: string;
  /** Called before the answer is passed on: whether the service has it, or whether it may be told again. */
  told?(isTold: boolean): void;
}

/** What became of those of a batch that are not simply done: lost, or the error. Mostly there are none. */
type Fates = Map<Item, "lost" | Error>;

/** What is told in one request. One promise for all, from which each message derives its own. */
interface Batch {
  readonly subscription: string;
  readonly verdict: Verdict;
  readonly items: Item[];
  readonly fates: PromiseWithResolvers<Fates>;
  bytes: number;
}

/** Well below the service's limits of a request: 512 KiB. */
const MOST_IDS = 1_000;
const MOST_BYTES = 400_000;

/** For all tries of one request together, in milliseconds. */
const TIMEOUT = 10_000;

/** What calls are made with, and when to give up. */
export interface CallParts {
  readonly rpc: Rpc;
  readonly clock: Clock;
  /** The delays between tries. */
  readonly delays: BackoffOptions;
  /** Aborted when the channel closes: nothing is tried again then. */
  readonly signal: AbortSignal;
}

/** Gathers and sends. Used by one server only. */
export class Control {
  readonly #parts: CallParts;
  readonly #batches = new Set<Batch>();
  readonly #sending = new Set<Promise<void>>();
  #isScheduled = false;

  /** Nothing is told yet. */
  constructor(parts: CallParts) {
    this.#parts = parts;
  }

  /** Tells it, with everything else of this turn. Resolves once the service has it. */
  tell(subscription: string, item: Item, verdict: Verdict): Promise<DeliveryResult> {
    const batch = this.#batchOf(subscription, verdict);
    batch.items.push(item);
    batch.bytes += item.ackId.length + 4;
    if (batch.items.length >= MOST_IDS || batch.bytes >= MOST_BYTES) this.#flush(batch);
    else if (!this.#isScheduled) this.#schedule();
    return batch.fates.promise.then((fates) => {
      const fate = fates.get(item) ?? "done";
      if (fate instanceof Error) throw fate;
      return fate;
    });
  }

  /** There are few: one for each kind of verdict of a turn. */
  #batchOf(subscription: string, verdict: Verdict): Batch {
    for (const batch of this.#batches) {
      if (batch.verdict === verdict && batch.subscription === subscription) return batch;
    }
    const batch: Batch = {
      subscription,
      verdict,
      items: [],
      fates: Promise.withResolvers(),
      bytes: 0,
    };
    this.#batches.add(batch);
    return batch;
  }

  /** Resolves once everything told so far has been answered. */
  async idle(): Promise<void> {
    for (const batch of this.#batches) this.#flush(batch);
    await Promise.all(this.#sending);
  }

  #schedule(): void {
    this.#isScheduled = true;
    setImmediate(() => {
      this.#isScheduled = false;
      for (const batch of this.#batches) this.#flush(batch);
    });
  }

  #flush(batch: Batch): void {
    this.#batches.delete(batch);
    const sending = this.#settle(batch);
    this.#sending.add(sending);
    void sending.finally(() => this.#sending.delete(sending));
  }

  async #settle(batch: Batch): Promise<void> {
    const fates: Fates = new Map();
    await this.#send(batch, batch.items, fates);
    for (const item of batch.items) item.told?.(!(fates.get(item) instanceof Error));
    batch.fates.resolve(fates);
  }

  /** Never rejects: each item has a fate of its own. */
  async #send(batch: Batch, items: readonly Item[], fates: Fates): Promise<void> {
    try {
      const isJudged = (failure: CallFailure): boolean => verdictsOf(failure).size > 0;
      const options: RetryOptions = { ...this.#parts, operation: "settle", timeout: TIMEOUT, isJudged };
      await retrying((timeout) => this.#call(batch, items, timeout), options);
    } catch (error) {
      await this.#failed(batch, items, { failure: error as CallFailure, fates });
    }
  }

  #call({ subscription, verdict }: Batch, items: readonly Item[], timeout: number): Promise<unknown> {
    const request = { subscription, ackIds: items.map(({ ackId }) => ackId) };
    if (verdict === "ack") return this.#parts.rpc.call(acknowledge, request, { timeout });
    // Zero is what an absent field means, and is not written.
    const deadline = verdict === 0 ? {} : { ackDeadlineSeconds: verdict };
    return this.#parts.rpc.call(modifyAckDeadline, { ...request, ...deadline }, { timeout });
  }

  async #failed(
    batch: Batch,
    items: readonly Item[],
    { failure, fates }: { readonly failure: CallFailure; readonly fates: Fates },
  ): Promise<void> {
    const verdicts = verdictsOf(failure);
    if (verdicts.size > 0) return judge(batch, items, { failure, verdicts, fates });
    const consequence = consequenceOf("settle", failure.code, failure.details);
    if (consequence === "split" && items.length > 1) {
      const middle = items.length >> 1;
      const halves = [items.slice(0, middle), items.slice(middle)];
      await Promise.all(halves.map((half) => this.#send(batch, half, fates)));
      return;
    }
    const isLost = consequence === "lost" || consequence === "split";
    const fate = isLost ? "lost" : toError("settle", batch.subscription, failure);
    for (const item of items) fates.set(item, fate);
  }
}

/** On an exactly-once subscription the service says of each id what became of it. */
function judge(
  { subscription }: Batch,
  items: readonly Item[],
  { failure, verdicts, fates }: {
    readonly failure: CallFailure;
    readonly verdicts: ReadonlyMap<string, string>;
    readonly fates: Fates;
  },
): void {
  // Whoever settles tries again where it may pass.
  const passing = toError("settle", subscription, { ...failure, code: CODES.UNAVAILABLE });
  for (const item of items) {
    const verdict = verdicts.get(item.ackId);
    if (verdict === undefined) continue;
    fates.set(item, verdict.startsWith("TRANSIENT_FAILURE_") ? passing : "lost");
  }
}

/** What the service says of single ids: `PERMANENT_FAILURE_INVALID_ACK_ID`, `TRANSIENT_FAILURE_…`. */
function verdictsOf({ statusDetails }: CallFailure): ReadonlyMap<string, string> {
  const verdicts = new Map<string, string>();
  if (!statusDetails) return verdicts;
  for (const { typeUrl, value } of status.decode(statusDetails).details) {
    if (!typeUrl.endsWith("/google.rpc.ErrorInfo")) continue;
    for (const [ackId, verdict] of Object.entries(errorInfo.decode(value).metadata)) {
      if (/^(PERMANENT|TRANSIENT)_FAILURE_/.test(verdict)) verdicts.set(ackId, verdict);
    }
  }
  return verdicts;
}
