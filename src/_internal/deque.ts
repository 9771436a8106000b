/**
 * A queue with two ends.
 * @module
 */

/** How many taken places are kept before the rest is moved up. */
const SLACK = 1_024;

/** First in, first out, without moving everything at each step. */
export class Deque<T> {
  #items: (T | undefined)[] = [];
  #head = 0;

  /** How many there are. */
  get size(): number {
    return this.#items.length - this.#head;
  }

  /** Adds one at the end. */
  push(item: T): void {
    this.#items.push(item);
  }

  /** Puts some before the first, in their order. */
  unshift(items: readonly T[]): void {
    this.#items = [...items, ...this.#items.slice(this.#head)];
    this.#head = 0;
  }

  /** All of them, the first first. */
  *values(): Generator<T> {
    // Between its ends there is nothing that was taken.
    for (let index = this.#head; index < this.#items.length; index++) yield this.#items[index] as T;
  }

  /** Takes the first; `undefined` where there is none. */
  shift(): T | undefined {
    if (this.size === 0) return undefined;
    const item = this.#items[this.#head];
    this.#items[this.#head++] = undefined;
    if (this.#head >= SLACK && this.#head * 2 >= this.#items.length) {
      this.#items = this.#items.slice(this.#head);
      this.#head = 0;
    }
    return item;
  }
}
