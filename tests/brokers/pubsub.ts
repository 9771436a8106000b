/**
 * Private Pub/Sub services: Google's emulator where the machine has it, and pstest, which is built from Debian's sources.
 * @module
 */
import { readdir } from "node:fs/promises";
import { join } from "node:path";
import process from "node:process";
import { Client, credentials } from "@grpc/grpc-js";
import protobuf from "protobufjs/light.js";
import { skip } from "../harness.ts";
import { BrokerProcess, freePorts, isListening, temporaryDirectory } from "./process.ts";
import { type Found, onPath, provide, type Provision } from "./provision.ts";

/** The project of all tests. */
export const PROJECT = "tests";

/** Something that speaks Pub/Sub. */
export interface PubsubPeer {
  /** For people. */
  readonly name: string;
  /** Which of the two. */
  readonly kind: "emulator" | "pstest";
  /** Whether it keeps the order of an ordering key. */
  readonly ordered: boolean;
  readonly found: Found;
}

/** What there is on this machine, the best first; or why there is nothing. */
export async function providePeers(): Promise<readonly PubsubPeer[] | string> {
  const [emulator, pstest] = [await provideEmulator(), await providePstest()];
  const peers: PubsubPeer[] = [];
  if (emulator.kind !== "missing") {
    peers.push({ name: "Google's emulator", kind: "emulator", ordered: true, found: emulator });
  }
  if (pstest.kind !== "missing") {
    const ordered = pstest.kind === "url" || !pstest.prefix?.endsWith(OLD);
    peers.push({ name: "pstest", kind: "pstest", ordered, found: pstest });
  }
  if (emulator.kind !== "missing" || pstest.kind !== "missing") return peers;
  return `${emulator.reason}; ${pstest.reason}`;
}

/** Registers tests for each peer; where there is none, one that is skipped, or fails in CI. */
export async function withPeers(
  name: string,
  register: (peer: PubsubPeer) => void | Promise<void>,
): Promise<void> {
  const peers = await providePeers();
  if (typeof peers === "string") return skip(name, peers);
  for (const peer of peers) await register(peer);
}

/** Finds Google's emulator; it cannot be installed from Debian. */
async function provideEmulator(): Promise<Provision> {
  const url = process.env["REPID_TEST_PUBSUB_URL"];
  if (url) return { kind: "url", url };
  const folder = "/usr/lib/google-cloud-sdk/platform/pubsub-emulator/lib";
  const names = await readdir(folder).catch(() => []);
  const name = names.find((name) => /^cloud-pubsub-emulator-.*-all\.jar$/.test(name));
  if (!name) {
    return {
      kind: "missing",
      reason: `no emulator in ${folder} (set REPID_TEST_PUBSUB_URL to use a running one)`,
    };
  }
  if (!await onPath("java")) return { kind: "missing", reason: "no java on PATH" };
  return { kind: "program", path: join(folder, name) };
}

/** The suite whose pstest knows neither order nor dead letters. */
const OLD = "bookworm";

/**
 * Builds Google's fake of its own tests. Of the suites that have a version with order and dead letters, backports are what
 * changes least; the old one will be there when they are gone.
 */
function providePstest(): Promise<Provision> {
  return provide({
    name: "pstest",
    variable: "REPID_TEST_PSTEST_URL",
    program: "pstest",
    build: { script: new URL("pstest/build.sh", import.meta.url), suites: ["trixie-backports", OLD] },
  });
}

/** A service to test with. */
export interface PrivatePubsub {
  /** Where it is: `http://127.0.0.1:…`. */
  readonly url: string;
  /** Its process; `undefined` where the environment names a running one. */
  readonly process: BrokerProcess | undefined;
}

/** Starts a private one. */
export async function startPeer({ found, kind }: PubsubPeer): Promise<PrivatePubsub> {
  if (found.kind === "url") return { url: found.url, process: undefined };
  const [port = 0] = await freePorts(1);
  const directory = await temporaryDirectory("pubsub");
  const java = ["-Xmx256m", "-XX:+UseSerialGC", "-XX:TieredStopAtLevel=1", "-jar", found.path];
  const process = await BrokerProcess.start({
    ...(kind === "emulator"
      ? { program: "java", args: [...java, "--host=127.0.0.1", `--port=${port}`] }
      : { program: found.path, args: [`-address=127.0.0.1:${port}`] }),
    directory,
    isReady: () => isListening(port),
  });
  return { url: `http://127.0.0.1:${port}`, process };
}

/** How a channel is made. */
export interface ChannelOptions {
  /** Keeps the order of messages with the same ordering key. */
  readonly isOrdered?: boolean;
  /** A topic that messages go to after five deliveries. */
  readonly deadLetterTopic?: string;
}

const string = (id: number): protobuf.IField => ({ type: "string", id });
const admin = protobuf.Root.fromJSON({
  nested: {
    Topic: { fields: { name: string(1) } },
    DeadLetterPolicy: {
      fields: { deadLetterTopic: string(1), maxDeliveryAttempts: { type: "int32", id: 2 } },
    },
    Subscription: {
      fields: {
        name: string(1),
        topic: string(2),
        ackDeadlineSeconds: { type: "int32", id: 5 },
        enableMessageOrdering: { type: "bool", id: 10 },
        deadLetterPolicy: { type: "DeadLetterPolicy", id: 13 },
      },
    },
  },
});

/** Creates a topic and a subscription of that name; harmless where they exist. */
export async function createChannel(url: string, name: string, options: ChannelOptions = {}): Promise<void> {
  const client = new Client(new URL(url).host, credentials.createInsecure());
  const topic = `projects/${PROJECT}/topics/${name}`;
  const { isOrdered = false, deadLetterTopic } = options;
  const subscription = {
    name: `projects/${PROJECT}/subscriptions/${name}`,
    topic,
    ackDeadlineSeconds: 10,
    enableMessageOrdering: isOrdered,
    ...(deadLetterTopic === undefined ? {} : {
      deadLetterPolicy: {
        deadLetterTopic: `projects/${PROJECT}/topics/${deadLetterTopic}`,
        maxDeliveryAttempts: 5,
      },
    }),
  };
  try {
    await call(client, "Publisher/CreateTopic", "Topic", { name: topic });
    await call(client, "Subscriber/CreateSubscription", "Subscription", subscription);
  } finally {
    client.close();
  }
}

const ALREADY_EXISTS = 6;

function call(client: Client, method: string, type: string, value: Record<string, unknown>): Promise<void> {
  const codec = admin.lookupType(type);
  const encode = (value: Record<string, unknown>): Buffer => Buffer.from(codec.encode(value).finish());
  return new Promise((resolve, reject) => {
    client.makeUnaryRequest(
      `/google.pubsub.v1.${method}`,
      encode,
      () => undefined,
      value,
      { deadline: Date.now() + 10_000 },
      (error) => error && error.code !== ALREADY_EXISTS ? reject(error) : resolve(),
    );
  });
}
