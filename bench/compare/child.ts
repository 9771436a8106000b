/**
 * One measurement in a process of its own. It says `ready`, measures when it hears `go`, says what came of it, and ends
 * when it hears `end`: its connections are open while the broker's counters are read.
 * @module
 */
import { mkdir, writeFile } from "node:fs/promises";
import { dirname } from "node:path";
import process from "node:process";
import { createInterface } from "node:readline";
import type { ContenderModule } from "./contender.ts";
import { type Job, prepare } from "./modes.ts";
import { MARK } from "./protocol.ts";

const lines = createInterface({ input: process.stdin })[Symbol.asyncIterator]();

async function hear(word: string): Promise<void> {
  const { value, done } = await lines.next();
  if (done || value !== word) process.exit(1);
}

function say(what: unknown): void {
  process.stdout.write(`${MARK}${JSON.stringify(what)}\n`);
}

/** Writes a profile that the developer tools of browsers and editors can show. */
async function profiled<T>(run: () => Promise<T>, file: string): Promise<T> {
  const { Session } = await import("node:inspector/promises");
  const session = new Session();
  session.connect();
  await session.post("Profiler.enable");
  await session.post("Profiler.start");
  const result = await run();
  const { profile } = await session.post("Profiler.stop");
  await mkdir(dirname(file), { recursive: true });
  await writeFile(file, JSON.stringify(profile));
  return result;
}

const job = JSON.parse(process.argv[2] ?? "") as Job;
const { open } = await import(job.module) as ContenderModule;
const contender = await open(job.place);
const prepared = await prepare(contender, job);
say("ready");
await hear("go");
say(job.profile ? await profiled(prepared.measure, job.profile) : await prepared.measure());
await hear("end");
await prepared.stop();
await contender.close();
process.exit(0);
