/**
 * A worker in a process of its own, to be killed.
 * @module
 */
import { type ChildProcess, spawn } from "node:child_process";
import { once } from "node:events";
import process from "node:process";
import { fileURLToPath } from "node:url";
import type { Address } from "./stage.ts";

const PROGRAM = fileURLToPath(new URL("fixtures/worker.ts", import.meta.url));

/** One process at a time. */
export class WorkerProcess {
  readonly #args: readonly string[];
  #child: ChildProcess | undefined;
  #ended: Promise<unknown[]> = Promise.resolve([]);

  /** Starts it: it consumes a channel of the broker, and writes into the ledger of this path. */
  constructor({ broker, url }: Address, channel: string, ledger: string) {
    this.#args = [broker, url, channel, ledger];
    this.start();
  }

  /** Starts it again after it ended. */
  start(): void {
    const how = "Deno" in globalThis ? ["run", "-A", "--quiet"] : ["run"];
    this.#child = spawn(process.execPath, [...how, PROGRAM, ...this.#args], {
      stdio: ["pipe", "ignore", "inherit"],
    });
    this.#ended = once(this.#child, "exit");
  }

  /** Kills it as a crash would, and waits until it is gone. */
  async kill(): Promise<void> {
    await this.#end("SIGKILL");
  }

  /** Asks it to stop. Rejects where it does not end well. */
  async stop(): Promise<void> {
    const code = await this.#end("SIGTERM");
    if (code !== 0) throw new Error(`Cannot stop a worker in order: it ended with code ${code}`);
  }

  async #end(signal: "SIGKILL" | "SIGTERM"): Promise<unknown> {
    const child = this.#child;
    this.#child = undefined;
    // Not by the child's own `kill()`: on Deno that decides what the child is said to have ended by.
    if (child?.pid !== undefined && child.exitCode === null) process.kill(child.pid, signal);
    const [code] = await this.#ended;
    child?.stdin?.destroy();
    return code;
  }
}
