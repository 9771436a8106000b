/**
 * One `test()` for Deno and Bun, so that a test file has a single source.
 * @module
 */

/** What a test does. */
export type TestFunction = () => void | Promise<void>;

/** Options of {@linkcode test}. */
export interface TestOptions {
  /** Whether Deno looks for timers and calls that a test leaves behind. A client library may keep some. Defaults to `true`. */
  readonly sanitizeOps?: boolean;
  /** Whether Deno looks for what a test leaves open. A test that starts a broker anew leaves it to those after it. Defaults to `true`. */
  readonly sanitizeResources?: boolean;
}

interface Runner {
  readonly run: (name: string, fn: TestFunction, options: TestOptions) => void;
  readonly skip: (name: string) => void;
}

/** How long one test may take on Bun, in milliseconds. Its own default of 5 s is too short for real brokers. */
const BUN_TIMEOUT = 120_000;

const runner = await findRunner();

/** Registers one test with the runtime's own test runner. */
export function test(name: string, fn: TestFunction, options: TestOptions = {}): void {
  runner.run(name, fn, options);
}

/** Registers a test that cannot run here, with the reason in words. In CI that is a failure: there everything can run. */
export function skip(name: string, reason: string): void {
  const text = `${name} (skipped: ${reason})`;
  if (!inCi()) return runner.skip(text);
  runner.run(text, () => {
    throw new Error(`Cannot skip in CI: ${reason}`);
  }, {});
}

/** Whether this runs where everything must be had. */
export function inCi(): boolean {
  const { process } = globalThis as { process?: { env: Record<string, string | undefined> } };
  return process?.env.CI === "true";
}

/** The runtime's name. */
export function runtime(): "deno" | "bun" {
  return "Deno" in globalThis ? "deno" : "bun";
}

interface DenoTest {
  test(name: string, fn: TestFunction): void;
  test(options: {
    name: string;
    ignore?: boolean;
    sanitizeOps?: boolean;
    sanitizeResources?: boolean;
    fn: TestFunction;
  }): void;
}

interface BunTest {
  test: ((name: string, fn: TestFunction, timeout: number) => void) & {
    skip: (name: string, fn: TestFunction) => void;
  };
}

async function findRunner(): Promise<Runner> {
  const { Deno } = globalThis as unknown as { Deno?: DenoTest };
  if (Deno) {
    return {
      // Where nothing is said, the command line decides.
      run: (name, fn, options) => Deno.test({ name, fn, ...options }),
      skip: (name) => Deno.test({ name, ignore: true, fn() {} }),
    };
  }
  // Not a literal, so that Deno's type checker does not look for a module that only Bun has.
  const specifier = "bun:test";
  const bun = await import(specifier) as BunTest;
  return {
    run: (name, fn) => bun.test(name, fn, BUN_TIMEOUT),
    skip: (name) => bun.test.skip(name, () => {}),
  };
}
