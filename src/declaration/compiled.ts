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

/** Something made from a declaration, made anew when an override has come or gone. */
export class Compiled<T> {
  readonly #compile: () => T;
  #epoch: number | undefined;
  #made: T | undefined;

  /** Nothing is compiled until somebody asks. */
  constructor(compile: () => T) {
    this.#compile = compile;
  }

  /** What fits what is declared now. */
  get current(): T {
    const epoch = overrideEpoch();
    if (this.#epoch !== epoch) {
      this.#made = this.#compile();
      this.#epoch = epoch;
    }
    return this.#made as T;
  }
}
