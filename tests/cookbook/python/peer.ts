/**
 * A Python program beside which our workers work.
 * @module
 */
import { execFile, spawn } from "node:child_process";
import { fileURLToPath } from "node:url";
import { promisify } from "node:util";
import { aptInstall } from "../../brokers/provision.ts";
import { Child } from "../../processes/child.ts";

const run = promisify(execFile);
const PYTHON = "/usr/bin/python3";
const PEER = fileURLToPath(new URL("peer.py", import.meta.url));

/** Why there is no Python with its Redis client here; `undefined` where there is. As root on Debian it is installed. */
export async function missingPython(): Promise<string | undefined> {
  const hasIt = (): Promise<unknown> => run(PYTHON, ["-c", "import redis"]);
  try {
    return await hasIt().then(() => undefined);
  } catch {
    // Not installed.
  }
  try {
    await aptInstall("python3-redis");
    return await hasIt().then(() => undefined);
  } catch (error) {
    return `python3-redis cannot be installed: ${error instanceof Error ? error.message : error}`;
  }
}

/** A message as Python's Repid is told to write it. */
export interface PythonMessage {
  readonly payload: string;
  readonly headers?: Readonly<Record<string, string>>;
  readonly content_type?: string;
  readonly reply_to?: string;
}

/** Writes messages to a channel. */
export async function produceInPython(
  url: string,
  channel: string,
  messages: readonly PythonMessage[],
): Promise<void> {
  const lines = messages.map((message) => {
    const payload = btoa(message.payload); // what Python's Repid writes is ASCII
    return JSON.stringify({ ...message, payload });
  });
  const child = spawn(PYTHON, [PEER, url, channel, "produce"], { stdio: ["pipe", "ignore", "inherit"] });
  const code = new Promise((resolve, reject) => child.on("error", reject).on("close", resolve));
  child.stdin.end(lines.join("\n"));
  if (await code !== 0) throw new Error(`Python ended with ${await code}`);
}

/** What Python saw of a message. */
export interface SeenByPython {
  readonly fields: readonly (readonly [name: string, value: string])[];
  readonly value: unknown;
  readonly headers: Readonly<Record<string, string>> | null;
}

/** A worker that ends after so many messages. Resolves once it is a member of the group. */
export async function workInPython(
  url: string,
  channel: string,
  count: number,
): Promise<() => Promise<SeenByPython[]>> {
  const child = new Child(PYTHON, [PEER, url, channel, "consume", String(count)]);
  await child.matching(/^{"ready"/);
  return async () => {
    const { code, lines } = await child.ends();
    if (code !== 0) throw new Error(`Python ended with ${code}: ${lines.join(" | ")}`);
    return lines.slice(1).map((line) => {
      const { fields, ...seen } = JSON.parse(line) as SeenByPython;
      return { ...seen, fields: fields.map(([name, value]) => [name, atob(value)] as const) };
    });
  };
}
