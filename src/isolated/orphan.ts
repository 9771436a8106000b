/**
 * Ends a child whose parent is gone.
 *
 * @module
 */
import process from "node:process";
import { Worker as NodeWorker } from "node:worker_threads";

/** Milliseconds between two looks at who the parent is. */
const INTERVAL = 500;

/**
 * Kills this process soon after its parent died, even while it runs a loop that never yields.
 *
 * An idle child learns of its parent's death when its channel closes; a busy one never reads that. So a
 * thread looks: an orphan gets another parent. Windows gives it none: there a busy orphan ends with its function.
 */
export function killWithParent(): void {
  const source = `import process from "node:process";
    setInterval(() => process.ppid === ${process.ppid} || process.kill(process.pid, "SIGKILL"), ${INTERVAL});`;
  const url = `data:text/javascript,${encodeURIComponent(source)}`; // needs no permission on Deno, unlike a file
  if (typeof Worker === "function") new Worker(url, { type: "module" });
  else new NodeWorker(new URL(url)); // Node; on Deno it takes three times as long as a Web Worker
}
