/**
 * The broker and workers are killed, and no message that was confirmed is lost.
 * @module
 */
import type { Server } from "@repid/core";
import { Ledger, type Tally } from "./ledger.ts";
import { createServer } from "./servers.ts";
import { evenly, strikeInTurn } from "./strikes.ts";
import { isNothing, type Leftovers, publishFirmly, type Stage, until } from "./stage.ts";
import { WorkerProcess } from "./worker_process.ts";

/** How many messages are published at once. */
const WINDOW = 50;
/** How far the publisher may be ahead of the workers, so that faults hit both. */
const MOST_AHEAD = 200;
/** How long the workers may go without a new message, in milliseconds. */
const PATIENCE = 30_000;

/** How much, and what happens meanwhile. */
export interface NothingLostOptions {
  readonly messages: number;
  /** How often the broker is killed and started again. */
  readonly brokerKills: number;
  /** How often one of the two workers is killed and started again. */
  readonly workerKills: number;
}

/** What came of it. */
export interface NothingLostFigures extends Tally {
  /** Publishes that rejected, and were tried again. */
  readonly rejectedPublishes: number;
  /** What was left in the broker when all had been handled. */
  readonly left: Leftovers;
  /** In milliseconds. */
  readonly duration: number;
}

/** Publishes with confirmation while everything is killed in turn. Rejects where not all is handled. */
export async function nothingLost(
  stage: Stage,
  options: NothingLostOptions,
): Promise<NothingLostFigures> {
  const { messages } = options;
  const started = performance.now();
  const channel = crypto.randomUUID();
  await stage.prepare?.(channel);
  const ledger = await Ledger.create();
  const workers = [0, 1].map(() => new WorkerProcess(stage.address, channel, ledger.path));
  const server = await createServer(stage.address);
  const connection = await server.connect();
  const progress = new Progress(ledger);
  try {
    const [rejectedPublishes] = await Promise.all([
      publishAll(server, channel, messages, progress),
      breakThings(stage, workers, options, progress),
    ]);
    await progress.reaches(messages);
    // The last are written down, but their acks may be under way, or lost with their worker.
    await until(
      "nothing is left",
      async () => isNothing(await stage.leftovers(channel)),
      PATIENCE,
    );
    await Promise.all(workers.map((worker) => worker.stop()));
    const left = await stage.leftovers(channel);
    return { ...ledger.tally(), rejectedPublishes, left, duration: performance.now() - started };
  } finally {
    await connection.close();
    await Promise.all(workers.map((worker) => worker.kill()));
    await ledger.remove();
  }
}

/** Waits for the workers, for as long as they get on. */
class Progress {
  readonly #ledger: Ledger;

  constructor(ledger: Ledger) {
    this.#ledger = ledger;
  }

  async reaches(count: number): Promise<void> {
    let [handled, since] = [-1, performance.now()];
    await until(`${count} messages were handled`, () => {
      const { handled: now } = this.#ledger.tally();
      if (now !== handled) [handled, since] = [now, performance.now()];
      if (performance.now() - since > PATIENCE) throw new Error(`Cannot go on as workers stay at ${now}`);
      return now >= count;
    }, Infinity);
  }
}

async function publishAll(
  server: Server,
  channel: string,
  messages: number,
  progress: Progress,
): Promise<number> {
  let [next, rejected] = [0, 0];
  const publish = async (): Promise<void> => {
    while (next < messages) {
      const body = next++;
      rejected += await publishFirmly(server, channel, String(body));
      await progress.reaches(body - MOST_AHEAD);
    }
  };
  await Promise.all(Array.from({ length: WINDOW }, publish));
  return rejected;
}

/** Kills in turn, evenly over the messages. */
async function breakThings(
  { process }: Stage,
  [worker]: readonly WorkerProcess[],
  { messages, brokerKills, workerKills }: NothingLostOptions,
  progress: Progress,
): Promise<void> {
  const killBroker = async (): Promise<void> => {
    await process.kill();
    await process.start();
  };
  const killWorker = async (): Promise<void> => {
    await worker?.kill();
    worker?.start();
  };
  const faults = [
    ...evenly(brokerKills, messages, killBroker),
    ...evenly(workerKills, messages, killWorker),
  ];
  await strikeInTurn(faults, progress);
}
