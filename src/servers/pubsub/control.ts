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

interface Item {
  readonly ackId: string;
  readonly told: ((isTold: boolean) => void) | undefined;
  readonly resolve: (result: DeliveryResult) => void;
  readonly reject: (error: unknown) => void;
}

interface Batch {
  readonly subscription: string;
  readonly verdict: Verdict;
  items: Item[];
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

  /**
   * Tells it, with everything else of this turn. Resolves once the service has it; `told` is called just before, with whether
   * anything came of it.
   */
  tell(
    subscription: string,
    ackId: string,
    verdict: Verdict,
    told?: (isTold: boolean) => void,
  ): Promise<DeliveryResult> {
    return new Promise((resolve, reject) => {
      const batch = this.#batchOf(subscription, verdict);
      batch.items.push({ ackId, told, resolve, reject });
      batch.bytes += ackId.length + 4;
      if (batch.items.length >= MOST_IDS || batch.bytes >= MOST_BYTES) this.#flush(batch);
      else if (!this.#isScheduled) this.#schedule();
    });
  }

  /** There are few: one for each kind of verdict of a turn. */
  #batchOf(subscription: string, verdict: Verdict): Batch {
    for (const batch of this.#batches) {
      if (batch.verdict === verdict && batch.subscription === subscription) return batch;
    }
    const batch: Batch = { subscription, verdict, items: [], bytes: 0 };
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
    const sending = this.#send(batch, batch.items).finally(() => this.#sending.delete(sending));
    this.#sending.add(sending);
  }

  /** Never rejects: each item is told its own fate. */
  async #send(batch: Batch, items: readonly Item[]): Promise<void> {
    try {
      const isJudged = (failure: CallFailure): boolean => verdictsOf(failure).size > 0;
      const options: RetryOptions = { ...this.#parts, operation: "settle", timeout: TIMEOUT, isJudged };
      await retrying((timeout) => this.#call(batch, items, timeout), options);
      for (const item of items) settled(item, "done");
    } catch (error) {
      await this.#failed(batch, items, error as CallFailure);
    }
  }

  #call({ subscription, verdict }: Batch, items: readonly Item[], timeout: number): Promise<unknown> {
    const request = { subscription, ackIds: items.map(({ ackId }) => ackId) };
    if (verdict === "ack") return this.#parts.rpc.call(acknowledge, request, { timeout });
    // Zero is what an absent field means, and is not written.
    const deadline = verdict === 0 ? {} : { ackDeadlineSeconds: verdict };
    return this.#parts.rpc.call(modifyAckDeadline, { ...request, ...deadline }, { timeout });
  }

  async #failed(batch: Batch, items: readonly Item[], failure: CallFailure): Promise<void> {
    const verdicts = verdictsOf(failure);
    if (verdicts.size > 0) return judge(batch, items, failure, verdicts);
    const consequence = consequenceOf("settle", failure.code, failure.details);
    if (consequence === "split" && items.length > 1) {
      const middle = items.length >> 1;
      await Promise.all([items.slice(0, middle), items.slice(middle)].map((part) => this.#send(batch, part)));
      return;
    }
    const isLost = consequence === "lost" || consequence === "split";
    const error = isLost ? undefined : toError("settle", batch.subscription, failure);
    for (const item of items) error ? failed(item, error) : settled(item, "lost");
  }
}

function settled({ told, resolve }: Item, result: DeliveryResult): void {
  told?.(true);
  resolve(result);
}

function failed({ told, reject }: Item, error: unknown): void {
  told?.(false);
  reject(error);
}

/** On an exactly-once subscription the service says of each id what became of it. */
function judge(
  { subscription }: Batch,
  items: readonly Item[],
  failure: CallFailure,
  verdicts: ReadonlyMap<string, string>,
): void {
  // Whoever settles tries again where it may pass.
  const passing = toError("settle", subscription, { ...failure, code: CODES.UNAVAILABLE });
  for (const item of items) {
    const verdict = verdicts.get(item.ackId);
    if (verdict === undefined) settled(item, "done");
    else if (verdict.startsWith("TRANSIENT_FAILURE_")) failed(item, passing);
    else settled(item, "lost");
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
