/**
 * An abort signal that is made when it is read: most handlers never look at theirs, and a controller costs 1 µs.
 * @module
 */

/** What is aborted, and the signal of it on demand. */
export class LazySignal {
  #controller: AbortController | undefined;
  #aborted = false;
  #reason: unknown;

  /** Whether it is aborted. */
  get aborted(): boolean {
    return this.#aborted;
  }

  /** Why it is aborted. */
  get reason(): unknown {
    return this.#reason;
  }

  /** The signal itself; always the same one. */
  get signal(): AbortSignal {
    if (!this.#controller) {
      this.#controller = new AbortController();
      if (this.#aborted) this.#controller.abort(this.#reason);
    }
    return this.#controller.signal;
  }

  /** Aborts it. Only the first call counts. */
  abort(reason: unknown): void {
    if (this.#aborted) return;
    this.#aborted = true;
    this.#reason = reason;
    this.#controller?.abort(reason);
  }

  /** @throws The reason, if it is aborted. */
  throwIfAborted(): void {
    if (this.#aborted) throw this.#reason;
  }
}
