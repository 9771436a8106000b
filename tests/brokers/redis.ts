/**
 * Private Redis and Valkey servers.
 * @module
 */
import { connect } from "node:net";
import { join } from "node:path";
import { BrokerProcess, freePorts, temporaryDirectory } from "./process.ts";
import { type Found, provide, type Provision } from "./provision.ts";

/** The servers that the tests know. */
export const REDIS_FLAVOURS = ["Redis 7", "Redis 8", "Valkey"] as const;

/** One of them. */
export type RedisFlavour = typeof REDIS_FLAVOURS[number];

/** Finds one of them, or installs it. */
export function provideRedis(flavour: RedisFlavour): Promise<Provision> {
  switch (flavour) {
    case "Redis 7":
      return provide({
        name: flavour,
        variable: "REPID_TEST_REDIS_URL",
        program: "redis-server",
        debianPackage: "redis-server",
      });
    case "Redis 8":
      // The newest that Debian has: 8.6, with what came since 8.0.
      return provide({
        name: flavour,
        variable: "REPID_TEST_REDIS8_URL",
        program: "redis-server",
        unpack: { suite: "experimental", packages: ["redis-server", "redis-tools"] },
      });
    case "Valkey":
      return provide({
        name: flavour,
        variable: "REPID_TEST_VALKEY_URL",
        program: "valkey-server",
        unpack: { suite: "trixie", packages: ["valkey-server", "valkey-tools"] },
      });
  }
}

/** A Redis to test with. */
export interface PrivateRedis {
  /** Where it is: `redis://127.0.0.1:…`. */
  readonly url: string;
  /** Its port. */
  readonly port: number;
  /** The path of its unix socket. */
  readonly socket: string;
  /** Its process, to kill, to stop and to start again. */
  readonly process: BrokerProcess;
}

/** Options of {@linkcode startRedis}. */
export interface StartRedisOptions {
  /** Keeps everything on disk, synced before each answer. Defaults to keeping nothing. */
  readonly durable?: boolean;
  /** More of the program's options, as on its command line. */
  readonly args?: readonly string[];
}

/** Starts a private server. */
export async function startRedis(found: Found, options: StartRedisOptions = {}): Promise<PrivateRedis> {
  if (found.kind === "url") {
    throw new TypeError("Cannot start a broker as the environment names a running one");
  }
  const { durable = false, args = [] } = options;
  const [port = 0] = await freePorts(1);
  const directory = await temporaryDirectory("redis");
  const socket = join(directory, "redis.sock");
  const process = await BrokerProcess.start({
    program: found.path,
    args: [
      ...["--port", String(port), "--bind", "127.0.0.1", "--dir", directory, "--save", ""],
      ...["--unixsocket", socket, "--protected-mode", "no", "--daemonize", "no"],
      ...["--appendonly", durable ? "yes" : "no", "--appendfsync", "always"],
      ...args,
    ],
    directory,
    isReady: () => answersPing(port),
  });
  return { url: `redis://127.0.0.1:${port}`, port, socket, process };
}

/** An open port is not enough: a Redis that still loads its data refuses commands. One that asks for a password is ready. */
function answersPing(port: number): Promise<boolean> {
  return new Promise((resolve) => {
    const socket = connect({ port, host: "127.0.0.1" }, () => socket.write("PING\r\n"));
    const answer = (isReady: boolean): void => {
      socket.destroy();
      resolve(isReady);
    };
    socket.once(
      "data",
      (reply: Uint8Array) => answer(/^(\+PONG|-NOAUTH)/.test(new TextDecoder().decode(reply))),
    );
    socket.once("error", () => answer(false));
    socket.once("close", () => resolve(false));
  });
}
