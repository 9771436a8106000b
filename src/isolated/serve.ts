/**
 * What runs in a child: it answers the calls of its parent, one at a time.
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

/** Where this module is: a child on Deno imports it from there, and naming it keeps it in the module graph. */
export const serveUrl: string = import.meta.url;

/**
 * Serves the parent until the channel closes.
 *
 * @throws {TypeError} If the process was started by hand, so that there is no channel.
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
    // answer() does not reject; if it ever did, the process would end and the parent report that
    answer(request, load, controller.signal).then((reply) => {
      running = undefined;
      send(reply, undefined, undefined, ignoreLostParent);
    });
  });
  // by now another call may be running: ending the process would make that one fail for what an earlier one forgot
  process.on("unhandledRejection", (error) => {
    console.error("A rejection that no isolated function waited for:", error);
  });
  process.on("disconnect", () => process.exit(0));
  if (!process.connected) process.exit(0); // the parent died meanwhile: Node said so before anybody listened
  // a terminal, and service managers, signal the whole group: whether running calls may finish is the parent's decision
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
    throw new IsolatedError(`Cannot return from ${name} as its result does not cross: ${reason}`);
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
  // the channel is closed, which "disconnect" is about to say
}

function ignoreSignal(): void {
  // having a listener is what keeps the process alive
}
