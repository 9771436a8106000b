/**
 * What it costs to run a function in another process: the first call, which starts one; later calls; values of a megabyte;
 * the end of a loop that never yields; the end of a pool.
 *
 * `deno run -A bench/isolated.ts` or `bun run bench/isolated.ts` prints milliseconds: the median, with the least and the most.
 * @module
 */
import { type IsolatedModule, ProcessPool } from "@repid/core/isolated";
import type * as Heavy from "../examples/heavy.ts";

const ROUNDS = 15;
const CALLS = 500;
const GRACE = 0; // what a busy loop is given before it is killed; the default of `killAfter` is 100 ms
const url = new URL("../examples/heavy.ts", import.meta.url);
const bytes = new Uint8Array(1_000_000).fill(1);
const rows = Array.from({ length: 10_000 }, (_, id) => ({ id, name: `row ${id}`, tags: ["a", "b"] }));

/** Milliseconds by what they were spent on. */
const figures = new Map<string, number[]>();

function record(what: string, time: number): void {
  figures.set(what, [...figures.get(what) ?? [], time]);
}

async function timed(run: () => Promise<unknown>): Promise<number> {
  const start = performance.now();
  await run();
  return performance.now() - start;
}

async function measure(heavy: IsolatedModule<typeof Heavy>, pool: ProcessPool): Promise<void> {
  const check = (payload: { number: number }): Promise<boolean> => heavy.isPrime(payload);
  record("start a process, first call", await timed(() => check({ number: 7 })));

  const warm = await timed(async () => {
    for (let call = 0; call < CALLS; call++) await check({ number: 7 });
  });
  record("warm call", warm / CALLS);
  record("warm call, 1 MB of bytes sent", await timed(() => check({ number: 7, ...{ bytes } })));
  record("warm call, 10 000 objects sent", await timed(() => check({ number: 7, ...{ rows } })));

  record("abort a busy loop, process killed", await timeOfKill(heavy));
  await check({ number: 7 }); // a new process
  record("close a pool of one idle process", await timed(() => pool.close()));
}

/** From the abort to the rejection, which comes when the process is gone. */
async function timeOfKill(heavy: IsolatedModule<typeof Heavy>): Promise<number> {
  const controller = new AbortController();
  const call = heavy.countForever({ from: 0 }, { signal: controller.signal }).catch(() => {});
  await new Promise((resolve) => setTimeout(resolve, 20)); // time to get into the loop
  return await timed(() => {
    controller.abort();
    return call;
  });
}

for (let round = 0; round < ROUNDS; round++) {
  const pool = new ProcessPool({ size: 1, killAfter: GRACE });
  await measure(pool.module<typeof Heavy>(url), pool);
}

for (const [name, times] of figures) {
  times.sort((a, b) => a - b);
  const [least, median, most] = [0, ROUNDS >> 1, ROUNDS - 1].map((at) =>
    (times[at] ?? NaN).toFixed(2).padStart(7)
  );
  console.log(`${name.padEnd(36)} ${median} ms (${least} to ${most})`);
}
