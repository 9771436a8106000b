/**
 * One child, as its parent sees it.
 *
 * @module
 */
import type { ChildProcess } from "node:child_process";
import { decode } from "./clone.ts";
import { IsolatedError, restoreError } from "./error.ts";
import { type AbortFrame, type CallFrame, isReply, type Reply } from "./frames.ts";
import { startProcess } from "./spawn.ts";

/** A call of an isolated function: what is asked, and the two ways in which it ends. */
export interface Call {
  readonly module: string;
  readonly name: string;
  readonly payload: Uint8Array;
  readonly resolve: (value: unknown) => void;
  readonly reject: (reason: unknown) => void;
}

/** What a process tells its pool, each time before the call that is over settles. */
export interface ProcessEvents {
  /** A call is over, the process can take the next one. */
  freed(process: IsolatedProcess): void;
  /** The process is gone, its exit awaited. Said once. */
  ended(process: IsolatedProcess): void;
}

/**
 * A child process and the one call it may be running. Between calls it does not keep the program alive.
 * Only its pool uses it.
 */
export class IsolatedProcess {
  /** Resolves when the process is gone. */
  readonly exited: Promise<void>;
  readonly #child: ChildProcess;
  readonly #modules: ReadonlySet<string>;
  readonly #killAfter: number;
  readonly #events: ProcessEvents;
  #exit: () => void = () => {};
  #call: Call | undefined;
  #id = 0;
  #stopping = false;
  #gone = false;
  #interruption: { readonly reason: unknown } | undefined;
  #killer: ReturnType<typeof setTimeout> | undefined;

  /**
   * Starts the process.
   *
   * @throws {IsolatedError} If it cannot be started.
   */
  constructor(modules: readonly string[], killAfter: number, events: ProcessEvents) {
    this.#modules = new Set(modules);
    this.#killAfter = killAfter;
    this.#events = events;
    this.exited = new Promise((resolve) => this.#exit = resolve);
    this.#child = startProcess(modules);
    this.#child.on("message", (message) => this.#receive(message));
    this.#child.on("exit", (code, signal) => this.#end(signal ? `signal ${signal}` : `exit code ${code}`));
    this.#child.on("error", (error) => this.#fail(error));
    // it closed the channel itself, or is just ending: without a channel it is of no use
    this.#child.on("disconnect", () => this.#killLater());
  }

  /** Whether the process can load a module: it is told which there are when it starts. */
  knows(module: string): boolean {
    return this.#modules.has(module);
  }

  /** Runs a call, which settles. Only for a process that is free. */
  run(call: Call): void {
    this.#call = call;
    this.#child.ref();
    this.#child.channel?.ref?.(); // Bun's channel has none
    const { module, name, payload } = call;
    this.#send({ kind: "call", id: ++this.#id, module, name, payload });
  }

  /**
   * Aborts a call and kills the process if it goes on for too long; nothing if that call is not running here.
   * The call rejects with the reason, unless it still returns.
   */
  interrupt(call: Call, reason: unknown): void {
    if (this.#call !== call || this.#interruption) return;
    this.#interruption = { reason };
    const { name, message } = reason instanceof Error ? reason : new Error(String(reason));
    const known = name === "TimeoutError" ? name : "AbortError";
    this.#send({ kind: "abort", id: this.#id, name: known, message });
    this.#killLater();
  }

  /** Ends the process: at once if it is free, else as `interrupt()` does. Waits for nothing. */
  stop(reason: (call: Call) => unknown): void {
    this.#stopping = true;
    if (this.#call) this.interrupt(this.#call, reason(this.#call));
    else this.kill();
  }

  /** Ends the process at once. Waits for nothing. */
  kill(): void {
    this.#child.ref(); // the program must not end before it saw the process end
    this.#child.kill("SIGKILL");
  }

  #receive(message: unknown): void {
    const call = this.#call;
    if (!call || !isReply(message, this.#id)) return;
    const interruption = this.#release();
    if (this.#stopping || (message.kind === "threw" && !message.reusable)) {
      this.kill();
    } else {
      this.#child.unref();
      this.#child.channel?.unref?.();
      this.#events.freed(this);
    }
    settle(call, message, interruption);
  }

  #fail(error: Error): void {
    if (this.#child.pid === undefined) this.#end(error.message); // did not start, so there is no exit
  }

  #end(how: string): void {
    const call = this.#call;
    const interruption = this.#release();
    this.#gone = true;
    this.#exit();
    this.#events.ended(this);
    call?.reject(interruption ? interruption.reason : lostProcess(call, how));
  }

  #release(): { readonly reason: unknown } | undefined {
    const interruption = this.#interruption;
    this.#call = this.#interruption = undefined;
    clearTimeout(this.#killer);
    return interruption;
  }

  #killLater(): void {
    if (this.#gone) return; // Bun says "disconnect" after "exit"
    clearTimeout(this.#killer);
    this.#killer = setTimeout(() => this.kill(), this.#killAfter);
  }

  #send(frame: CallFrame | AbortFrame): void {
    if (!this.#child.connected) return; // "exit" or "error" is about to come
    this.#child.send(frame, () => {}); // likewise: what cannot be written is reported by the end of the process
  }
}

function settle(call: Call, reply: Reply, interruption: { readonly reason: unknown } | undefined): void {
  if (reply.kind === "returned") return call.resolve(decode(reply.value));
  call.reject(interruption ? interruption.reason : restoreError(reply.error));
}

function lostProcess({ name, module }: Call, how: string): IsolatedError {
  return new IsolatedError(`Cannot finish ${name} as its process ended: ${how}, running ${module}`);
}
