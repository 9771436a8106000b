/**
 * The progress of long jobs: a job sends progress messages, and an HTTP endpoint forwards them as server-sent events.
 *
 * deno run -A examples/progress.ts   or   bun run examples/progress.ts
 */
import { defineMessage, type FetchHandler, InMemoryServer, Repid, Router } from "@repid/core";
import { type } from "arktype";
import { listen } from "./cookbook/listen.ts"; // Deno.serve or Bun.serve

const encodeVideo = defineMessage({
  name: "encode_video",
  channel: "videos",
  payload: type({ jobId: "string", parts: "number.integer > 0" }),
});
const Progress = type({ jobId: "string", done: "number", of: "number" });
type Progress = typeof Progress.infer;
const progressed = defineMessage({ name: "progressed", channel: "progress", payload: Progress });

// the worker
const jobs = new Router();
jobs.actor(encodeVideo, async ({ jobId, parts }, { message, signal }) => {
  for (let done = 0; done <= parts; done++) {
    if (done > 0) await new Promise((resolve) => setTimeout(resolve, 5)); // the work
    signal.throwIfAborted();
    await message.send(progressed, { jobId, done, of: parts });
  }
});

/** The latest progress of each job, and the watchers of each job. */
class Board {
  readonly #latest = new Map<string, Progress>();
  readonly #watchers = new Map<string, Set<(progress: Progress) => void>>();

  /** Stores progress and notifies the watchers. Messages may arrive out of order: progress older than the latest is ignored. */
  post(progress: Progress): void {
    const { jobId, done } = progress;
    if (done < (this.#latest.get(jobId)?.done ?? 0)) return;
    this.#latest.set(jobId, progress);
    for (const tell of this.#watchers.get(jobId) ?? []) tell(progress);
  }

  /** Calls `tell` with the latest progress, if there is any, and with every change. Returns a function that stops it. */
  watch(jobId: string, tell: (progress: Progress) => void): () => void {
    const watchers = this.#watchers.get(jobId) ?? new Set();
    this.#watchers.set(jobId, watchers.add(tell));
    const latest = this.#latest.get(jobId);
    if (latest) tell(latest);
    return () => {
      watchers.delete(tell);
      if (watchers.size === 0) this.#watchers.delete(jobId);
    };
  }
}

const board = new Board();
const web = new Router();
web.actor(progressed, (progress) => board.post(progress));

/** `GET /jobs/{id}/progress`, for any web server: `Deno.serve(handler)`, or a route in Hono. */
const handler: FetchHandler = ({ url }) => {
  const [, , jobId = ""] = new URL(url).pathname.split("/");
  const encoder = new TextEncoder();
  let unwatch = (): void => {};
  const events = new ReadableStream<Uint8Array<ArrayBuffer>>({
    start(controller) {
      controller.enqueue(encoder.encode(": connected\n\n")); // an SSE comment: the response starts now
      let over = false;
      unwatch = board.watch(jobId, (progress) => {
        if (over) return;
        controller.enqueue(encoder.encode(`data: ${JSON.stringify(progress)}\n\n`));
        if (progress.done < progress.of) return;
        over = true;
        controller.close();
        queueMicrotask(() => unwatch());
      });
    },
    cancel: () => unwatch(), // the browser disconnected
  });
  return new Response(events, {
    headers: { "content-type": "text/event-stream", "cache-control": "no-store" },
  });
};

const app = new Repid().includeRouter(jobs).includeRouter(web);
app.servers.register("memory", new InMemoryServer());
const stop = new AbortController();
const connection = await app.servers.default.connect();
const working = app.runWorker({ signal: stop.signal, osSignals: [] });

const listener = await listen(handler, 0);

// a browser does this with `new EventSource("/jobs/v1/progress")`
const response = await fetch(`${listener.url}/jobs/v1/progress`);
console.log(response.headers.get("content-type"));
await app.send(encodeVideo, { jobId: "v1", parts: 4 });
console.log((await response.text()).trim().replaceAll("\n\n", "\n"));

await listener.close();
stop.abort();
await working;
await connection.close();
