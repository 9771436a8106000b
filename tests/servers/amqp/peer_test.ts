/**
 * What AMQP brokers may answer, played by a peer: outcomes of a publication, links, sessions and connections that end.
 * @module
 */
import type { MessageData } from "@repid/core";
import { AmqpError, AmqpServer } from "@repid/core/amqp";
import assert from "node:assert/strict";
import { Socket } from "node:net";
import { test } from "../../harness.ts";
import { Peer, type PeerDelivery, type PeerEvents, type PeerLink } from "./peer.ts";
import { SentFrames } from "./sent_frames.ts";
import { LENIENT, numbered, toMessage } from "./stage.ts";

const ERROR = { condition: "amqp:internal-error", description: "out of order" };

/** A server that is connected to a peer. */
async function withPeer(
  events: PeerEvents,
  fn: (server: AmqpServer, peer: Peer) => Promise<void>,
): Promise<void> {
  await using peer = await Peer.start(events);
  const server = new AmqpServer(peer.url, { names: "plain", connectTimeout: 2_000 });
  const connection = await server.connect();
  await fn(server, peer);
  await connection.close();
}

function publish(server: AmqpServer, text = "x"): Promise<void> {
  return server.publish("queue", toMessage(text), {});
}

test("AmqpServer.publish() refuses what the broker says is too large, and sends the rest", async () => {
  const received: number[] = [];
  const note = (_: PeerDelivery, { body }: { readonly body?: unknown }): boolean =>
    received.push((body as { content: Uint8Array }).content.length) > 0;
  await withPeer({ largest: 1_000, received: note }, async (server) => {
    const publishing = ["small", "x".repeat(2_000), "last"].map((text) => publish(server, text));
    const outcomes = await Promise.allSettled(publishing);
    assert.deepEqual(outcomes.map(({ status }) => status), ["fulfilled", "rejected", "fulfilled"]);
    const { reason } = outcomes[1] as PromiseRejectedResult;
    assert.ok(reason instanceof AmqpError);
    assert.match(
      reason.message,
      /Cannot publish to queue as the message is too large: 2\d\d\d bytes of at most 1000/,
    );
    assert.deepEqual([reason.scope, reason.condition], ["message", "amqp:link:message-size-exceeded"]);
    assert.equal(server.isRetriable(reason), false);
    assert.deepEqual(received, [5, 4]);
  });
}, LENIENT);

test(
  "AmqpServer.publish() takes the largest for the one that was too large, where the broker did not say before",
  async () => {
    const received = (_: PeerDelivery, __: unknown, link: PeerLink): boolean => {
      link.close({ condition: "amqp:link:message-size-exceeded", description: "too large" });
      return false;
    };
    await withPeer({ received }, async (server) => {
      const publishing = ["small", "x".repeat(2_000), "last"].map((text) => publish(server, text));
      const outcomes = await Promise.allSettled(publishing);
      const isRetriable = outcomes.map((outcome) =>
        server.isRetriable((outcome as PromiseRejectedResult).reason)
      );
      assert.deepEqual(isRetriable, [true, false, true]);
    });
  },
  LENIENT,
);

const OUTCOMES: readonly (readonly [string, (delivery: PeerDelivery) => void, boolean, RegExp])[] = [
  ["released", (delivery) => delivery.release(), true, /the broker released the message: nothing takes it/],
  ["rejected", (delivery) => delivery.reject(), false, /the broker rejected the message: no reason given/],
  [
    "modified",
    (delivery) => delivery.modified({ delivery_failed: true }),
    true,
    /the broker modified the message/,
  ],
];
for (const [outcome, settle, isRetriable, message] of OUTCOMES) {
  test(`AmqpServer.publish() rejects when the broker ${outcome} the message, and only that`, async () => {
    const received = (delivery: PeerDelivery, { body }: { readonly body?: unknown }): boolean => {
      const isOdd = new TextDecoder().decode((body as { content: Uint8Array }).content) === "odd";
      // Not in one pass with what is accepted, or rhea would say that of it as well.
      if (isOdd) setImmediate(() => settle(delivery));
      return !isOdd;
    };
    await withPeer({ received }, async (server) => {
      const outcomes = await Promise.allSettled(["even", "odd", "even"].map((text) => publish(server, text)));
      assert.deepEqual(outcomes.map(({ status }) => status), ["fulfilled", "rejected", "fulfilled"]);
      const { reason } = outcomes[1] as PromiseRejectedResult;
      assert.ok(reason instanceof AmqpError);
      assert.match(reason.message, message);
      assert.deepEqual([reason.scope, server.isRetriable(reason)], ["message", isRetriable]);
    });
  }, LENIENT);
}

const ENDINGS: readonly (readonly [string, (link: PeerLink) => void, string])[] = [
  ["detaches the link", (link) => link.close(ERROR), "link"],
  ["ends the session", (link) => link.session.close(ERROR), "link"],
  ["closes the connection", (link) => link.connection.close(ERROR), "connection"],
  ["breaks off the connection", (link) => void link.connection.socket.destroy(), "connection"],
];
for (const [what, end, scope] of ENDINGS) {
  test(
    `AmqpServer.publish() rejects when the broker ${what} before it confirmed, and the next one gets through`,
    async () => {
      let count = 0;
      const received = (_: PeerDelivery, __: unknown, link: PeerLink): boolean => {
        if (++count === 3) end(link);
        return count > 3;
      };
      await withPeer({ received }, async (server) => {
        const outcomes = await Promise.allSettled(numbered(3).map((text) => publish(server, text)));
        for (const outcome of outcomes) {
          assert.equal(outcome.status, "rejected");
          const { reason } = outcome as PromiseRejectedResult;
          assert.ok(reason instanceof AmqpError, String(reason));
          assert.equal(reason.scope, scope);
          assert.equal(server.isRetriable(reason), true);
        }
        await publish(server);
      });
    },
    LENIENT,
  );
}

test("AmqpServer.publish() rejects when the broker does not confirm in time", async () => {
  await using peer = await Peer.start({ received: () => false });
  const server = new AmqpServer(peer.url, { names: "plain", publishTimeout: 100 });
  const connection = await server.connect();
  await assert.rejects(publish(server), { name: "AmqpError", isRetriable: true });
  await connection.close();
}, LENIENT);

test("AmqpServer gives every link a name of its own", async () => {
  const names: string[] = [];
  await withPeer({ attached: ({ name }) => void names.push(name) }, async (server) => {
    const targets = numbered(40);
    await Promise.all([...targets, ...targets].map((name) => server.publish(name, toMessage("x"), {})));
    assert.equal(names.length, 40);
    assert.equal(new Set(names).size, 40);
  });
}, LENIENT);

test(
  "AmqpServer begins no session in the place of one just ended, which RabbitMQ 4.0 would lose",
  async () => {
    await using peer = await Peer.start({});
    using frames = new SentFrames(Number(new URL(peer.url).port));
    const server = new AmqpServer(peer.url, { names: "plain", connectTimeout: 2_000 });
    const connection = await server.connect();
    for (let count = 0; count < 3; count++) await (await server.subscribe(["queue"])).close();
    await connection.close();
    assert.deepEqual(frames.begun, [0, 1, 2]);
  },
  LENIENT,
);

test("AmqpServer ends the session of a subscription that has lost one link of several", async () => {
  const links: PeerLink[] = [];
  await using peer = await Peer.start({ subscribed: (link) => void links.push(link) });
  using frames = new SentFrames(Number(new URL(peer.url).port));
  const server = new AmqpServer(peer.url, { names: "plain", connectTimeout: 2_000 });
  const connection = await server.connect();
  const subscription = await server.subscribe(["one", "two"]);
  const broken = assert.rejects(subscription.take(10, 5_000), { condition: ERROR.condition, scope: "link" });
  links[1]?.close(ERROR);
  await broken;
  assert.equal(subscription.isActive, false);
  assert.equal(frames.count("end"), 0);
  await subscription.close();
  // Else the broker would go on to send to the link that is left.
  assert.equal(frames.count("end"), 1);
  await connection.close();
}, LENIENT);

test("AmqpServer sends small frames at once", async () => {
  const { setNoDelay } = Socket.prototype;
  const calls: unknown[] = [];
  Socket.prototype.setNoDelay = function (this: Socket, isOn?: boolean): Socket {
    calls.push(isOn);
    return setNoDelay.call(this, isOn);
  };
  try {
    await withPeer({}, async () => {});
    assert.ok(calls.includes(true));
  } finally {
    Socket.prototype.setNoDelay = setNoDelay;
  }
}, LENIENT);

test("AmqpServer sends the publications of one turn in one write", async () => {
  await using peer = await Peer.start({});
  using frames = new SentFrames(Number(new URL(peer.url).port));
  const server = new AmqpServer(peer.url, { names: "plain" });
  const connection = await server.connect();
  await publish(server);
  frames.reset();
  await Promise.all(numbered(100).map((text) => publish(server, text)));
  assert.equal(frames.count("transfer"), 100);
  assert.ok(frames.writes <= 3, `${frames.writes} writes`);
  await connection.close();
}, LENIENT);

test("AmqpServer.publish() is durable, and carries what the message says of itself", async () => {
  const seen: Record<string, unknown>[] = [];
  const received = (_: PeerDelivery, message: object): boolean => seen.push({ ...message }) > 0;
  await withPeer({ received }, async (server) => {
    const message: MessageData = { ...toMessage("x"), contentType: "text/plain", replyTo: "answers" };
    await server.publish("queue", message, {});
  });
  const [{ durable, content_type, reply_to, message_id, application_properties } = {}] = seen;
  // rhea reads a boolean of two bytes as a number.
  assert.equal(Boolean(durable), true);
  assert.deepEqual([content_type, reply_to], ["text/plain", "answers"]);
  assert.match(String(message_id), /^[0-9a-f-]{36}$/);
  assert.deepEqual({ ...application_properties as object }, { topic: "work" });
}, LENIENT);
