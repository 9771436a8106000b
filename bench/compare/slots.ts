/**
 * Handling so many at once, for clients used by hand.
 * @module
 */
import type { Handle } from "./contender.ts";
import type { Body } from "./body.ts";

/** Slots that are free or taken; a loop waits for a free one. */
export class Slots {
  #free: number;
  #freed: (() => void) | undefined;

  constructor(count: number) {
    this.#free = count;
  }

  get free(): number {
    return this.#free;
  }

  /** Resolves when one is free. */
  async available(): Promise<void> {
    while (this.#free <= 0) await new Promise<void>((resolve) => this.#freed = resolve);
  }

  take(count: number): void {
    this.#free -= count;
  }

  release(count: number): void {
    this.#free += count;
    this.#freed?.();
    this.#freed = undefined;
  }
}

/** Handles, then calls; without a promise where the handler answers none. */
export function handleThen(handle: Handle, body: Body, done: () => void): void {
  const handling = handle(body);
  if (handling) void handling.then(done);
  else done();
}
