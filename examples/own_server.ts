/**
 * A server of one's own: a folder as the broker. Each channel is a folder in it, each message a file; to take a message is
 * to rename its file, which only one consumer can do. It passes `testServer`, the suite that the servers of Repid pass
 * (`tests/servers/own_server_test.ts`).
 *
 * deno run -A examples/own_server.ts   or   bun run examples/own_server.ts
 */
import {
  type Capabilities,
  type Connection,
  type ConnectOptions,
  type Delivery,
  type DeliveryResult,
  type MessageData,
  Repid,
  Router,
  type Server,
  type Settlement,
  SharedConnection,
  type SubscribeOptions,
  type Subscription,
} from "@repid/core";
import { mkdir, mkdtemp, readdir, readFile, rename, rm, unlink, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";

/** How often an empty folder is looked into, in milliseconds. */
const POLL_INTERVAL = 20;

/** Where in a channel's folder its dead letters are. */
const DEAD = "dead";

/** A folder as a broker. */
export class FolderServer implements Server {
  readonly protocol = "file";
  readonly host = "localhost";
  readonly capabilities: Capabilities = {
    nativeReply: false,
    leases: false,
    ordered: true,
    deadLetter: true,
    stableMessageIds: false,
    deliveryCounts: false,
    durable: true,
  };
  readonly #root: string;
  readonly #shared: SharedConnection;
  #published = 0;

  constructor(root: string) {
    this.#root = root;
    // Connections are counted for us: `open` for the first user, `shut` after the last.
    this.#shared = new SharedConnection({
      open: async () => void await mkdir(root, { recursive: true }),
      shut: () => Promise.resolve(),
    });
  }

  get isConnected(): boolean {
    return this.#shared.inUse;
  }

  connect(options?: ConnectOptions): Promise<Connection> {
    return this.#shared.connect(options);
  }

  /** Resolves when the message is safe. Errors are the file system's own: they are thrown, not retried or logged. */
  async publish(channel: string, { payload, headers, contentType, replyTo }: MessageData): Promise<void> {
    this.#shared.assertInUse("publish");
    const name = this.#nextName();
    const folder = await this.folder(channel);
    const text = JSON.stringify({ payload: [...payload], headers, contentType, replyTo });
    // Written under another name first, so that nobody takes half a message.
    await writeFile(join(folder, `${name}.new`), text);
    await rename(join(folder, `${name}.new`), join(folder, `${name}.json`));
  }

  async subscribe(channels: readonly string[], { signal }: SubscribeOptions = {}): Promise<Subscription> {
    this.#shared.assertInUse("subscribe");
    signal?.throwIfAborted();
    const folders = await Promise.all(
      channels.map(async (channel) => [channel, await this.folder(channel)] as const),
    );
    return new FolderSubscription(folders, () => this.#nextName());
  }

  /** Nothing here gets better by trying again. */
  isRetriable(): boolean {
    return false;
  }

  /** The folder of a channel, with one for its dead letters in it. */
  async folder(channel: string): Promise<string> {
    const folder = join(this.#root, encodeURIComponent(channel));
    await mkdir(join(folder, DEAD), { recursive: true });
    return folder;
  }

  /** Names sort in the order in which they were given. */
  #nextName(): string {
    const parts = [Date.now(), this.#published++].map((part) => String(part).padStart(16, "0"));
    return [...parts, crypto.randomUUID()].join("-");
  }
}

class FolderSubscription implements Subscription {
  readonly #folders: (readonly [channel: string, folder: string])[];
  readonly #nextName: () => string;
  /** Marks what we have taken, so that we never settle what somebody else took after us. */
  readonly #mark = `.taken-${crypto.randomUUID()}`;
  readonly #stopping = new AbortController();
  readonly #known = new Map<string, string[]>();

  constructor(folders: (readonly [string, string])[], nextName: () => string) {
    this.#folders = folders;
    this.#nextName = nextName;
  }

  get isActive(): boolean {
    return !this.#stopping.signal.aborted;
  }

  /** Demand: never more than `max`; none after `wait` milliseconds, or once stopped. */
  async take(max: number, wait: number): Promise<readonly Delivery[]> {
    const end = performance.now() + wait;
    while (this.isActive) {
      const taken: Delivery[] = [];
      // Each channel gets its turn to be the first, and its share: a busy one starves nobody.
      const share = Math.max(1, Math.floor(max / this.#folders.length));
      for (const [channel, folder] of this.#folders) {
        if (taken.length < max) {
          taken.push(...await this.#takeFrom(channel, folder, Math.min(share, max - taken.length)));
        }
      }
      this.#folders.push(...this.#folders.splice(0, 1));
      // What is taken and not handed over stays marked as ours; `close` puts it back.
      if (!this.isActive) return [];
      if (taken.length > 0 || performance.now() >= end) return taken;
      await pause(Math.min(POLL_INTERVAL, end - performance.now()), this.#stopping.signal);
    }
    return [];
  }

  stop(): Promise<void> {
    this.#stopping.abort();
    return Promise.resolve();
  }

  /** Puts everything back that is still ours. */
  async close(): Promise<void> {
    await this.stop();
    for (const [, folder] of this.#folders) {
      for (const name of (await readdir(folder)).filter((one) => one.endsWith(this.#mark))) {
        await move(join(folder, name), join(folder, name.slice(0, -this.#mark.length)));
      }
    }
  }

  async #takeFrom(channel: string, folder: string, max: number): Promise<Delivery[]> {
    const taken: Delivery[] = [];
    const names = await this.#names(folder);
    while (taken.length < max) {
      const name = names.shift();
      if (name === undefined) break;
      const path = join(folder, name);
      // Somebody else was quicker?
      if (await move(path, path + this.#mark) === "lost") continue;
      const { payload, ...message } = JSON.parse(await readFile(path + this.#mark, "utf8"));
      taken.push({
        contentType: undefined,
        replyTo: undefined,
        ...message,
        payload: new Uint8Array(payload),
        channel,
        messageId: name,
        settle: (action: Settlement) => this.#settle(folder, name, action),
      });
    }
    return taken;
  }

  /** What is known to be in a folder; looked up again once all of it was tried. */
  async #names(folder: string): Promise<string[]> {
    const known = this.#known.get(folder) ?? [];
    if (known.length > 0) return known;
    const names = (await readdir(folder)).filter((one) => one.endsWith(".json")).sort();
    this.#known.set(folder, names);
    return names;
  }

  /** Answers "lost" where the file is no longer ours. */
  #settle(folder: string, name: string, action: Settlement): Promise<DeliveryResult> {
    const ours = join(folder, name + this.#mark);
    if (action === "ack") return attempt(() => unlink(ours));
    return move(
      ours,
      action === "nack" ? join(folder, DEAD, name) : join(folder, `${this.#nextName()}.json`),
    );
  }
}

function move(from: string, to: string): Promise<DeliveryResult> {
  return attempt(() => rename(from, to));
}

async function attempt(change: () => Promise<void>): Promise<DeliveryResult> {
  try {
    await change();
    return "done";
  } catch (error) {
    if ((error as { code?: string }).code === "ENOENT") return "lost";
    throw error;
  }
}

function pause(ms: number, signal: AbortSignal): Promise<void> {
  return new Promise((resolve) => {
    const timer = setTimeout(done, ms);
    function done(): void {
      clearTimeout(timer);
      signal.removeEventListener("abort", done);
      resolve();
    }
    signal.addEventListener("abort", done);
  });
}

if (import.meta.main) {
  const root = await mkdtemp(join(tmpdir(), "repid-"));
  const app = new Repid();
  const server = app.servers.register("folder", new FolderServer(root));
  const router = new Router({ channel: "greetings" });
  const greet = router.actor({ name: "greet" }, (_, { message }) => console.log(`Found ${message.channel}`));
  app.includeRouter(router);

  const connection = await server.connect();
  await app.send(greet);
  await app.runWorker({ messagesLimit: 1 });
  await connection.close();
  await rm(root, { recursive: true });
}
