/**
 * Assertions without a library of a runtime, so that the suite runs anywhere.
 * @module
 */

/** Thrown if a server does not do what a case tests. */
export class ConformanceError extends Error {
  /** The class's name, also after minification. */
  override readonly name = "ConformanceError";
}

/** Asserts a condition; `otherwise` says what is wrong if it does not hold. */
export function assert(condition: unknown, otherwise: string): asserts condition {
  if (!condition) throw new ConformanceError(otherwise);
}

/** Asserts that two values are the same as JSON, except that `undefined` and `null` differ. */
export function assertEqual(actual: unknown, expected: unknown, what: string): void {
  const [left, right] = [show(actual), show(expected)];
  assert(left === right, `${what}: ${left} instead of ${right}`);
}

/** Asserts that two bodies have the same bytes. */
export function assertBytes(actual: Uint8Array, expected: Uint8Array, what: string): void {
  assert(actual instanceof Uint8Array, `${what}: ${typeof actual} instead of a Uint8Array`);
  assertEqual(actual.length, expected.length, `${what}: number of bytes`);
  const wrong = expected.findIndex((byte, index) => byte !== actual[index]);
  assert(wrong === -1, `${what}: byte ${wrong} is ${actual[wrong]} instead of ${expected[wrong]}`);
}

/** Asserts that a promise rejects, and resolves to its reason. */
export async function assertRejects(promise: Promise<unknown>, what: string): Promise<unknown> {
  const outcome = await promise.then((value) => ({ value }), (reason: unknown) => ({ reason }));
  assert("reason" in outcome, `${what}: resolved instead of rejecting`);
  return outcome.reason;
}

function show(value: unknown): string {
  return JSON.stringify(value, (_key, inner) => {
    if (inner === undefined) return "undefined";
    if (inner === null || typeof inner !== "object" || Array.isArray(inner)) return inner;
    // Brokers may change the order of headers.
    return Object.fromEntries(Object.entries(inner).sort(([a], [b]) => (a < b ? -1 : 1)));
  });
}
