/**
 * Refuses unknown options, and values that are not functions, where they are given. A misspelt option would be ignored otherwise.
 * @module
 */

/** Every option that there is, by name: the compiler wants all of them, and no other. */
export type KnownOptions<T> = Readonly<Record<keyof T, true>>;

/**
 * Refuses options whose names are not known, and names the one that was probably meant. `doing` is what fails then:
 * `"run a worker"`.
 *
 * @throws {TypeError} If there is an option of another name, or the options are not an object.
 */
export function refuseUnknown(doing: string, options: object, known: KnownOptions<object>): void {
  if (typeof options !== "object" || options === null) {
    throw new TypeError(`Cannot ${doing} as its options are not an object: ${String(options)}`);
  }
  // No array and no function: this is asked for each message that is sent.
  for (const name in options) {
    if (known[name as never] !== true) throw unknownOption(doing, name, known);
  }
}

function unknownOption(doing: string, unknown: string, known: KnownOptions<object>): TypeError {
  const names = Object.keys(known);
  const meant = closestName(unknown, names);
  const hint = meant === undefined ? `but ${names.join(", ")}` : `did you mean ${meant}?`;
  return new TypeError(`Cannot ${doing} as there is no such option: ${unknown}, ${hint}`);
}

/**
 * Refuses what is to be called and cannot be.
 *
 * @throws {TypeError} If one of them is neither a function nor `undefined`.
 */
export function refuseNoFunction(doing: string, functions: Readonly<Record<string, unknown>>): void {
  for (const [name, value] of Object.entries(functions)) {
    if (value === undefined || typeof value === "function") continue;
    throw new TypeError(`Cannot ${doing} as ${name} is not a function: ${typeof value}`);
  }
}

/** The name that was probably meant by an unknown one; `undefined` if none is close. */
export function closestName(unknown: string, names: readonly string[]): string | undefined {
  return names.find((name) => areClose(unknown, name));
}

/** Whether one is the other but for capitals, underscores, the order of letters, and a few letters. */
function areClose(one: string, other: string): boolean {
  const [a, b] = [one, other].map((name) => name.toLowerCase().replaceAll(/[_-]/g, "")) as [string, string];
  return [...a].sort().join() === [...b].sort().join() ||
    distance(a, b) <= Math.min(2, Math.floor(b.length / 3));
}

/** How many letters must come, go or change to make one of the other. */
function distance(a: string, b: string): number {
  let row = Array.from({ length: b.length + 1 }, (_, j) => j);
  for (let i = 1; i <= a.length; i++) {
    const next = [i];
    for (let j = 1; j <= b.length; j++) {
      const change = (row[j - 1] ?? 0) + (a[i - 1] === b[j - 1] ? 0 : 1);
      next.push(Math.min(change, (row[j] ?? 0) + 1, (next[j - 1] ?? 0) + 1));
    }
    row = next;
  }
  return row[b.length] ?? 0;
}
