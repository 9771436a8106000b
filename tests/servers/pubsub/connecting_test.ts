/**
 * How the Pub/Sub server reaches its service: TLS, access tokens, connections that are cut or fall silent.
 * @module
 */
import assert from "node:assert/strict";
import { readFile, rm, writeFile } from "node:fs/promises";
import { createServer } from "node:http";
import { join } from "node:path";
import process from "node:process";
import { PubsubError, PubsubServer } from "@repid/core/pubsub";
import { canCertify, certify } from "../../brokers/certificates.ts";
import { temporaryDirectory } from "../../brokers/process.ts";
import { Proxy } from "../../brokers/proxy.ts";
import { PROJECT } from "../../brokers/pubsub.ts";
import { PubsubService } from "../../brokers/pubsub_service.ts";
import { skip, test } from "../../harness.ts";
import { Child } from "../../processes/child.ts";
import { onService, take, textOf, toMessage } from "./private_pubsub.ts";

interface SecureParts {
  readonly service: PubsubService;
  /** The way to it. */
  readonly url: string;
  /** The certificate of who signed the service's. */
  readonly ca: string;
  /** The certificate of somebody else. */
  readonly stranger: string;
  /** Files of the test. */
  readonly directory: string;
}

/** grpc-js keeps the timers of a failed connection for a while. */
const LENIENT = { sanitizeOps: false, sanitizeResources: false };

/** A test with a service behind TLS. */
function onSecureService(name: string, look: (parts: SecureParts) => Promise<void>): void {
  if (!canCertify) return skip(name, "there is no openssl to make certificates with");
  test(name, async () => {
    const directory = await temporaryDirectory("tls");
    const read = (file: string): Promise<string> => readFile(join(directory, file), "utf8");
    try {
      await certify(directory);
      await using service = await PubsubService.start();
      service.create("a");
      const certificate = { cert: await read("server.crt"), key: await read("server.key") };
      await using proxy = await Proxy.to(service.url, certificate);
      const [ca, stranger] = [await read("authority.crt"), await read("stranger.crt")];
      await look({ service, url: proxy.url, ca, stranger, directory });
    } finally {
      await rm(directory, { recursive: true, force: true });
    }
  }, LENIENT);
}

test("PubsubServer.connect() waits for a token no longer than it may, nor than anybody wants it", async () => {
  const asked = Promise.withResolvers<void>();
  const credentials = (): Promise<string> => {
    asked.resolve();
    return new Promise(() => {});
  };
  const url = `https://127.0.0.1:1/projects/${PROJECT}`;
  const patient = new PubsubServer(url, { credentials });
  const leaving = new AbortController();
  const connecting = patient.connect({ signal: leaving.signal });
  await asked.promise;
  const reason = new Error("enough");
  leaving.abort(reason);
  await assert.rejects(connecting, (error) => error === reason);

  const server = new PubsubServer(url, { credentials, connectTimeout: 50 });
  // The second is behind the first.
  const [first, second] = await Promise.allSettled([server.connect(), server.connect()]);
  for (const outcome of [first, second]) {
    assert.ok(outcome.status === "rejected" && outcome.reason instanceof PubsubError);
    assert.match(outcome.reason.message, /no access token within 50 ms$/);
    assert.equal(server.isRetriable(outcome.reason), true);
  }
});

onSecureService(
  "PubsubServer speaks TLS, and brings its access token along with each request",
  async (parts) => {
    const { url, service, ca } = parts;
    let tokens = 0;
    const credentials = (): Promise<string> => Promise.resolve(`token-${++tokens}`);
    const server = new PubsubServer(`${url}/projects/${PROJECT}`, { tls: { ca }, credentials });
    await using _connection = await server.connect();
    await server.publish("a", toMessage("x"), {});
    await take(server, "a", 1, (delivery) => delivery.settle("ack"));
    const sent = service.asked.map(({ method, authorization }) => `${method} ${authorization?.slice(0, 13)}`);
    assert.deepEqual(sent, ["publish Bearer token-", "pull Bearer token-", "acknowledge Bearer token-"]);
  },
);

onSecureService(
  "PubsubServer does not talk to a service that it does not trust",
  async ({ service, url, stranger }) => {
    for (const tls of [{}, { ca: stranger }]) {
      const server = new PubsubServer(`${url}/projects/${PROJECT}`, { tls, credentials: "none" });
      const error = await server.connect().catch((error: unknown) => error);
      assert.ok(error instanceof PubsubError);
      assert.match(error.message, /certificate/);
      assert.equal(server.isRetriable(error), false);
      assert.equal(server.isConnected, false);
    }
    assert.deepEqual(service.asked, []);
  },
);

onSecureService(
  "PubsubServer wants the name of whom it meant in the certificate",
  async ({ service, url, ca }) => {
    const [byName, other] = [url.replace("127.0.0.1", "localhost"), "somebody.else"];
    for (
      const [target, servername] of [[byName, undefined], [url, "localhost"], [byName, "127.0.0.1"]] as const
    ) {
      const tls = { ca, ...(servername === undefined ? {} : { servername }) };
      const server = new PubsubServer(`${target}/projects/${PROJECT}`, { tls, credentials: "none" });
      await using _connection = await server.connect();
      assert.equal(server.isConnected, true);
    }
    const tls = { ca, servername: other };
    const server = new PubsubServer(`${url}/projects/${PROJECT}`, { tls, credentials: "none" });
    await assert.rejects(server.connect(), PubsubError);
    assert.deepEqual(service.asked, []);
  },
);

onSecureService(
  "PubsubServer says whether a missing token may come later",
  async ({ url, ca }) => {
    const passing = Object.assign(new Error("connect ECONNREFUSED"), { code: "ECONNREFUSED" });
    const missing = Object.assign(new Error("no such file"), { code: "ENOENT" });
    const refused = Object.assign(new Error("invalid_grant"), { response: { status: 400 } });
    const busy = Object.assign(new Error("unavailable"), { response: { status: 503 } });
    for (
      const [failure, isRetriable] of [[passing, true], [missing, false], [refused, false], [
        busy,
        true,
      ]] as const
    ) {
      const credentials = (): Promise<string> => Promise.reject(failure);
      const server = new PubsubServer(`${url}/projects/${PROJECT}`, { tls: { ca }, credentials });
      const error = await server.connect().catch((error: unknown) => error);
      assert.ok(error instanceof PubsubError);
      assert.match(error.message, /no access token: /);
      assert.equal(server.isRetriable(error), isRetriable, failure.message);
      assert.equal(error.cause, failure);
    }
  },
);

onSecureService("PubsubServer publishes with a token that becomes invalid and valid again", async (parts) => {
  const { url, service, ca } = parts;
  let isValid = true;
  const credentials = (): Promise<string> =>
    isValid ? Promise.resolve("t") : Promise.reject(Object.assign(new Error("busy"), { status: 503 }));
  const server = new PubsubServer(`${url}/projects/${PROJECT}`, { tls: { ca }, credentials });
  await using _connection = await server.connect();
  isValid = false;
  const publishing = server.publish("a", toMessage("x"), { timeout: 5_000 });
  const stillInvalid = server.publish("a", toMessage("y"), { timeout: 60 });
  await assert.rejects(stillInvalid, PubsubError);
  isValid = true;
  await publishing;
  assert.equal(service.counts.publish, 1);
});

onSecureService(
  "PubsubServer uses the application's default credentials, by Google's own library",
  async (parts) => {
    const { service, url, ca, directory } = parts;
    const asked: string[] = [];
    const endpoint = createServer((request, response) => {
      let body = "";
      request.on("data", (chunk) => body += chunk).on("end", () => {
        asked.push(body);
        const token = { access_token: "from-google", token_type: "Bearer", expires_in: 3_600 };
        const answer = { ...token, issued_token_type: "urn:ietf:params:oauth:token-type:access_token" };
        response.writeHead(200, { "content-type": "application/json", connection: "close" });
        response.end(JSON.stringify(answer));
      });
    });
    await new Promise<void>((resolve) => endpoint.listen(0, "127.0.0.1", resolve));
    const address = endpoint.address();
    const port = typeof address === "object" ? address?.port : 0;
    const [key, subject] = [join(directory, "key.json"), join(directory, "subject")];
    await writeFile(subject, "who we are");
    await writeFile(
      key,
      JSON.stringify({
        type: "external_account",
        audience: "//iam.googleapis.com/projects/1/locations/global/workloadIdentityPools/p/providers/q",
        subject_token_type: "urn:ietf:params:oauth:token-type:jwt",
        token_url: `http://127.0.0.1:${port}/token`,
        credential_source: { file: subject },
      }),
    );
    const before = process.env["GOOGLE_APPLICATION_CREDENTIALS"];
    process.env["GOOGLE_APPLICATION_CREDENTIALS"] = key;
    try {
      const server = new PubsubServer(`${url}/projects/${PROJECT}`, { tls: { ca } });
      await using _connection = await server.connect();
      for (const text of ["x", "y"]) await server.publish("a", toMessage(text), {});
      const tokens = service.asked.map(({ authorization }) => authorization);
      assert.deepEqual(tokens, ["Bearer from-google", "Bearer from-google"]);
      // Kept for as long as it is valid, and good for nothing but Pub/Sub.
      assert.equal(asked.length, 1);
      assert.match(
        decodeURIComponent(asked[0] ?? ""),
        /scope=https:\/\/www\.googleapis\.com\/auth\/pubsub(&|$)/,
      );
    } finally {
      if (before === undefined) delete process.env["GOOGLE_APPLICATION_CREDENTIALS"];
      else process.env["GOOGLE_APPLICATION_CREDENTIALS"] = before;
      await new Promise((resolve) => endpoint.close(resolve));
    }
  },
);

onService(
  "PubsubServer loads Google's library when it needs a token of it, and not before",
  async ({ service }) => {
    service.create("a");
    const child = Child.run(new URL("fixtures/pubsub_modules.ts", import.meta.url), service.url);
    const { lines } = await child.ends();
    assert.deepEqual(lines, ["without: false", "with: true"]);
  },
);

onService("PubsubServer goes on after its connections were cut", async ({ service }) => {
  service.create("a");
  await using proxy = await Proxy.to(service.url);
  const server = new PubsubServer(`${proxy.url}/projects/${PROJECT}`);
  await using _connection = await server.connect();
  const subscription = await server.subscribe(["a"]);
  for (const text of ["1", "2", "3"]) {
    await server.publish("a", toMessage(text), {});
    const [delivery] = await subscription.take(1, 10_000);
    assert.equal(delivery && textOf(delivery), text);
    proxy.cut();
    // What came before the cut is still ours.
    assert.equal(await delivery?.settle("ack"), "done");
  }
  await subscription.close();
});

onService("PubsubServer notices a connection that fell silent, and opens another", async ({ service }) => {
  service.create("a");
  await using proxy = await Proxy.to(service.url);
  const server = new PubsubServer(`${proxy.url}/projects/${PROJECT}`, { idleTimeout: 300 });
  await using _connection = await server.connect();
  const subscription = await server.subscribe(["a"]);
  const waiting = subscription.take(1, 10_000);
  await server.publish("a", toMessage("1"), {});
  assert.equal(await (await waiting)[0]?.settle("ack"), "done");
  proxy.silence();
  // Else it would deliver to the stream of whom nothing reaches, as Google does until the lease is over.
  service.endStreams();
  const again = subscription.take(1, 10_000);
  // On another connection, while the old one says nothing at all.
  await server.publish("a", toMessage("2"), { timeout: 8_000 });
  const [delivery] = await again;
  assert.equal(delivery && textOf(delivery), "2");
  assert.equal(await delivery?.settle("ack"), "done");
  await subscription.close();
});

test("PubsubServer.connect() says at once that nobody is there", async () => {
  const server = new PubsubServer(`http://127.0.0.1:1/projects/${PROJECT}`);
  const error = await server.connect().catch((error: unknown) => error);
  assert.ok(error instanceof PubsubError && error.isRetriable);
  assert.match(error.message, /^Cannot connect to 127\.0\.0\.1:1 as it cannot be reached/);
}, LENIENT);
