/**
 * One `test()` for Deno and Bun, so that a test file has a single source.
 * @module
 */

type TestFunction = () => void | Promise<void>;
type Register = (name: string, fn: TestFunction) => void;

/** How long one test may take on Bun, in milliseconds. Its own default of 5 s is too short for real brokers. */
const BUN_TIMEOUT = 60_000;

/** Registers one test with the runtime's own test runner. */
export const test: Register = await findRunner();

async function findRunner(): Promise<Register> {
  const deno = (globalThis as { Deno?: { test: Register } }).Deno;
  if (deno) return (name, fn) => deno.test(name, fn);
  // Not a literal, so that Deno's type checker does not look for a module that only Bun has.
  const specifier = "bun:test";
  const bun = await import(specifier) as { test: (name: string, fn: TestFunction, timeout: number) => void };
  return (name, fn) => bun.test(name, fn, BUN_TIMEOUT);
}
