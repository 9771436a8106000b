/**
 * The stream on which one subscription of Pub/Sub delivers: kept open, and opened again when Google ends it.
 * @module
 */
import { backoff, type BackoffOptions } from "../../_internal/backoff.ts";
import type { Clock, Timer } from "../../_internal/clock.ts";
import { type ReceivedMessage, streamingPull, type StreamingPullRequest } from "./protocol.ts";
import type { Rpc, RpcStream } from "./rpc.ts";
import { isExpectedEnd, toError } from "./status.ts";

/** What a stream is opened with. */
export interface PullStreamOptions {
  readonly rpc: Rpc;
  /** The subscription's path. */
  readonly path: string;
  readonly clientId: string;
  /** In seconds. */
  readonly leaseDuration: number;
  readonly maxOutstandingBytes: number;
  readonly clock: Clock;
  /** The delays between tries to open it again. */
  readonly delays: BackoffOptions;
  /** Messages came. */
  readonly received: (messages: readonly ReceivedMessage[]) => void;
  /** It is broken: only a new subscription helps, if anything does. */
  readonly broken: (error: unknown) => void;
}

type Stream = RpcStream<StreamingPullRequest>;

/** Quiet streams are cut by the proxies on the way. */
const HEARTBEAT = 25_000;
/** A stream that lived this long was not refused, even if nothing came on it. */
const LONG_LIFE = 10_000;
/** How long the other end may take to end a stream, in milliseconds. */
const DRAIN_TIMEOUT = 250;

/** One stream at a time; two for the moment in which a larger one replaces it. */
export class PullStream {
  readonly #options: PullStreamOptions;
  readonly #ending = new Map<Stream, PromiseWithResolvers<void>>();
  #current: Stream | undefined;
  /** What is asked for, and what the stream at hand was opened with. */
  #wanted = 0;
  #bound = 0;
  /** Whether the stream at hand was taken by the other end: replacing one that was not would only multiply them. */
  #isProven = false;
  /** Ends in a row without a message in between. */
  #emptyEnds = 0;
  #reopening: Timer | undefined;
  #heartbeat: Timer | undefined;
  #isClosed = false;

  constructor(options: PullStreamOptions) {
    this.#options = options;
  }

  /** Whether messages would come now. */
  get isOpen(): boolean {
    return this.#current !== undefined;
  }

  /**
   * The bound of messages that are held at once. It is said when a stream is opened and cannot be changed then: a larger
   * one needs a new stream, which is opened before the old one is ended; a smaller one is not worth it.
   */
  demand(bound: number): void {
    if (this.#isClosed || bound <= this.#wanted) return;
    this.#wanted = bound;
    if (this.#bound === 0) this.#open();
    else this.#grow();
  }

  /** Ends the stream. What arrives until the other end has ended it too is still told. Resolves when nothing comes any more. */
  async drain(): Promise<void> {
    this.#isClosed = true;
    const { clock } = this.#options;
    clock.cancel(this.#heartbeat);
    clock.cancel(this.#reopening);
    if (this.#current) this.#end(this.#current);
    this.#current = undefined;
    await Promise.all([...this.#ending.values()].map(({ promise }) => promise));
  }

  #open(): void {
    const { rpc, path, clientId, leaseDuration, maxOutstandingBytes, clock } = this.#options;
    const openedAt = clock.now();
    this.#isProven = false;
    const stream: Stream = rpc.open(streamingPull, {
      opened: () => this.#proven(stream),
      received: ({ receivedMessages }) => {
        this.#proven(stream);
        if (receivedMessages.length === 0) return;
        this.#emptyEnds = 0;
        this.#options.received(receivedMessages);
      },
      ended: (code, details) => {
        const ending = this.#ending.get(stream);
        ending?.resolve();
        if (this.#current !== stream) return;
        this.#current = undefined;
        const failure = { code, details, statusDetails: undefined };
        const error = toError("receive", path, failure);
        const wasServed = this.#isProven || clock.now() - openedAt >= LONG_LIFE;
        if (isExpectedEnd(code, details) || error.isRetriable && wasServed) this.#reopen();
        else this.#break(error);
      },
    });
    this.#current = stream;
    this.#bound = this.#wanted;
    stream.write({
      subscription: path,
      streamAckDeadlineSeconds: leaseDuration,
      clientId,
      maxOutstandingMessages: this.#bound,
      ...(maxOutstandingBytes === 0 ? {} : { maxOutstandingBytes }),
    });
    clock.cancel(this.#heartbeat);
    this.#heartbeat = clock.schedule(HEARTBEAT, () => this.#beat());
  }

  #proven(stream: Stream): void {
    if (this.#current !== stream || this.#isProven) return;
    this.#isProven = true;
    this.#grow();
  }

  #grow(): void {
    const old = this.#current;
    if (!old || !this.#isProven || this.#wanted <= this.#bound) return;
    this.#open();
    this.#end(old);
  }

  #beat(): void {
    const { clock, leaseDuration } = this.#options;
    this.#current?.write({ streamAckDeadlineSeconds: leaseDuration });
    this.#heartbeat = clock.schedule(HEARTBEAT, () => this.#beat());
  }

  /** An expected end: reopened at once without a report, but never in a tight loop. */
  #reopen(): void {
    const { clock, delays } = this.#options;
    const ms = this.#emptyEnds === 0 ? 0 : backoff(this.#emptyEnds, delays);
    this.#emptyEnds++;
    this.#reopening = clock.schedule(ms, () => {
      this.#reopening = undefined;
      this.#open();
    });
  }

  #break(error: unknown): void {
    this.#options.clock.cancel(this.#heartbeat);
    this.#isClosed = true;
    this.#options.broken(error);
  }

  #end(stream: Stream): void {
    const { clock } = this.#options;
    const ending = Promise.withResolvers<void>();
    this.#ending.set(stream, ending);
    stream.end();
    const timer = clock.schedule(DRAIN_TIMEOUT, () => {
      stream.cancel();
      ending.resolve();
    });
    void ending.promise.then(() => {
      clock.cancel(timer);
      this.#ending.delete(stream);
    });
  }
}
