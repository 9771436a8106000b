/**
 * Tests on a Redis of their own, started as they need it.
 * @module
 */
import { readFile, rm } from "node:fs/promises";
import { join } from "node:path";
import { Redis } from "ioredis";
import { canCertify, certify } from "../../brokers/certificates.ts";
import { freePorts, temporaryDirectory } from "../../brokers/process.ts";
import {
  type PrivateRedis,
  provideRedis,
  REDIS_FLAVOURS,
  type RedisFlavour,
  startRedis,
} from "../../brokers/redis.ts";
import type { Provision } from "../../brokers/provision.ts";
import { skip, test } from "../../harness.ts";

const provisions = new Map<RedisFlavour, Provision>();
for (const flavour of REDIS_FLAVOURS) provisions.set(flavour, await provideRedis(flavour));

/** What a test has. */
export interface RedisParts {
  readonly redis: PrivateRedis;
  /** Looks from outside. */
  readonly client: Redis;
}

/** A test on a Redis 7, or another one, with these arguments of its program. */
export function onRedis(
  name: string,
  args: readonly string[],
  look: (parts: RedisParts) => Promise<void>,
  flavour: RedisFlavour = "Redis 7",
): void {
  const found = provisions.get(flavour);
  if (found?.kind !== "program") {
    return skip(
      name,
      found?.kind === "missing" ? found.reason : "the running Redis is not for this test alone",
    );
  }
  test(name, async () => {
    const redis = await startRedis(found, { args });
    const client = new Redis(redis.url);
    // It is told by the command that needs an answer.
    client.on("error", () => {});
    try {
      await look({ redis, client });
    } finally {
      await client.quit();
      await closeBroker(redis);
    }
  }, { sanitizeOps: false, sanitizeResources: false });
}

/** The same test on each of the servers that the tests know. */
export function onEachRedis(name: string, look: (parts: RedisParts) => Promise<void>): void {
  for (const flavour of REDIS_FLAVOURS) onRedis(`${name} (${flavour})`, [], look, flavour);
}

/** A broker's process keeps nobody awake, so that waiting for its end alone would end Deno's event loop. */
async function closeBroker({ process }: PrivateRedis): Promise<void> {
  const awake = setInterval(() => {}, 1_000);
  try {
    await process.close();
  } finally {
    clearInterval(awake);
  }
}

/** What a test with TLS has. */
export interface TlsParts {
  /** Where Redis speaks TLS: `rediss://127.0.0.1:…`. */
  readonly url: string;
  readonly port: number;
  /** The certificate of who signed the server's. */
  readonly authority: string;
  /** The certificate of somebody else. */
  readonly stranger: string;
}

/** A test on a Redis that speaks TLS, with certificates made for it. */
export function onTlsRedis(name: string, look: (parts: TlsParts) => Promise<void>): void {
  if (!canCertify) return skip(name, "there is no openssl to make certificates with");
  onRedis(name, [], async ({ client }) => {
    const directory = await temporaryDirectory("tls");
    try {
      const at = (file: string): string => join(directory, file);
      await certify(directory);
      const [port = 0] = await freePorts(1);
      const files = ["tls-cert-file", at("server.crt"), "tls-key-file", at("server.key")];
      const clients = ["tls-ca-cert-file", at("authority.crt"), "tls-auth-clients", "no"];
      await client.call("CONFIG", "SET", ...files, ...clients, "tls-port", String(port));
      const authority = await readFile(at("authority.crt"), "utf8");
      const stranger = await readFile(at("stranger.crt"), "utf8");
      await look({ url: `rediss://127.0.0.1:${port}`, port, authority, stranger });
    } finally {
      await rm(directory, { recursive: true, force: true });
    }
  });
}
