/**
 * OS signals, on Deno, Bun and Node.
 * @module
 */

/** A signal that may stop a worker. Windows knows `SIGINT` and `SIGHUP` only. */
export type OsSignal = "SIGINT" | "SIGTERM" | "SIGHUP" | "SIGQUIT" | "SIGUSR1" | "SIGUSR2";

/** The signals that stop a worker by default: Ctrl+C, and what orchestrators send. */
export const DEFAULT_OS_SIGNALS: readonly OsSignal[] = ["SIGINT", "SIGTERM"];

const OS_SIGNALS: ReadonlySet<unknown> = new Set<OsSignal>([
  "SIGINT",
  "SIGTERM",
  "SIGHUP",
  "SIGQUIT",
  "SIGUSR1",
  "SIGUSR2",
]);

/**
 * Refuses unknown signals: not every runtime does.
 *
 * @throws {TypeError} If they are not an array, or one of them is not known.
 */
export function checkOsSignals(signals: readonly unknown[]): void {
  if (!Array.isArray(signals)) {
    throw new TypeError(`Cannot run a worker as osSignals is not an array: ${typeof signals}`);
  }
  const unknown = signals.find((signal) => !OS_SIGNALS.has(signal));
  if (unknown === undefined) return;
  const known = [...OS_SIGNALS].join(", ");
  throw new TypeError(`Cannot run a worker as there is no such signal: ${String(unknown)}, but ${known}`);
}

const WINDOWS_SIGNALS: readonly OsSignal[] = ["SIGINT", "SIGHUP"];

interface SignalSource {
  knows(signal: OsSignal): boolean;
  on(signal: OsSignal, listener: () => void): void;
  off(signal: OsSignal, listener: () => void): void;
}

/**
 * Calls once, at the first of the signals, and then stops listening, so that a second one has its default effect. Answers
 * what stops listening earlier.
 */
export function onFirstSignal(signals: readonly OsSignal[], call: (signal: OsSignal) => void): () => void {
  const source = findSource();
  if (!source) return () => {};
  const listeners = new Map(signals.filter(source.knows).map((signal) => [signal, () => fire(signal)]));
  const stop = (): void => {
    for (const [signal, listener] of listeners) source.off(signal, listener);
    listeners.clear();
  };
  function fire(signal: OsSignal): void {
    stop();
    call(signal);
  }
  for (const [signal, listener] of listeners) source.on(signal, listener);
  return stop;
}

// Only what is used here is written down, as the runtimes' own types are not available to each other.
interface Runtimes {
  readonly Deno?: {
    readonly build: { readonly os: string };
    addSignalListener(signal: OsSignal, listener: () => void): void;
    removeSignalListener(signal: OsSignal, listener: () => void): void;
  };
  readonly process?: {
    on(event: string, listener: () => void): unknown;
    off(event: string, listener: () => void): unknown;
  };
}

/** The runtime's signals; none in a browser. */
function findSource(): SignalSource | undefined {
  const { Deno, process } = globalThis as Runtimes;
  if (Deno) {
    return {
      // Elsewhere a signal that never comes may be listened for; Deno refuses to on Windows.
      knows: (signal) => Deno.build.os !== "windows" || WINDOWS_SIGNALS.includes(signal),
      on: (signal, listener) => Deno.addSignalListener(signal, listener),
      off: (signal, listener) => Deno.removeSignalListener(signal, listener),
    };
  }
  if (!process) return undefined;
  return {
    knows: () => true,
    on: (signal, listener) => void process.on(signal, listener),
    off: (signal, listener) => void process.off(signal, listener),
  };
}
