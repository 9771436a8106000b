/**
 * Tells Redis what became of messages: all of one turn of the event loop in one write, one command for each stream and kind.
 * @module
 */
import { setImmediate } from "node:timers";
import type { DeliveryResult } from "../../server.ts";
import type { RedisClient } from "./client.ts";
import { compareIds } from "./entry.ts";
import { ACK, EXTEND, LEAVE, NACK, REJECT, type Script } from "./scripts.ts";

/** What can be done with messages that are ours. */
export type SettlerAction = "ack" | "nack" | "reject" | "return" | "extend";

/** Where a message is. */
export interface Place {
  readonly stream: string;
  readonly group: string;
  readonly deadLetters: string | null;
}

/** How many ids go into one command: Lua's stack is finite. */
const MOST = 1_000;

/** Each action's script, and its argument of its own. */
const SCRIPTS: Readonly<Record<SettlerAction, readonly [script: Script, own: string]>> = {
  ack: [ACK, ""],
  nack: [NACK, ""],
  reject: [REJECT, "1"],
  // What was never handed over was not delivered.
  return: [REJECT, "0"],
  extend: [EXTEND, ""],
};

interface Request {
  readonly id: string;
  readonly resolve: (result: DeliveryResult) => void;
  readonly reject: (error: unknown) => void;
}

interface Batch {
  readonly place: Place;
  readonly action: SettlerAction;
  readonly requests: Request[];
}

/** Options of {@linkcode Settler}. */
export interface SettlerOptions {
  readonly keepAcked: boolean;
  readonly deadLetterMaxLength: number | undefined;
}

/** Settles the messages of one server object, for all its consumers. */
export class Settler {
  readonly #client: RedisClient;
  readonly #options: SettlerOptions;
  #batches = new Map<string, Batch>();
  #scheduled = false;
  #hasXackdel: Promise<boolean> | undefined;

  constructor(client: RedisClient, options: SettlerOptions) {
    this.#client = client;
    this.#options = options;
  }

  /** Does something with a message of a consumer, if it is its still. */
  settle(place: Place, consumer: string, id: string, action: SettlerAction): Promise<DeliveryResult> {
    return new Promise((resolve, reject) => {
      const key = JSON.stringify([place.stream, place.group, consumer, action]);
      let batch = this.#batches.get(key);
      if (!batch) this.#batches.set(key, batch = { place, action, requests: [] });
      batch.requests.push({ id, resolve, reject });
      this.#schedule();
    });
  }

  /** Takes a consumer out of its group, where nothing is pending for it. */
  async leave({ stream, group }: Place, consumer: string): Promise<void> {
    await this.#client.run(LEAVE, [stream], [group, consumer]);
  }

  #schedule(): void {
    if (this.#scheduled) return;
    this.#scheduled = true;
    // Not `setTimeout`, which waits for a millisecond or more.
    setImmediate(() => {
      this.#scheduled = false;
      const batches = this.#batches;
      this.#batches = new Map();
      for (const [key, batch] of batches) void this.#run(JSON.parse(key)[2], batch);
    });
  }

  async #run(consumer: string, { place, action, requests }: Batch): Promise<void> {
    for (let start = 0; start < requests.length; start += MOST) {
      const some = requests.slice(start, start + MOST);
      try {
        const results = await this.#call(place, consumer, action, some.map(({ id }) => id));
        some.forEach(({ resolve }, i) => resolve(results[i] === 1 ? "done" : "lost"));
      } catch (error) {
        for (const { reject } of some) reject(this.#client.explain(error));
      }
    }
  }

  async #call(
    place: Place,
    consumer: string,
    action: SettlerAction,
    ids: string[],
  ): Promise<readonly unknown[]> {
    const { stream, group, deadLetters } = place;
    // Without dead letters there is nothing to copy to.
    const [script, own] = SCRIPTS[action === "nack" && deadLetters === null ? "ack" : action];
    const sorted = ids.toSorted(compareIds);
    const finishing = action === "extend" ? "" : await this.#finishing();
    const argument = action === "nack" ? String(this.#options.deadLetterMaxLength ?? "") : own;
    const keys = action === "nack" && deadLetters !== null ? [stream, deadLetters] : [stream];
    try {
      const scope = [group, consumer, sorted[0] ?? "-", sorted.at(-1) ?? "+"];
      const answer = await this.#client.run(script, keys, [...scope, finishing, argument, ...ids]);
      return answer as readonly unknown[];
    } catch (error) {
      // The group is gone, and with it all that was ours.
      if (error instanceof Error && error.message.includes("NOGROUP")) return [];
      throw error;
    }
  }

  /** How finished entries are treated: never so that another group loses them. */
  async #finishing(): Promise<string> {
    if (this.#options.keepAcked) return "";
    return await (this.#hasXackdel ??= this.#lookForXackdel()) ? "xackdel" : "del";
  }

  async #lookForXackdel(): Promise<boolean> {
    try {
      const answer = await this.#client.redis.call("COMMAND", "INFO", "XACKDEL") as unknown[];
      return Array.isArray(answer[0]);
    } catch {
      // Asked again next time.
      this.#hasXackdel = undefined;
      return false;
    }
  }
}
