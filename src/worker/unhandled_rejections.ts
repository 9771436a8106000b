/**
 * Rejected promises that a handler left behind. Runtimes end the process for one, and with it all messages that are running.
 * While workers run, they are stopped gracefully first; then the runtime does what it would have done.
 * @module
 */

/** What to do about a rejected promise that nothing handles: stop gracefully first, or leave it to the runtime. */
export type UnhandledRejections = "graceful" | "runtime";

/** A worker that runs. */
export interface RejectionObserver {
  /** Reports the rejection. */
  readonly report: (reason: unknown) => void;
  /** Starts a graceful stop. */
  readonly stop: () => void;
}

/** The workers of this process, each with what resolves when it has ended. */
const observers = new Map<RejectionObserver, PromiseWithResolvers<void>>();
let stopListening: (() => void) | undefined;

/**
 * Observes rejections until the answer is called, at the end of the worker. A listener of the application has precedence: then
 * a rejection is only reported.
 */
export function observeRejections(observer: RejectionObserver): () => void {
  observers.set(observer, Promise.withResolvers());
  stopListening ??= listen();
  return () => {
    observers.get(observer)?.resolve();
    observers.delete(observer);
    if (observers.size > 0) return;
    stopListening?.();
    stopListening = undefined;
  };
}

function rejected(reason: unknown, hasOwner: boolean): void {
  for (const { report } of observers.keys()) report(reason);
  if (hasOwner) return;
  const ends = Array.from(observers.values(), ({ promise }) => promise);
  for (const { stop } of observers.keys()) stop();
  // Outside of any promise: nothing can handle it there, and the runtime does what it does by default.
  void Promise.all(ends).then(() =>
    setTimeout(() => {
      throw reason;
    }, 0)
  );
}

/** Only what is used here, as the types of one runtime do not exist on another. */
interface Runtimes {
  readonly Deno?: unknown;
  readonly process?: {
    readonly versions?: { readonly node?: string };
    on(event: "unhandledRejection", listener: (reason: unknown) => void): unknown;
    off(event: "unhandledRejection", listener: (reason: unknown) => void): unknown;
    listenerCount(event: "unhandledRejection"): number;
  };
  readonly addEventListener?: (type: string, listener: (event: RejectionEvent) => void) => void;
  readonly removeEventListener?: (type: string, listener: (event: RejectionEvent) => void) => void;
}

interface RejectionEvent {
  readonly reason: unknown;
  readonly defaultPrevented: boolean;
  preventDefault(): void;
}

/** Listens as the runtime wants it. Answers what stops listening. */
function listen(): () => void {
  const { Deno, process, addEventListener, removeEventListener } = globalThis as Runtimes;
  if (!Deno && process?.versions?.node !== undefined) {
    const listener = (reason: unknown): void =>
      rejected(reason, process.listenerCount("unhandledRejection") > 1);
    process.on("unhandledRejection", listener);
    return () => process.off("unhandledRejection", listener);
  }
  const listener = (event: RejectionEvent): void => {
    // Deno calls listeners of `process` after this one, unless this one prevents it.
    const hasOwner = event.defaultPrevented || (process?.listenerCount?.("unhandledRejection") ?? 0) > 0;
    if (!hasOwner) event.preventDefault();
    rejected(event.reason, hasOwner);
  };
  addEventListener?.("unhandledrejection", listener);
  return () => removeEventListener?.("unhandledrejection", listener);
}
