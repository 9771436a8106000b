/**
 * Functions that keep a processor busy. They run in processes of their own: see `isolated.ts` beside this file.
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

/** Never yields, so nothing but the end of its process can stop it. */
export function countForever(_: { from: number }): never {
  for (;;);
}

/** Yields from time to time, so that it can stop by itself. */
export async function sumUpTo(limit: number, { signal }: IsolatedContext): Promise<number> {
  let sum = 0;
  for (let i = 1; i <= limit; i++) {
    sum += i;
    if (i % 1_000_000 > 0) continue;
    await new Promise((resolve) => setTimeout(resolve)); // lets the abort come in
    signal.throwIfAborted();
  }
  return sum;
}
