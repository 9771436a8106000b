/**
 * Private RabbitMQ nodes, each with an epmd, a cookie and a folder of its own, and their management API.
 * @module
 */
import { chmod, mkdir, readdir, readFile, writeFile } from "node:fs/promises";
import { dirname, join } from "node:path";
import process from "node:process";
import { BrokerProcess, freePorts, isListening, temporaryDirectory } from "./process.ts";
import { type Found, provide, type Provision } from "./provision.ts";

/** The versions that the tests know. */
export type RabbitFlavour = "RabbitMQ 4" | "RabbitMQ 4.3" | "RabbitMQ 3";

/** Finds one of them, or installs it. */
export function provideRabbit(flavour: RabbitFlavour): Promise<Provision> {
  if (flavour === "RabbitMQ 3") {
    return provide({
      name: flavour,
      variable: "REPID_TEST_RABBITMQ3_URL",
      program: "rabbitmq-server",
      debianPackage: "rabbitmq-server",
    });
  }
  const isNewest = flavour === "RabbitMQ 4.3";
  return provide({
    name: flavour,
    variable: isNewest ? "REPID_TEST_RABBITMQ43_URL" : "REPID_TEST_RABBITMQ_URL",
    program: "rabbitmq-server",
    unpack: { suite: isNewest ? "forky" : "trixie", packages: ["rabbitmq-server"] },
  });
}

/** What a queue is declared with. */
export interface QueueOptions {
  /** The kind. Defaults to `quorum`. */
  readonly type?: "quorum" | "classic";
  /** More of the broker's arguments. */
  readonly arguments?: Readonly<Record<string, unknown>>;
}

/** A node to test with. */
export class PrivateRabbit {
  /** Where it is: `amqp://guest:guest@127.0.0.1:…`. */
  readonly url: string;
  /** Its AMQP port. */
  readonly port: number;
  readonly #managementPort: number;
  readonly #node: BrokerProcess;
  readonly #epmd: BrokerProcess;
  /** Where it keeps the names of its quorum queues. */
  readonly #namesFile: string;
  /** The quorum queues declared since its last start. */
  readonly #declared = new Set<string>();

  constructor(
    { port, managementPort, node, epmd, namesFile }: {
      port: number;
      managementPort: number;
      node: BrokerProcess;
      epmd: BrokerProcess;
      namesFile: string;
    },
  ) {
    this.url = `amqp://guest:guest@127.0.0.1:${port}`;
    this.port = port;
    this.#managementPort = managementPort;
    this.#node = node;
    this.#epmd = epmd;
    this.#namesFile = namesFile;
  }

  /** Its process id; `undefined` while it does not run. */
  get pid(): number | undefined {
    return this.#node.pid;
  }

  /** Ends it in order. */
  stop(): Promise<void> {
    return this.#node.stop();
  }

  /** Ends it as a crash would. Queues declared before will be there again. */
  async kill(): Promise<void> {
    await this.#namesWritten();
    await this.#node.kill();
    this.#declared.clear();
  }

  /**
   * It writes the names of new quorum queues to disk a second later. One that it did not write is listed after a crash, as
   * running, but nobody is there: a publication is never confirmed.
   */
  async #namesWritten(): Promise<void> {
    const end = performance.now() + 5_000;
    while (this.#declared.size > 0 && performance.now() < end) {
      const names = await readFile(this.#namesFile);
      for (const name of this.#declared) if (names.includes(name)) this.#declared.delete(name);
      await new Promise((resolve) => setTimeout(resolve, 10));
    }
  }

  /** Starts it again, with what it kept. Harmless where it runs. */
  async start(): Promise<void> {
    if (this.#node.pid === undefined) await this.#node.start();
  }

  /** Suspends it: its connections stay open, and nobody answers. */
  async suspend(): Promise<void> {
    this.#node.signal("SIGSTOP");
    // All its threads have to stop first.
    const state = async (): Promise<string> => await readFile(`/proc/${this.#node.pid}/stat`, "utf8");
    while (!/\) T /.test(await state())) await new Promise((resolve) => setTimeout(resolve, 1));
  }

  /** Lets it go on. */
  resume(): void {
    this.#node.signal("SIGCONT");
  }

  /** Ends it, and removes everything. */
  async close(): Promise<void> {
    await this.#node.close();
    await this.#epmd.close();
  }

  /** Calls the management API; answers what it answers. */
  async api(method: string, path: string, body?: unknown): Promise<unknown> {
    const response = await fetch(`http://127.0.0.1:${this.#managementPort}/api/${path}`, {
      method,
      headers: { authorization: `Basic ${btoa("guest:guest")}`, "content-type": "application/json" },
      ...(body === undefined ? {} : { body: JSON.stringify(body) }),
    });
    const text = await response.text();
    if (!response.ok) {
      throw new Error(`Cannot ${method} ${path} as the broker refuses: ${response.status} ${text}`);
    }
    return text === "" ? undefined : JSON.parse(text);
  }

  /** Declares a queue. */
  async declareQueue(name: string, options: QueueOptions = {}): Promise<void> {
    const { type = "quorum" } = options;
    await this.api("PUT", `queues/%2F/${encodeURIComponent(name)}`, {
      durable: true,
      arguments: { "x-queue-type": type, ...options.arguments },
    });
    if (type === "quorum") this.#declared.add(name);
  }

  /** Deletes a queue. */
  async deleteQueue(name: string): Promise<void> {
    await this.api("DELETE", `queues/%2F/${encodeURIComponent(name)}`);
    this.#declared.delete(name);
  }

  /** Declares a queue whose dead letters go to another one, which is declared as well; answers the name of that one. */
  async declareWithDeadLetters(name: string, options: QueueOptions = {}): Promise<string> {
    const dead = `${name}.dead`;
    await this.declareQueue(dead, { type: "classic" });
    await this.declareQueue(name, {
      ...options,
      arguments: { "x-dead-letter-exchange": "", "x-dead-letter-routing-key": dead, ...options.arguments },
    });
    return dead;
  }

  /** What lies in a queue, left there. */
  async peek(name: string): Promise<{ payload: Uint8Array; headers: Record<string, string> }[]> {
    const messages = await this.api("POST", `queues/%2F/${encodeURIComponent(name)}/get`, {
      count: 100,
      ackmode: "ack_requeue_true",
      encoding: "base64",
    }) as { payload: string; properties: { headers?: Record<string, string> } }[];
    return messages.map(({ payload, properties }) => ({
      payload: Uint8Array.from(atob(payload), (c) => c.charCodeAt(0)),
      headers: properties.headers ?? {},
    }));
  }

  /** The names of all client connections. One that was just made may not be listed yet. */
  async connections(): Promise<string[]> {
    return (await this.api("GET", "connections") as { name: string }[]).map(({ name }) => name);
  }

  /** Closes all client connections; answers how many. */
  async closeConnections(): Promise<number> {
    let closed = 0;
    for (const name of await this.connections()) {
      // It may be gone by now.
      const closing = this.api("DELETE", `connections/${encodeURIComponent(name)}`);
      closed += await closing.then(() => 1, () => 0);
    }
    return closed;
  }
}

/** Options of {@linkcode startRabbit}. */
export interface StartRabbitOptions {
  /** The topology to begin with, as RabbitMQ's definitions. Added to the guest user. */
  readonly definitions?: Readonly<Record<string, unknown>>;
  /** More lines of its configuration. */
  readonly configuration?: readonly string[];
  /** More plugins. */
  readonly plugins?: readonly string[];
}

/** Starts a private node. */
export async function startRabbit(found: Found, options: StartRabbitOptions = {}): Promise<PrivateRabbit> {
  if (found.kind === "url") {
    throw new TypeError("Cannot start a broker as the environment names a running one");
  }
  const root = found.prefix === undefined ? "" : join(found.prefix, "root");
  const { program, version } = await findProgram(root);
  const [port = 0, epmdPort = 0, distPort = 0, managementPort = 0] = await freePorts(4);
  const path = root === "" ? process.env["PATH"] ?? "" : `${root}/usr/lib/erlang/bin:${process.env["PATH"]}`;
  const epmdFolder = await temporaryDirectory("epmd");
  const epmd = await BrokerProcess.start({
    program: root === "" ? "epmd" : join(root, "usr/lib/erlang/bin/epmd"),
    args: ["-port", String(epmdPort), "-address", "127.0.0.1"],
    directory: epmdFolder,
    env: { PATH: path },
    // A node that does not find it starts one of its own, which nobody ends.
    isReady: () => isListening(epmdPort),
  });
  const directory = await temporaryDirectory("rabbitmq");
  const nodeName = `rmq${port}@localhost`;
  await configure(directory, version, port, managementPort, options);
  const node = await BrokerProcess.start({
    program,
    args: [],
    directory,
    env: {
      PATH: path,
      HOME: join(directory, "home"),
      ERL_EPMD_ADDRESS: "127.0.0.1",
      ERL_EPMD_PORT: String(epmdPort),
      RABBITMQ_NODENAME: nodeName,
      RABBITMQ_NODE_IP_ADDRESS: "127.0.0.1",
      RABBITMQ_NODE_PORT: String(port),
      RABBITMQ_DIST_PORT: String(distPort),
      RABBITMQ_MNESIA_BASE: join(directory, "mnesia"),
      RABBITMQ_LOG_BASE: join(directory, "log"),
      RABBITMQ_ENABLED_PLUGINS_FILE: join(directory, "enabled_plugins"),
      RABBITMQ_CONFIG_FILE: join(directory, "rabbitmq.conf"),
      RABBITMQ_ADVANCED_CONFIG_FILE: join(directory, "advanced.config"),
      RABBITMQ_GENERATED_CONFIG_DIR: join(directory, "generated"),
      RABBITMQ_CONF_ENV_FILE: "/dev/null",
      // The script then becomes the node, so that ending the process ends the node.
      RABBITMQ_ALLOW_INPUT: "1",
      RABBITMQ_SERVER_ADDITIONAL_ERL_ARGS:
        "-noinput +sbwt none +sbwtdcpu none +sbwtdio none -kernel inet_dist_use_interface {127,0,0,1}",
    },
    isReady: async () => await isListening(port) && await isListening(managementPort),
    readyWithin: 90_000,
  });
  const namesFile = join(directory, "mnesia", nodeName, "quorum", nodeName, "names.dets");
  return new PrivateRabbit({ port, managementPort, node, epmd, namesFile });
}

async function findProgram(root: string): Promise<{ program: string; version: string }> {
  const folder = join(root, "/usr/lib/rabbitmq/lib");
  const [name = ""] = (await readdir(folder)).filter((one) => one.startsWith("rabbitmq_server-"));
  // Not the one on PATH: that wants to be another user.
  return {
    program: join(folder, name, "sbin/rabbitmq-server"),
    version: name.replace("rabbitmq_server-", ""),
  };
}

async function configure(
  directory: string,
  version: string,
  port: number,
  managementPort: number,
  { definitions = {}, configuration = [], plugins = [] }: StartRabbitOptions,
): Promise<void> {
  for (const folder of ["home", "log", "mnesia"]) await mkdir(join(directory, folder), { recursive: true });
  const write = async (name: string, content: string): Promise<void> => {
    await mkdir(dirname(join(directory, name)), { recursive: true });
    await writeFile(join(directory, name), content);
  };
  await write("home/.erlang.cookie", crypto.randomUUID());
  await chmod(join(directory, "home/.erlang.cookie"), 0o400);
  const needed = ["rabbitmq_management", ...version.startsWith("3.") ? ["rabbitmq_amqp1_0"] : []];
  await write("enabled_plugins", `[${[...needed, ...plugins].join()}].`);
  await write(
    "definitions.json",
    JSON.stringify({
      users: [{ name: "guest", password: "guest", tags: ["administrator"] }],
      permissions: [{ user: "guest", vhost: "/", configure: ".*", write: ".*", read: ".*" }],
      vhosts: [{ name: "/" }],
      ...definitions,
    }),
  );
  await write(
    "rabbitmq.conf",
    [
      `listeners.tcp.1 = 127.0.0.1:${port}`,
      "management.tcp.ip = 127.0.0.1",
      `management.tcp.port = ${managementPort}`,
      `load_definitions = ${join(directory, "definitions.json")}`,
      "log.console = false",
      `log.file = ${join(directory, "log/rabbit.log")}`,
      "vm_memory_high_watermark.absolute = 512MB",
      "disk_free_limit.absolute = 50MB",
      ...configuration,
      "",
    ].join("\n"),
  );
}
