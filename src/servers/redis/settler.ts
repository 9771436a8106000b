/**
 * Settles messages: those of one turn of the event loop in one write, with one command for each stream and action.
 * @module
 */
import { setImmediate } from "node:timers";
import { type Batch, MOST } from "./batch.ts";
import type { BatchAction } from "./delivery.ts";
import type { RedisClient } from "./client.ts";
import { compareIds } from "./entry.ts";
import type { Holding } from "./holding.ts";
import { type ChannelKeys, isGroupMissing } from "./channel_keys.ts";
import { ACK, EXTEND, LEAVE, NACK, REJECT, type Script } from "./scripts.ts";

/** The script of each action, and its special argument. */
const SCRIPTS: Readonly<Record<BatchAction, readonly [script: Script, own: string]>> = {
  ack: [ACK, ""],
  nack: [NACK, ""],
  reject: [REJECT, "1"],
  // What was never handed over was not delivered.
  return: [REJECT, "0"],
  extend: [EXTEND, ""],
};

/** Options of {@linkcode Settler}. */
export interface SettlerOptions {
  readonly keepAcked: boolean;
  readonly deadLetterMaxLength: number | undefined;
}

/** Settles the messages of one server object, for all its consumers. */
export class Settler {
  readonly #client: RedisClient;
  readonly #options: SettlerOptions;
  readonly #scheduled = new Set<Holding>();

  constructor(client: RedisClient, options: SettlerOptions) {
    this.#client = client;
    this.#options = options;
  }

  /** For a holding that has something to tell. */
  schedule(holding: Holding): void {
    this.#scheduled.add(holding);
    if (this.#scheduled.size > 1) return;
    // Not `setTimeout`, which waits for a millisecond or more.
    setImmediate(() => {
      const holdings = [...this.#scheduled];
      this.#scheduled.clear();
      for (const one of holdings) for (const batch of one.takeBatches()) void this.#tell(one, batch);
    });
  }

  /** Gives back what a consumer was assigned and never handed over. */
  async giveBack({ stream, group }: ChannelKeys, consumer: string, ids: readonly string[]): Promise<void> {
    for (let start = 0; start < ids.length; start += MOST) {
      const some = ids.slice(start, start + MOST);
      await this.#client.run(REJECT, [stream], this.#arguments(group, consumer, "0", some));
    }
  }

  /** Takes a consumer out of its group, where nothing is pending for it. */
  async leave({ stream, group }: ChannelKeys, consumer: string): Promise<void> {
    await this.#client.run(LEAVE, [stream], [group, consumer]);
  }

  /** Never rejects. */
  async #tell(holding: Holding, batch: Batch): Promise<void> {
    const { action, deliveries } = batch;
    const isOver = action !== "extend";
    try {
      const lost = await this.#call(holding, action, deliveries.map(({ messageId }) => messageId));
      if (isOver) { for (const delivery of deliveries) holding.settled(delivery); }
      batch.tell(new Set(lost));
    } catch (error) {
      if (isOver) { for (const delivery of deliveries) holding.settleFailed(delivery); }
      batch.fail(this.#client.explain(error));
    }
  }

  /** Answers which of the ids were not ours, by their numbers from 1 on. */
  async #call(holding: Holding, action: BatchAction, ids: readonly string[]): Promise<readonly number[]> {
    const { keys: { stream, group, deadLetters }, consumer } = holding;
    // Without dead letters there is nothing to copy to.
    const [script, own] = SCRIPTS[action === "nack" && deadLetters === null ? "ack" : action];
    const argument = action === "nack" ? String(this.#options.deadLetterMaxLength ?? "") : own;
    const keys = action === "nack" && deadLetters !== null ? [stream, deadLetters] : [stream];
    try {
      const args = this.#arguments(group, consumer, argument, ids);
      return await this.#client.run(script, keys, args) as readonly number[];
    } catch (error) {
      // The group is gone, and with it all that was ours.
      if (isGroupMissing(error)) return ids.map((_, i) => i + 1);
      throw error;
    }
  }

  /** What every script takes: see there. */
  #arguments(group: string, consumer: string, own: string, ids: readonly string[]): readonly string[] {
    return [
      ...[group, consumer, ...endsOf(ids), this.#finishing(), own],
      ...[String(ids.length), ids.join(" ")],
    ];
  }

  /** How finished entries are treated: never so that another group loses them. */
  #finishing(): string {
    if (this.#options.keepAcked) return "";
    return this.#client.features.xackdel ? "xackdel" : "del";
  }
}

/** The oldest and the newest. */
function endsOf(ids: readonly string[]): [oldest: string, newest: string] {
  let [oldest = "-"] = ids;
  let newest = oldest;
  for (const id of ids) {
    // Mostly they come in order.
    if (compareIds(id, newest) > 0) newest = id;
    else if (compareIds(id, oldest) < 0) oldest = id;
  }
  return [oldest, newest];
}
