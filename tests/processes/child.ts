/**
 * A process that is watched line by line.
 * @module
 */
import { type ChildProcess, spawn } from "node:child_process";
import { once } from "node:events";
import process from "node:process";
import { createInterface } from "node:readline";

/** How a process ended. */
export interface Ending {
  readonly code: number | null;
  readonly signal: string | null;
  readonly lines: readonly string[];
}

/** Options of {@linkcode Child}. */
export interface ChildOptions {
  /** Environment variables beside those of this process. */
  readonly env?: Readonly<Record<string, string>>;
}

/** A process of this runtime, or of another one. */
export class Child {
  readonly #process: ChildProcess;
  readonly #lines: string[] = [];
  readonly #waiting: (() => void)[] = [];
  readonly #closed: Promise<unknown[]>;
  #isClosed = false;

  /** Runs a file of TypeScript with the runtime that runs this. */
  static run(file: URL, ...args: readonly string[]): Child {
    const command = "Deno" in globalThis ? ["run", "-A", "--quiet"] : ["run"];
    return new Child(process.execPath, [...command, file.pathname, ...args]);
  }

  constructor(program: string, args: readonly string[], { env }: ChildOptions = {}) {
    this.#process = spawn(program, args, {
      stdio: ["ignore", "pipe", "inherit"],
      env: { ...process.env, ...env },
    });
    this.#closed = once(this.#process, "close");
    const { stdout } = this.#process;
    if (stdout) createInterface({ input: stdout }).on("line", (line) => this.#hear(line));
    void this.#closed.then(() => {
      this.#isClosed = true;
      this.#wake();
    });
  }

  /** Resolves once the process has said so. */
  async says(line: string): Promise<void> {
    await this.#find(`"${line}"`, (said) => said === line ? line : undefined);
  }

  /** Resolves with the first line that matches. */
  matching(pattern: RegExp): Promise<RegExpExecArray> {
    return this.#find(String(pattern), (said) => pattern.exec(said) ?? undefined);
  }

  async #find<T>(what: string, look: (line: string) => T | undefined): Promise<T> {
    for (let i = 0;; i++) {
      while (i >= this.#lines.length) {
        if (this.#isClosed) {
          throw new Error(`The process ended without saying ${what}: ${this.#lines.join(" | ")}`);
        }
        await new Promise<void>((resolve) => void this.#waiting.push(resolve));
      }
      const found = look(this.#lines[i] ?? "");
      if (found !== undefined) return found;
    }
  }

  /** Sends a signal. Not by the child's own `kill()`: on Deno that decides what the child is said to have ended by. */
  kill(signal: "SIGTERM" | "SIGINT" | "SIGUSR2" | "SIGKILL"): void {
    const { pid } = this.#process;
    if (pid !== undefined && !this.#isClosed) process.kill(pid, signal);
  }

  async ends(): Promise<Ending> {
    const [code, signal] = await this.#closed as [number | null, string | null];
    return { code, signal, lines: this.#lines };
  }

  #hear(line: string): void {
    this.#lines.push(line);
    this.#wake();
  }

  #wake(): void {
    for (const resolve of this.#waiting.splice(0)) resolve();
  }
}
