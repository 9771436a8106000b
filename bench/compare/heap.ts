/**
 * How much memory is in use.
 * @module
 */
import process from "node:process";

/** In bytes. */
export interface Memory {
  /** What lives on the heap, and the bytes of buffers beside it. */
  readonly heap: number;
  /** What the system has given to the process. */
  readonly resident: number;
}

/** In use now, after a collection where the runtime lets us ask for one. */
export async function heapUsed(): Promise<Memory> {
  const { Bun, gc } = globalThis as { Bun?: { gc(sync: boolean): void }; gc?: () => void };
  for (let round = 0; round < 3; round++) {
    await new Promise((resolve) => setTimeout(resolve, 20));
    if (Bun) Bun.gc(true);
    else gc?.();
  }
  const { heapUsed, arrayBuffers, rss } = process.memoryUsage();
  return { heap: heapUsed + arrayBuffers, resident: rss };
}
