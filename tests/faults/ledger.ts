/**
 * What workers handled, as they wrote it down: a file outlives a worker that is killed.
 * @module
 */
import { closeSync, openSync, readSync } from "node:fs";
import { rm } from "node:fs/promises";
import { join } from "node:path";
import { temporaryDirectory } from "../brokers/process.ts";

const decoder = new TextDecoder();

/** How often messages were handled. */
export interface Tally {
  /** Different messages that were handled. */
  readonly handled: number;
  /** Handled more than once, counting each time but the first, as the broker delivered it again under the same id. */
  readonly redelivered: number;
  /** Handled more than once, as the publisher did not learn of its success and published again. */
  readonly republished: number;
}

/** A file of lines: body and id. */
export class Ledger {
  readonly path: string;
  readonly #folder: string;
  readonly #file: number;
  /** The beginning of a line whose end is not written yet. */
  #rest = "";
  #read = 0;
  #lines = 0;
  readonly #ids = new Set<string>();
  readonly #bodies = new Set<string>();

  private constructor(folder: string) {
    this.#folder = folder;
    this.path = join(folder, "ledger");
    this.#file = openSync(this.path, "a+");
  }

  /** A new, empty one. */
  static async create(): Promise<Ledger> {
    return new Ledger(await temporaryDirectory("ledger"));
  }

  /** Adds up what has been written so far. */
  tally(): Tally {
    this.#readOn();
    return {
      handled: this.#bodies.size,
      redelivered: this.#lines - this.#ids.size,
      republished: this.#ids.size - this.#bodies.size,
    };
  }

  /** Removes it. */
  async remove(): Promise<void> {
    closeSync(this.#file);
    await rm(this.#folder, { recursive: true, force: true });
  }

  #readOn(): void {
    const buffer = new Uint8Array(65_536);
    for (let size; (size = readSync(this.#file, buffer, 0, buffer.length, this.#read)) > 0;) {
      this.#read += size;
      const lines = (this.#rest + decoder.decode(buffer.subarray(0, size))).split("\n");
      this.#rest = lines.pop() ?? "";
      for (const line of lines) {
        const [body = "", id = ""] = line.split(" ");
        this.#lines++;
        this.#bodies.add(body);
        this.#ids.add(id);
      }
    }
  }
}
