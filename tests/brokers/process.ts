/**
 * Private broker processes for tests: on loopback ports of their own, in folders of their own, ended by process id; also
 * when the test run itself is killed.
 *
 * ```ts
 * const [port = 0] = await freePorts(1);
 * const directory = await temporaryDirectory("redis");
 * const broker = await BrokerProcess.start({
 *   program: "redis-server",
 *   args: ["--port", String(port), "--bind", "127.0.0.1", "--dir", directory],
 *   directory,
 *   isReady: () => isListening(port),
 * });
 * await broker.kill(); // SIGKILL
 * await broker.start(); // the same again, on the same port and data
 * await broker.close(); // SIGKILL, and the folder is removed
 * ```
 * @module
 */
import { type ChildProcess, spawn } from "node:child_process";
import { mkdtemp, open, readFile, rm } from "node:fs/promises";
import { connect, createServer, type Server } from "node:net";
import { tmpdir } from "node:os";
import { join } from "node:path";
import process from "node:process";
import { delay, settlesWithin, systemClock } from "../../src/_internal/clock.ts";

/** What to start, and how to know that it runs. */
export interface BrokerProcessOptions {
  /** The program, by path or by name. */
  readonly program: string;
  /** Its arguments. */
  readonly args: readonly string[];
  /** Its working directory, removed by {@linkcode BrokerProcess.close}; its output goes to the file `output` there. */
  readonly directory: string;
  /** Environment variables beside those of the test run. */
  readonly env?: Readonly<Record<string, string>>;
  /** Whether it can be used now. Asked again and again. */
  readonly isReady: () => Promise<boolean>;
  /** How long it may take until it is, in milliseconds. Defaults to 30 000. */
  readonly readyWithin?: number;
  /** How long it may take to be gone once it was killed, in milliseconds. Defaults to 15 000. */
  readonly endsWithin?: number;
}

/** One private server. */
export class BrokerProcess implements AsyncDisposable {
  readonly #options: BrokerProcessOptions;
  #child: ChildProcess | undefined;
  #exited: Promise<void> = Promise.resolve();
  #pid: number | undefined;

  private constructor(options: BrokerProcessOptions) {
    this.#options = options;
  }

  /** Starts it and waits until it is ready. */
  static async start(options: BrokerProcessOptions): Promise<BrokerProcess> {
    const broker = new BrokerProcess(options);
    await broker.start();
    return broker;
  }

  /** Its process id; `undefined` while it does not run. */
  get pid(): number | undefined {
    return this.#pid;
  }

  /** Starts it again after {@linkcode stop} or {@linkcode kill}, and waits until it is ready. */
  async start(): Promise<void> {
    const { readyWithin = 30_000, program } = this.#options;
    const late = new AbortController();
    const starting = this.#start(late.signal);
    if (await settlesWithin(systemClock, readyWithin, starting)) return await starting;
    late.abort();
    const what = this.#pid === undefined ? "its process id did not come" : "it is not ready";
    await this.kill();
    throw new Error(`Cannot start ${program} as ${what} within ${readyWithin} ms:\n${await this.output()}`);
  }

  /** Asks it to end (SIGTERM) and waits until it has; after 15 s it is killed. */
  async stop(): Promise<void> {
    this.signal("SIGTERM");
    if (!await settlesWithin(systemClock, 15_000, this.#exited)) await this.kill();
  }

  /** Kills it as a crash would (SIGKILL) and waits until it is gone. */
  async kill(): Promise<void> {
    const { program, endsWithin = 15_000 } = this.#options;
    // Without a process id there is only what would have said it.
    if (this.#pid === undefined) this.#child?.kill("SIGKILL");
    this.signal("SIGKILL");
    if (await settlesWithin(systemClock, endsWithin, this.#exited)) return;
    throw new Error(
      `Cannot end ${program} as process ${
        this.#pid ?? this.#child?.pid
      } is still there ${endsWithin} ms after SIGKILL`,
    );
  }

  /** Sends a signal: `SIGSTOP` makes it hang, `SIGCONT` goes on. Nothing happens when it does not run. */
  signal(signal: "SIGTERM" | "SIGKILL" | "SIGSTOP" | "SIGCONT"): void {
    if (this.#pid === undefined) return;
    try {
      process.kill(this.#pid, signal);
    } catch (error) {
      // It has just ended, and we are about to be told.
      if ((error as { code?: unknown }).code !== "ESRCH") throw error;
    }
  }

  /** What it has printed so far. */
  async output(): Promise<string> {
    return await readFile(join(this.#options.directory, "output"), "utf8").catch(() => "");
  }

  /** Kills it and removes its folder. Repeatable. */
  async close(): Promise<void> {
    await this.kill();
    await rm(this.#options.directory, { recursive: true, force: true, maxRetries: 5 });
  }

  /** The same as {@linkcode close}. */
  [Symbol.asyncDispose](): Promise<void> {
    return this.close();
  }

  async #start(late: AbortSignal): Promise<void> {
    const { isReady, program } = this.#options;
    for (await this.#spawn(); !late.aborted; await delay(systemClock, 20, late)) {
      if (this.#pid === undefined) {
        throw new Error(`Cannot start ${program} as it ended:\n${await this.output()}`);
      }
      if (await isReady()) return;
    }
  }

  async #spawn(): Promise<void> {
    const { program, args, directory, env } = this.#options;
    const output = await open(join(directory, "output"), "a");
    const child = spawn("sh", ["-c", WATCHED, "sh", program, ...args], {
      cwd: directory,
      env: { ...process.env, ...env },
      stdio: ["pipe", "pipe", output.fd],
    });
    this.#child = child;
    this.#exited = new Promise((resolve) => {
      child.once("exit", () => {
        this.#pid = undefined;
        this.#child?.stdin?.destroy();
        this.#child?.stdout?.destroy();
        resolve();
      });
    });
    this.#pid = await firstNumber(child);
    await output.close();
    // A test run that forgets to close a broker ends all the same, and the broker with it.
    child.unref();
  }
}

/**
 * Runs a program and prints its process id; kills it when standard input ends, which it does with the test run, however
 * that ended.
 */
const WATCHED = `
exec 3<&0
"$@" </dev/null 3<&- >&2 & server=$!
(cat <&3 >/dev/null; kill -KILL $server) >/dev/null 2>&1 & watch=$!
echo $server
wait $server
kill $watch 2>/dev/null
`;

/** `undefined` where it ended without one. */
function firstNumber(child: ChildProcess): Promise<number | undefined> {
  return new Promise((resolve, reject) => {
    child.once("error", reject);
    child.once("exit", () => resolve(undefined));
    child.stdout?.once("data", (chunk: Uint8Array) => resolve(Number(new TextDecoder().decode(chunk))));
  });
}

/** So many free ports of 127.0.0.1, all different. */
export async function freePorts(count: number): Promise<number[]> {
  const servers = await Promise.all(Array.from({ length: count }, listenAnywhere));
  const ports = servers.map((server) => {
    const address = server.address();
    return typeof address === "object" && address ? address.port : 0;
  });
  await Promise.all(servers.map((server) => new Promise((resolve) => server.close(resolve))));
  return ports;
}

function listenAnywhere(): Promise<Server> {
  return new Promise((resolve, reject) => {
    const server = createServer();
    server.once("error", reject);
    server.listen(0, "127.0.0.1", () => resolve(server));
  });
}

/** Whether something accepts connections on a port of 127.0.0.1. */
export function isListening(port: number): Promise<boolean> {
  return new Promise((resolve) => {
    const socket = connect({ port, host: "127.0.0.1" });
    const answer = (isOpen: boolean): void => {
      socket.destroy();
      resolve(isOpen);
    };
    socket.once("connect", () => answer(true));
    socket.once("error", () => answer(false));
    // Nobody refuses, and nobody accepts.
    socket.setTimeout(1_000, () => answer(false));
  });
}

/** A new, empty folder under the system's folder for temporary files. */
export function temporaryDirectory(name: string): Promise<string> {
  return mkdtemp(join(tmpdir(), `repid-${name}-`));
}
