/**
 * How far a worker of this process has come.
 * @module
 */

/** What was handled, and who waits for it. */
export class Progress {
  readonly #patience: number;
  readonly #bodies = new Set<string>();
  #waiting: { readonly count: number; readonly resolve: () => void }[] = [];
  #times = 0;

  /** How long it may stand still, in milliseconds. */
  constructor(patience: number) {
    this.#patience = patience;
  }

  /** Different messages. */
  get size(): number {
    return this.#bodies.size;
  }

  /** Handled more than once, counting each time but the first. */
  get duplicates(): number {
    return this.#times - this.#bodies.size;
  }

  /** Whether a message was handled. */
  has(body: string): boolean {
    return this.#bodies.has(body);
  }

  /** A message is being handled. */
  add(body: string): void {
    this.#times++;
    this.#bodies.add(body);
    const reached = this.#waiting.filter(({ count }) => count <= this.size);
    if (reached.length === 0) return;
    this.#waiting = this.#waiting.filter(({ count }) => count > this.size);
    for (const { resolve } of reached) resolve();
  }

  /** Resolves when so many are handled; rejects where the worker does not get on. */
  async reaches(count: number): Promise<void> {
    if (this.size >= count) return;
    const reached = Promise.withResolvers<void>();
    this.#waiting.push({ count, resolve: reached.resolve });
    let last = this.size;
    const watch = setInterval(() => {
      if (this.size === last) {
        reached.reject(new Error(`Cannot go on as the worker stays at ${last} on its way to ${count}`));
      }
      last = this.size;
    }, this.#patience);
    await reached.promise.finally(() => clearInterval(watch));
  }
}
