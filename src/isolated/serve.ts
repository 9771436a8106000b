/**
 * The code of a child process: it serves the calls of its parent, one at a time.
 *
 * @module
 */
import process from "node:process";
import { decode, encode } from "./clone.ts";
import { type ErrorRecord, IsolatedError, recordError } from "./error.ts";
import type { CallFrame, Reply, Request } from "./frames.ts";
import { killWithParent } from "./orphan.ts";

/** A module as `import()` gives it. */
export type LoadedModule = Readonly<Record<string, unknown>>;

/** The URL of this module: a child on Deno imports it from there, and the name keeps it in the module graph. */
export const serveUrl: string = import.meta.url;

/**
 * Serves the parent until the channel closes.
 *
 * @throws {TypeError} If the process has no channel to a parent.
 */
export function serve(load: (url: string) => Promise<LoadedModule>): void {
  const send = process.send?.bind(process);
  if (!send) throw new TypeError("Cannot serve isolated calls as this process has no parent to answer");
  let running: { readonly id: number; readonly controller: AbortController } | undefined;

  process.on("message", (request: Request) => {
    if (request.kind === "abort") {
      if (running?.id === request.id) {
        running.controller.abort(new DOMException(request.message, request.name));
      }
      return;
    }
    const controller = new AbortController();
    running = { id: request.id, controller };
    // answer() never rejects; if it did, the process would end and the parent would report that
    answer(request, load, controller.signal).then((reply) => {
      running = undefined;
      send(reply, undefined, undefined, ignoreLostParent);
    });
  });
  // another call may be running by now: ending the process would make it fail for the mistake of an earlier one
  process.on("unhandledRejection", (error) => {
    console.error("Unhandled rejection of an isolated function:", error);
  });
  process.on("disconnect", () => process.exit(0));
  if (!process.connected) process.exit(0); // the parent ended meanwhile: Node emitted the event before this listened
  // terminals and service managers signal the whole process group, but the parent decides whether running calls may finish
  process.on("SIGINT", ignoreSignal);
  process.on("SIGTERM", ignoreSignal);
  killWithParent();
}

async function answer(
  { id, module: url, name, payload }: CallFrame,
  load: (url: string) => Promise<LoadedModule>,
  signal: AbortSignal,
): Promise<Reply> {
  let module: LoadedModule;
  try {
    module = await load(url);
  } catch (error) {
    return { kind: "threw", id, error: recordLoadError(name, url, error), reusable: false };
  }
  try {
    const isolated = module[name];
    if (typeof isolated !== "function") throw noSuchFunction(name, url, module);
    signal.throwIfAborted();
    const result: unknown = await isolated(decode(payload), { signal });
    return { kind: "returned", id, value: encodeResult(name, result) };
  } catch (error) {
    return { kind: "threw", id, error: recordError(error), reusable: true };
  }
}

function encodeResult(name: string, result: unknown): Uint8Array {
  try {
    return encode(result, "result");
  } catch (error) {
    const reason = error instanceof Error ? error.message : String(error);
    throw new IsolatedError(`Cannot return from ${name} as its result cannot be copied: ${reason}`);
  }
}

function recordLoadError(name: string, url: string, error: unknown): ErrorRecord {
  const cause = recordError(error);
  const message =
    `Cannot call ${name} as its module cannot be loaded: ${url}: ${cause.name}: ${cause.message}`;
  return { name: "IsolatedError", message, cause: { kind: "error", error: cause } };
}

function noSuchFunction(name: string, url: string, module: LoadedModule): IsolatedError {
  const names = Object.keys(module).filter((key) => typeof module[key] === "function").join(", ") || "none";
  return new IsolatedError(`Cannot call ${name} as its module exports no such function: ${url} has ${names}`);
}

function ignoreLostParent(): void {
  // the channel is closed, which "disconnect" reports
}

function ignoreSignal(): void {
  // having a listener is what keeps the process alive
}
