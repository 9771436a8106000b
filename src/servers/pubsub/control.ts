/**
 * Acknowledgements and deadlines: those of one turn of the event loop travel in one request.
 * @module
 */
import { setImmediate } from "node:timers";
import type { DeliveryResult } from "../../contract/server.ts";
import { acknowledge, errorInfo, modifyAckDeadline, status } from "./protocol.ts";
import { type CallParts, retrying, type RetryOptions } from "./retry.ts";
import { type CallFailure, CODES, consequenceOf, toError } from "./status.ts";

/** What is sent about a message: `ack`, or for how many seconds from now its lease lasts. */
export type Verdict = "ack" | number;

/** A message that is settled or whose lease is extended. */
export interface Item {
  readonly ackId: string;
  /** Called before the answer is passed on: `true` if the service has it, `false` if it may be sent again. */
  told?(isTold: boolean): void;
}

/** The results of a batch's messages that are not simply done: lost, an error, or the result of the half that they are in now. */
type Fates = ReadonlyMap<Item, "lost" | Error | Promise<Fates>>;

/** Mostly. */
const ALL_DONE: Fates = new Map();

/** One request. It has one promise, from which each message derives its own. */
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

/** Gathers and sends. Used by one server only. */
export class Control {
  readonly #parts: CallParts;
  readonly #batches = new Set<Batch>();
  readonly #sending = new Set<Promise<void>>();
  #isScheduled = false;

  /** Nothing is sent yet. */
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
    return fateOf(item, batch.fates.promise);
  }

  /** There are few: one for each kind of verdict of a turn. */
  #batchOf(subscription: string, verdict: Verdict): Batch {
    for (const batch of this.#batches) {
      if (batch.verdict === verdict && batch.subscription === subscription) return batch;
    }
    const batch = newBatch(subscription, verdict, []);
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

  /** Never rejects: each item has its own result. */
  async #settle(batch: Batch): Promise<void> {
    const failure = await this.#send(batch);
    const fates = failure ? fatesOf(batch, failure) : ALL_DONE;
    if (!fates) return await this.#settleHalves(batch);
    for (const item of batch.items) item.told?.(!(fates.get(item) instanceof Error));
    batch.fates.resolve(fates);
  }

  /** Each by itself: what is known of one does not wait for the other, which may be tried again for long. */
  async #settleHalves({ subscription, verdict, items, fates }: Batch): Promise<void> {
    const middle = items.length >> 1;
    const halves = [items.slice(0, middle), items.slice(middle)].map((half) =>
      newBatch(subscription, verdict, half)
    );
    fates.resolve(new Map(halves.flatMap((half) => half.items.map((item) => [item, half.fates.promise]))));
    await Promise.all(halves.map((half) => this.#settle(half)));
  }

  /** Answers how it failed, if it did. */
  async #send(batch: Batch): Promise<CallFailure | undefined> {
    try {
      const isJudged = (failure: CallFailure): boolean => verdictsOf(failure).size > 0;
      const options: RetryOptions = { ...this.#parts, operation: "settle", timeout: TIMEOUT, isJudged };
      await retrying((timeout) => this.#call(batch, timeout), options);
      return undefined;
    } catch (error) {
      return error as CallFailure;
    }
  }

  #call({ subscription, verdict, items }: Batch, timeout: number): Promise<unknown> {
    const request = { subscription, ackIds: items.map(({ ackId }) => ackId) };
    if (verdict === "ack") return this.#parts.rpc.call(acknowledge, request, { timeout });
    // Zero is what an absent field means, and is not written.
    const deadline = verdict === 0 ? {} : { ackDeadlineSeconds: verdict };
    return this.#parts.rpc.call(modifyAckDeadline, { ...request, ...deadline }, { timeout });
  }
}

/** Nothing is known of it yet. */
function newBatch(subscription: string, verdict: Verdict, items: Item[]): Batch {
  return { subscription, verdict, items, fates: Promise.withResolvers(), bytes: 0 };
}

/** The result of one item. */
function fateOf(item: Item, fates: Promise<Fates>): Promise<DeliveryResult> {
  return fates.then((all) => {
    const fate = all.get(item) ?? "done";
    if (fate instanceof Error) throw fate;
    return fate instanceof Promise ? fateOf(item, fate) : fate;
  });
}

/** The results of a batch that failed; `undefined` if one invalid message may have failed it for the others. */
function fatesOf({ subscription, items }: Batch, failure: CallFailure): Fates | undefined {
  const verdicts = verdictsOf(failure);
  if (verdicts.size > 0) return judged(subscription, items, { failure, verdicts });
  const consequence = consequenceOf("settle", failure.code, failure.details);
  if (consequence === "split" && items.length > 1) return undefined;
  const isLost = consequence === "lost" || consequence === "split";
  const fate = isLost ? "lost" : toError("settle", subscription, failure);
  return new Map(items.map((item) => [item, fate]));
}

/** On an exactly-once subscription the service answers for each id. */
function judged(
  subscription: string,
  items: readonly Item[],
  { failure, verdicts }: { readonly failure: CallFailure; readonly verdicts: ReadonlyMap<string, string> },
): Fates {
  // The caller retries what may pass.
  const passing = toError("settle", subscription, { ...failure, code: CODES.UNAVAILABLE });
  const fates = new Map<Item, "lost" | Error>();
  for (const item of items) {
    const verdict = verdicts.get(item.ackId);
    if (verdict === undefined) continue;
    fates.set(item, verdict.startsWith("TRANSIENT_FAILURE_") ? passing : "lost");
  }
  return fates;
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
