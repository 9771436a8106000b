/**
 * One child process, seen from its parent.
 *
 * @module
 */
import type { ChildProcess } from "node:child_process";
import { decode } from "./clone.ts";
import { IsolatedError, restoreError } from "./error.ts";
import { type AbortFrame, type CallFrame, isReply, type Reply } from "./frames.ts";
import { notStarted, startProcess } from "./spawn.ts";

/** A call of an isolated function, and how to end it. */
export interface Call {
  readonly module: string;
  readonly name: string;
  readonly payload: Uint8Array;
  readonly resolve: (value: unknown) => void;
  readonly reject: (reason: unknown) => void;
}

/** The events of a process for its pool, called before the ended call settles. */
export interface ProcessEvents {
  /** A call has ended; the process can take the next one. */
  freed(process: IsolatedProcess): void;
  /** The process has ended. Called once. */
  ended(process: IsolatedProcess): void;
}

/**
 * A child process and the call that it runs, if any. Between calls it does not keep the program alive. Only its pool uses it.
 */
export class IsolatedProcess {
  /** Resolves when the process has ended. */
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
    this.#child.on("exit", (code, signal) => {
      const how = signal ? `signal ${signal}` : `exit code ${code}`;
      this.#end((call) => lostProcess(call, how));
    });
    this.#child.on("error", (error) => {
      // otherwise it did start, and its end is awaited
      if (this.#child.pid === undefined) this.#end(() => notStarted(error));
    });
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
    this.#keepProgramAlive(true);
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
    this.#keepProgramAlive(true); // until it saw the process end
    this.#unlessGone(() => void this.#child.kill("SIGKILL"));
  }

  #receive(message: unknown): void {
    const call = this.#call;
    if (!call || !isReply(message, this.#id)) return;
    const interruption = this.#release();
    if (this.#stopping || (message.kind === "threw" && !message.reusable)) {
      this.kill();
    } else {
      this.#keepProgramAlive(false);
      this.#events.freed(this);
    }
    settle(call, message, interruption);
  }

  #end(failure: (call: Call) => IsolatedError): void {
    const call = this.#call;
    const interruption = this.#release();
    this.#gone = true;
    if (this.#child.connected) this.#child.disconnect(); // else the channel stays open a while longer, which Deno's sanitizers see
    this.#exit();
    this.#events.ended(this);
    call?.reject(interruption ? interruption.reason : failure(call));
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

  #keepProgramAlive(keep: boolean): void {
    if (this.#child.pid === undefined) return; // did not start, which "error" is about to say
    const change = keep ? "ref" : "unref";
    this.#unlessGone(() => {
      this.#child[change]();
      this.#child.channel?.[change]?.(); // Bun's channel has neither
    });
  }

  #send(frame: CallFrame | AbortFrame): void {
    if (!this.#child.connected) return; // "exit" or "error" is about to come
    // a frame that cannot be written is reported by the end of the process, so the callback has nothing to say
    this.#unlessGone(() => void this.#child.send(frame, () => {}));
  }

  /** On Deno a handle throws `BadResource` from when the process is gone to when "exit", which ends the call, says so. */
  #unlessGone(use: () => void): void {
    try {
      use();
    } catch (error) {
      if (!(error instanceof Error && error.name === "BadResource")) throw error;
    }
  }
}

function settle(call: Call, reply: Reply, interruption: { readonly reason: unknown } | undefined): void {
  if (reply.kind === "returned") return call.resolve(decode(reply.value));
  call.reject(interruption ? interruption.reason : restoreError(reply.error));
}

function lostProcess({ name, module }: Call, how: string): IsolatedError {
  return new IsolatedError(`Cannot finish ${name} as its process ended: ${how}, running ${module}`);
}
