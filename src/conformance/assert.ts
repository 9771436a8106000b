/**
 * Assertions that need no runtime's library, so that the suite runs anywhere.
 * @module
 */

/** Thrown when a server does not keep what a case states. */
export class ConformanceError extends Error {
  /** The class's name, also after minification. */
  override readonly name = "ConformanceError";
}

/** States that something holds; `otherwise` says what is wrong if it does not. */
export function assert(condition: unknown, otherwise: string): asserts condition {
  if (!condition) throw new ConformanceError(otherwise);
}

/** States that two values are the same once written as JSON, where `undefined` and `null` differ. */
export function assertEqual(actual: unknown, expected: unknown, what: string): void {
  const [left, right] = [show(actual), show(expected)];
  assert(left === right, `${what}: ${left} instead of ${right}`);
}

/** States that two bodies are the same, byte by byte. */
export function assertBytes(actual: Uint8Array, expected: Uint8Array, what: string): void {
  assert(actual instanceof Uint8Array, `${what}: ${typeof actual} instead of a Uint8Array`);
  assertEqual(actual.length, expected.length, `${what}: number of bytes`);
  const wrong = expected.findIndex((byte, index) => byte !== actual[index]);
  assert(wrong === -1, `${what}: byte ${wrong} is ${actual[wrong]} instead of ${expected[wrong]}`);
}

/** States that a promise rejects; answers its reason. */
export async function assertRejects(promise: Promise<unknown>, what: string): Promise<unknown> {
  const outcome = await promise.then((value) => ({ value }), (reason: unknown) => ({ reason }));
  assert("reason" in outcome, `${what}: resolved instead of rejecting`);
  return outcome.reason;
}

function show(value: unknown): string {
  return JSON.stringify(value, (_key, inner) => {
    if (inner === undefined) return "undefined";
    if (inner === null || typeof inner !== "object" || Array.isArray(inner)) return inner;
    // Brokers may keep headers in an order of their own.
    return Object.fromEntries(Object.entries(inner).sort(([a], [b]) => (a < b ? -1 : 1)));
  });
}
