/**
 * A process that is talked to line by line.
 * @module
 */
import { type ChildProcess, spawn } from "node:child_process";
import process from "node:process";
import { createInterface } from "node:readline";

/** One of them. Ends with its standard input, at the latest with this process. */
export class LineProcess {
  /** Resolves when it has ended. */
  readonly ended: Promise<void>;
  readonly #child: ChildProcess;
  readonly #lines: string[] = [];
  #errors = "";
  #heard: (() => void) | undefined;
  #isOver = false;

  constructor([program = "", ...args]: readonly string[]) {
    const env = { ...process.env, RUST_BACKTRACE: "0", NO_COLOR: "1" };
    this.#child = spawn(program, args, { stdio: ["pipe", "pipe", "pipe"], env });
    const { stdout, stderr } = this.#child;
    if (stdout) createInterface({ input: stdout }).on("line", (line) => this.#hear(line));
    stderr?.on("data", (chunk: Uint8Array) => this.#errors += new TextDecoder().decode(chunk));
    this.ended = new Promise((resolve) => {
      this.#child.once("close", () => {
        this.#isOver = true;
        this.#heard?.();
        resolve();
      });
    });
  }

  get pid(): number | undefined {
    return this.#child.pid;
  }

  /** The next line that it prints. Rejects when it has ended. */
  async nextLine(): Promise<string> {
    while (this.#lines.length === 0 && !this.#isOver) {
      await new Promise<void>((resolve) => this.#heard = resolve);
    }
    const line = this.#lines.shift();
    if (line === undefined) throw new Error(`The process ended: ${this.#errors.trim().slice(0, 600)}`);
    return line;
  }

  tell(line: string): void {
    this.#child.stdin?.write(`${line}\n`);
  }

  kill(): void {
    if (!this.#isOver) this.#child.kill("SIGKILL");
  }

  /** Kills it, and waits until it is gone. */
  async close(): Promise<void> {
    this.kill();
    await this.ended;
  }

  #hear(line: string): void {
    this.#lines.push(line);
    this.#heard?.();
  }
}
