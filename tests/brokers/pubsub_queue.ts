/**
 * One subscription of {@linkcode PubsubService}: what waits, and what is in whose hands until when.
 * @module
 */
import { Deque } from "../../src/_internal/deque.ts";
import type { PubsubMessage, ReceivedMessage } from "../../src/servers/pubsub/protocol.ts";

/** How a subscription is. */
export interface QueueOptions {
  /** Says of each acknowledgement whether it counted. */
  readonly isExactlyOnce?: boolean;
  /** Counts deliveries, as subscriptions with a dead-letter policy do. */
  readonly countsDeliveries?: boolean;
}

/** An open stream. */
export interface Consumer {
  /** How many messages it may have in its hands at once. */
  readonly most: number;
  /** How long they are its own, in milliseconds. */
  readonly deadline: number;
  readonly send: (messages: readonly ReceivedMessage[]) => void;
}

interface Entry {
  readonly message: PubsubMessage;
  attempt: number;
}

interface Held extends Entry {
  readonly consumer: Consumer;
  expires: number;
}

/** The most messages of one response. */
const MOST_AT_ONCE = 1_000;

let published = 0;

/** Everything of one subscription, in memory. */
export class PubsubQueue {
  readonly options: QueueOptions;
  readonly #waiting = new Deque<Entry>();
  /** What came back since the last time something was handed over. */
  #returned: Entry[] = [];
  readonly #held = new Map<string, Held>();
  /** Consumers, each with how much it has in its hands. */
  readonly #consumers = new Map<Consumer, number>();
  #isScheduled = false;

  constructor(options: QueueOptions) {
    this.options = options;
  }

  /** One more. Answers its id. */
  add(message: PubsubMessage): string {
    const messageId = String(++published);
    this.#waiting.push({ message: { ...message, messageId }, attempt: 0 });
    this.#schedule();
    return messageId;
  }

  /** Whether it was in somebody's hands. */
  acknowledge(ackId: string): boolean {
    return this.#take(ackId) !== undefined;
  }

  /** Whether it was in somebody's hands. After no time at all it waits again. */
  modify(ackId: string, ms: number): boolean {
    const held = this.#held.get(ackId);
    if (!held) return false;
    if (ms > 0) held.expires = performance.now() + ms;
    else this.#giveBack(ackId);
    return true;
  }

  /** A consumer comes; answers how it leaves. What is in its hands stays there until the leases end. */
  join(consumer: Consumer): () => void {
    this.#consumers.set(consumer, 0);
    this.#schedule();
    return () => void this.#consumers.delete(consumer);
  }

  /** Hands over whatever there is room for, one consumer after another. */
  flush(): void {
    this.#isScheduled = false;
    if (this.#returned.length > 0) {
      this.#waiting.unshift(this.#returned.toSorted((a, b) => idOf(a) - idOf(b)));
      this.#returned = [];
    }
    for (const [consumer, inHands] of this.#consumers) {
      const messages: ReceivedMessage[] = [];
      const most = Math.min(consumer.most - inHands, MOST_AT_ONCE);
      while (messages.length < most) {
        const entry = this.#waiting.shift();
        if (!entry) break;
        messages.push(this.#hand(entry, consumer));
      }
      if (messages.length === 0) continue;
      this.#consumers.set(consumer, inHands + messages.length);
      consumer.send(messages);
    }
  }

  /** Looks whose leases are over. */
  expire(now: number = performance.now()): void {
    for (const [ackId, { expires }] of this.#held) if (now >= expires) this.#giveBack(ackId);
  }

  /** Forgets everything. */
  close(): void {
    this.#consumers.clear();
  }

  #hand({ message, attempt }: Entry, consumer: Consumer): ReceivedMessage {
    const ackId = `${message.messageId}-${attempt}`;
    const expires = performance.now() + consumer.deadline;
    this.#held.set(ackId, { message, attempt: attempt + 1, consumer, expires });
    return { ackId, message, deliveryAttempt: this.options.countsDeliveries ? attempt + 1 : 0 };
  }

  #take(ackId: string): Held | undefined {
    const held = this.#held.get(ackId);
    if (!held) return undefined;
    this.#held.delete(ackId);
    const inHands = this.#consumers.get(held.consumer);
    if (inHands !== undefined) this.#consumers.set(held.consumer, inHands - 1);
    return held;
  }

  #giveBack(ackId: string): void {
    const held = this.#take(ackId);
    if (!held) return;
    const { message, attempt } = held;
    this.#returned.push({ message, attempt });
    this.#schedule();
  }

  #schedule(): void {
    if (this.#isScheduled) return;
    this.#isScheduled = true;
    setImmediate(() => this.flush());
  }
}

function idOf({ message }: Entry): number {
  return Number(message.messageId);
}
