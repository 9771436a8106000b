/**
 * Ends a child whose parent has ended.
 *
 * @module
 */
import process from "node:process";
import { Worker as NodeWorker } from "node:worker_threads";

/** Milliseconds between two checks of the parent process. */
const INTERVAL = 500;

/**
 * Kills this process soon after its parent has ended, even while it runs a loop that never yields.
 *
 * An idle child notices the end of its parent when the channel closes; a busy child never reads that. So a thread checks the
 * parent's id, which changes for an orphan. On Windows it does not change: there a busy orphan ends when its function ends.
 */
export function killWithParent(): void {
  const source = `import process from "node:process";
    setInterval(() => process.ppid === ${process.ppid} || process.kill(process.pid, "SIGKILL"), ${INTERVAL});`;
  const url = `data:text/javascript,${encodeURIComponent(source)}`; // needs no permission on Deno, unlike a file
  if (typeof Worker === "function") new Worker(url, { type: "module" });
  else new NodeWorker(new URL(url)); // Node; on Deno it takes three times as long as a Web Worker
}
