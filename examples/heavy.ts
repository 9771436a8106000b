/**
 * CPU-bound functions. The example `isolated.ts` runs them in separate processes.
 */
import type { IsolatedContext } from "@repid/core/isolated";

/** Whether a number is prime, by trying every possible divisor. */
export function isPrime({ number }: { number: number }): boolean {
  if (number < 2) return false;
  for (let divisor = 2; divisor <= Math.sqrt(number); divisor++) {
    if (number % divisor === 0) return false;
  }
  return true;
}

/** Never yields to the event loop: only killing its process stops it. */
export function countForever(_: { from: number }): never {
  for (;;);
}

/** Yields to the event loop regularly, so that it can react to its signal. */
export async function sumUpTo(limit: number, { signal }: IsolatedContext): Promise<number> {
  let sum = 0;
  for (let i = 1; i <= limit; i++) {
    sum += i;
    if (i % 1_000_000 > 0) continue;
    await new Promise((resolve) => setTimeout(resolve)); // the abort can arrive now
    signal.throwIfAborted();
  }
  return sum;
}
