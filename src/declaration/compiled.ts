/**
 * What is made from declarations and made again when a dependency is overridden.
 * @module
 */

/** Counts the overrides that began or ended anywhere. */
let epoch = 0;

/** Changes whenever any dependency is overridden or its override ends. */
export function overrideEpoch(): number {
  return epoch;
}

/** Counts an override that began or ended: everything compiled before is stale. */
export function countOverride(): void {
  epoch++;
}

/** Something that is made from a declaration, and made again after an override began or ended. */
export class Compiled<T> {
  readonly #compile: () => T;
  #epoch: number | undefined;
  #made: T | undefined;

  /** Compiles nothing before {@linkcode current} is read. */
  constructor(compile: () => T) {
    this.#compile = compile;
  }

  /** What was made from the current declaration. */
  get current(): T {
    const epoch = overrideEpoch();
    if (this.#epoch !== epoch) {
      this.#made = this.#compile();
      this.#epoch = epoch;
    }
    return this.#made as T;
  }
}
