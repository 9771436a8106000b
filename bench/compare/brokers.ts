/**
 * Private brokers to measure on, and what they count.
 * @module
 */
import { execFile } from "node:child_process";
import { fileURLToPath } from "node:url";
import { promisify } from "node:util";
import { readFile } from "node:fs/promises";
import { Redis } from "ioredis";
import { createChannel, providePeers, startPeer } from "../../tests/brokers/pubsub.ts";
import { provideRabbit, startRabbit } from "../../tests/brokers/rabbitmq.ts";
import type { Found, Provision } from "../../tests/brokers/provision.ts";
import { provideRedis, startRedis } from "../../tests/brokers/redis.ts";
import type { ServerName } from "./contenders.ts";
import { LineProcess } from "./line_process.ts";
import { findRuntime } from "./runtimes.ts";

const execute = promisify(execFile);

/** Counts since the broker was started, by name. */
export type Counters = Readonly<Record<string, number>>;

/** A broker. */
export interface Broker {
  /** Where it is; empty where it lives in the measuring process. */
  readonly url: string;
  /** Its name and version. */
  readonly version: string;
  /** Makes a channel. */
  newChannel(): Promise<string>;
  /** Removes a channel, and all that was in it. */
  remove(channel: string): Promise<void>;
  /** Counts so far. */
  counters(): Promise<Counters>;
  close(): Promise<void>;
}

/** Starts one. */
export async function startBroker(server: ServerName): Promise<Broker> {
  switch (server) {
    case "memory":
      return {
        url: "",
        version: "in this process",
        newChannel: () => Promise.resolve("jobs"),
        remove: () => Promise.resolve(),
        counters: () => Promise.resolve({}),
        close: () => Promise.resolve(),
      };
    case "redis":
      return await startRedisBroker();
    case "amqp":
      return await startRabbitBroker();
    case "pubsub":
      return await startEmulatorBroker();
    case "pubsub-fake":
      return await startFakePubsub();
  }
}

async function startRedisBroker(): Promise<Broker> {
  const redis = await startRedis(programOf(await provideRedis("Redis 7")));
  const client = new Redis(redis.url);
  const info = await client.info("server");
  return {
    url: redis.url,
    version: `Redis ${/redis_version:(\S+)/.exec(info)?.[1]}`,
    newChannel: () => Promise.resolve(crypto.randomUUID()),
    remove: async () => void await client.flushall(),
    async counters() {
      const lines = (await client.info("commandstats")).matchAll(/^cmdstat_([^:]+):calls=(\d+)/gm);
      const commands = [...lines].filter(([, name]) => !/^(info|flushall)$/.test(name ?? ""))
        .reduce((sum, [, , calls]) => sum + Number(calls), 0);
      return { commands, ...await countersOf(redis.port, redis.process.pid) };
    },
    async close() {
      await client.quit();
      await redis.process.close();
    },
  };
}

async function startRabbitBroker(): Promise<Broker> {
  const rabbit = await startRabbit(programOf(await provideRabbit("RabbitMQ 4")));
  const overview = await rabbit.api("GET", "overview") as { rabbitmq_version: string };
  return {
    url: rabbit.url,
    version: `RabbitMQ ${overview.rabbitmq_version}, a quorum queue`,
    async newChannel() {
      const name = crypto.randomUUID();
      await rabbit.declareQueue(name);
      return name;
    },
    remove: (channel) => rabbit.deleteQueue(channel),
    counters: () => countersOf(rabbit.port, rabbit.pid),
    close: () => rabbit.close(),
  };
}

async function startEmulatorBroker(): Promise<Broker> {
  const peers = await providePeers();
  const emulator = typeof peers === "string" ? undefined : peers.find(({ kind }) => kind === "emulator");
  if (!emulator) throw new Error("Cannot measure on Google's emulator as it is not here");
  const { url, process } = await startPeer({ ...emulator, found: programOf(emulator.found) });
  return {
    url,
    version: "Google's Pub/Sub emulator",
    async newChannel() {
      const name = `c-${crypto.randomUUID()}`;
      await createChannel(url, name);
      return name;
    },
    // A new one for each measurement; the emulator keeps those before, which costs nothing but its memory.
    remove: () => Promise.resolve(),
    counters: () => countersOf(Number(new URL(url).port), process?.pid),
    close: async () => await process?.close(),
  };
}

/** The fake runs on Node, whichever runtime is measured: it is the fastest at this, and none of those that are compared. */
async function startFakePubsub(): Promise<Broker> {
  const node = await findRuntime("node");
  const command = await node.command(fileURLToPath(new URL("fake_pubsub.ts", import.meta.url)));
  const child = new LineProcess(command);
  const port = Number(await child.nextLine());
  return {
    url: `http://127.0.0.1:${port}`,
    version: `a peer of ours that speaks Pub/Sub, on ${node.title}`,
    newChannel: () => Promise.resolve(`c-${crypto.randomUUID()}`),
    remove: () => Promise.resolve(),
    async counters() {
      child.tell("counts");
      return { ...JSON.parse(await child.nextLine()), ...await countersOf(port, child.pid) };
    },
    close: () => child.close(),
  };
}

/** A broker that is private can be measured on; one that others use cannot. */
export function programOf(found: Provision): Found {
  if (found.kind === "program") return found;
  const why = found.kind === "missing" ? found.reason : "the environment names a running one";
  throw new Error(`Cannot start a private broker as ${why}`);
}

async function countersOf(port: number, pid: number | undefined): Promise<Counters> {
  return { ...await socketCounters(port), "broker CPU µs": await cpuMicros(pid) };
}

/** How often the kernel counts a process's time, in microseconds. */
const TICK = 10_000;

/** User and system time of a process and its threads so far, in microseconds. */
async function cpuMicros(pid: number | undefined): Promise<number> {
  const stat = await readFile(`/proc/${pid}/stat`, "utf8").catch(() => "");
  // After the name, which may hold anything, in brackets.
  const fields = stat.slice(stat.lastIndexOf(")") + 2).split(" ");
  return (Number(fields[11]) + Number(fields[12])) * TICK;
}

/**
 * What the kernel counts on the sockets that lead to a port: segments with data are about the writes, as long as each fits
 * into one, which on the loopback interface is 64 KB.
 */
export async function socketCounters(port: number): Promise<Counters> {
  const { stdout } = await execute("ss", ["-tinH", "state", "established", `( dport = :${port} )`]).catch(
    () => ({
      stdout: "",
    }),
  );
  const sum = (name: string): number =>
    [...stdout.matchAll(new RegExp(`\\b${name}:(\\d+)`, "g"))].reduce(
      (total, [, count]) => total + Number(count),
      0,
    );
  return {
    "writes": sum("data_segs_out"),
    "reads": sum("data_segs_in"),
    "bytes out": sum("bytes_sent"),
    "bytes in": sum("bytes_received"),
  };
}
