/**
 * Who may connect, by what, and what is said where that fails.
 * @module
 */
import { AmqpError, AmqpServer, type AmqpServerOptions } from "@repid/core/amqp";
import assert from "node:assert/strict";
import { runtime, test } from "../../harness.ts";
import { bundleForNode } from "../../processes/node.ts";
import type { Certificates } from "./certificates.ts";
import { SentFrames } from "./sent_frames.ts";
import { collect } from "../collect.ts";
import { connect, LENIENT, newQueue, publish, type Stage, textOf } from "./stage.ts";

/** Registers them. */
export function testAccess({ rabbit }: Stage, tls: Certificates): void {
  const secure = `amqps://127.0.0.1:${tls.port}`;
  const trusting = { ca: tls.ca };

  const refused: readonly (readonly [string, string, AmqpServerOptions, RegExp, boolean])[] = [
    [
      "wrong credentials",
      `amqp://guest:wrong@127.0.0.1:${rabbit.port}`,
      {},
      /it does not let in the user guest with this password$/,
      false,
    ],
    [
      "a virtual host that does not exist",
      `amqp://guest:guest@127.0.0.1:${rabbit.port}/nowhere`,
      {},
      /is there a virtual host nowhere\?$/,
      false,
    ],
    ["a port where nobody listens", "amqp://127.0.0.1:1", {}, /the connection failed: .*ECONNREFUSED/, true],
    ["a host that does not exist", "amqp://nowhere.invalid", {}, /the connection failed: .*nowhere/, true],
    ["a certificate that nobody vouches for", secure, {}, /the connection failed: .*certificate/i, false],
    [
      "a certificate of a user who does not exist",
      secure,
      { tls: { ...trusting, ...tls.courier } },
      /it does not let in whom our certificate names$/,
      false,
    ],
    [
      "a certificate for another name",
      secure,
      { tls: { ...trusting, servername: "elsewhere.example" } },
      /the connection failed: .*/,
      false,
    ],
  ];
  for (const [what, url, options, message, isRetriable] of refused) {
    test(`AmqpServer.connect() rejects with ${what}, and says so`, async () => {
      const server = new AmqpServer(url, options);
      const error = await server.connect().then(() => undefined, (reason: unknown) => reason);
      assert.ok(error instanceof AmqpError);
      assert.match(error.message, /^Cannot connect to [\w.]+:\d+ as /);
      assert.match(error.message, message);
      assert.doesNotMatch(error.message, /wrong/);
      assert.deepEqual([error.scope, server.isRetriable(error)], ["connection", isRetriable]);
      assert.equal(server.isConnected, false);
    }, LENIENT);
  }

  test("AmqpServer connects to virtual hosts", async () => {
    await rabbit.api("PUT", "vhosts/a%2Fb");
    await rabbit.api("PUT", "permissions/a%2Fb/guest", { configure: ".*", write: ".*", read: ".*" });
    await rabbit.api("PUT", "queues/a%2Fb/only-there", {});
    const { close, server } = await connect(rabbit, `${rabbit.url}/a%2Fb`);
    await publish(server, "only-there", ["x"]);
    await close();
    assert.equal(server.isConnected, false);
  }, LENIENT);

  const logins: readonly (readonly [string, string, string, AmqpServerOptions])[] = [
    [
      "with user and password, percent-encoded",
      "PLAIN",
      `amqp://us%40er:p%40ss%2Fw%C3%B6rd@127.0.0.1:${rabbit.port}/%2F`,
      {},
    ],
    ["without credentials", "ANONYMOUS", `amqp://127.0.0.1:${rabbit.port}`, {}],
    ["with a certificate", "EXTERNAL", secure, { tls: { ...trusting, ...tls.courier } }],
    [
      "with a password, where there is a certificate as well",
      "PLAIN",
      secure.replace("//", "//guest:guest@"),
      { tls: { ...trusting, ...tls.courier } },
    ],
  ];
  for (const [how, mechanism, url, options] of logins) {
    test(`AmqpServer logs in ${how} (SASL ${mechanism})`, async () => {
      await rabbit.api("PUT", "users/us%40er", { password: "p@ss/wörd", tags: "" });
      await rabbit.api("PUT", "permissions/%2F/us%40er", { configure: "", write: ".*", read: ".*" });
      await rabbit.api("PUT", "users/courier", { password_hash: "", tags: "" });
      await rabbit.api("PUT", "permissions/%2F/courier", { configure: "", write: ".*", read: ".*" });
      using frames = new SentFrames(Number(new URL(url).port));
      const { close, server } = await connect(rabbit, url, options);
      assert.equal(frames.mechanism, mechanism);
      await publish(server, await newQueue(rabbit), ["x"]);
      await close();
      await rabbit.api("DELETE", "users/courier");
    }, LENIENT);
  }

  test("AmqpServer speaks TLS, to an IP address and to a name", async () => {
    for (const url of [secure, secure.replace("127.0.0.1", "localhost")]) {
      const { server, subscribe, close } = await connect(rabbit, url, { tls: trusting });
      const queue = await newQueue(rabbit);
      await publish(server, queue, ["secret"]);
      assert.deepEqual((await collect(await subscribe(queue), 1)).map(textOf), ["secret"]);
      await close();
    }
  }, LENIENT);

  // Bun makes of TypeScript what Node understands.
  if (runtime() === "bun") {
    test("AmqpServer speaks TLS to an IP address on Node", async () => {
      const queue = await newQueue(rabbit);
      const start = bundleForNode(new URL("./tls_on_node.ts", import.meta.url));
      const { code, lines } = await start(secure, queue, tls.ca).ends();
      assert.deepEqual({ code, lines }, { code: 0, lines: ["secret"] });
    });
  }
}
