/**
 * What an AMQP peer does wrong: messages that cannot be read, sockets that are just gone, attachments without an answer.
 * @module
 */
import { type AmqpError, AmqpServer } from "@repid/core/amqp";
import assert from "node:assert/strict";
import { Buffer } from "node:buffer";
import { once } from "node:events";
import { Socket } from "node:net";
import { encodeMessage } from "../../../src/servers/amqp/encode.ts";
import { test } from "../../harness.ts";
import { Peer, type PeerEvents, type PeerLink } from "./peer.ts";
import { SentFrames } from "./sent_frames.ts";
import { LENIENT, numbered, toMessage } from "./stage.ts";

/** Calls back when the link has credit, the first time. */
function whenSendable(link: PeerLink, call: () => void): void {
  let isFirst = true;
  link.on("sendable", () => {
    if (isFirst) call();
    isFirst = false;
  });
}

function encoded(text: string): Uint8Array {
  return encodeMessage(toMessage(text), {});
}

const UNREADABLE: readonly (readonly [string, string])[] = [
  ["is no AMQP", "ffffffff"],
  ["ends within its body", "005375a0ff78"],
  ["ends within the length of its body", "005375b000"],
];
for (const [what, bytes] of UNREADABLE) {
  test(`AmqpServer rejects a message that ${what}, and goes on`, async () => {
    const outcomes: string[] = [];
    await using peer = await Peer.start({
      subscribed: (link) => {
        for (const outcome of ["accepted", "rejected", "released"]) {
          link.on(outcome, () => void outcomes.push(outcome));
        }
        whenSendable(link, () => link.send(Buffer.from(bytes, "hex"), undefined, 0));
        link.on("rejected", () => link.send(encoded("good"), undefined, 0));
      },
    });
    const server = new AmqpServer(peer.url, { names: "plain", connectTimeout: 2_000 });
    const connection = await server.connect();
    const subscription = await server.subscribe(["queue"]);
    const [delivery] = await subscription.take(1, 5_000);
    assert.equal(new TextDecoder().decode(delivery?.payload), "good");
    assert.equal(await delivery?.settle("ack"), "done");
    await subscription.close();
    assert.deepEqual(outcomes, ["rejected", "accepted"]);
    await connection.close();
  }, LENIENT);
}

test("AmqpServer answers that a settlement is lost where the socket was closed without a word", async () => {
  const { setNoDelay } = Socket.prototype;
  const sockets = new Set<Socket>();
  Socket.prototype.setNoDelay = function (this: Socket, isOn?: boolean): Socket {
    sockets.add(this);
    return setNoDelay.call(this, isOn);
  };
  try {
    await using peer = await Peer.start({
      subscribed: (link) => whenSendable(link, () => link.send(encoded("x"), undefined, 0)),
    });
    const server = new AmqpServer(peer.url, { names: "plain", connectTimeout: 2_000 });
    const connection = await server.connect();
    const subscription = await server.subscribe(["queue"]);
    const [delivery] = await subscription.take(1, 5_000);
    const port = Number(new URL(peer.url).port);
    const socket = [...sockets].find(({ remotePort }) => remotePort === port);
    assert.ok(socket);
    const closed = once(socket, "close");
    socket.destroy();
    await closed;
    assert.equal(await delivery?.settle("ack"), "lost");
    await subscription.close();
    await connection.close();
  } finally {
    Socket.prototype.setNoDelay = setNoDelay;
  }
}, LENIENT);

/** A peer, and its end of the connection that attached to it last. */
async function startPeer(events: PeerEvents = {}): Promise<{ peer: Peer; socket: () => Socket }> {
  let last: PeerLink | undefined;
  const attached = (link: PeerLink): void => {
    last = link;
    events.attached?.(link);
  };
  const socket = (): Socket => {
    assert.ok(last);
    return last.connection.socket;
  };
  return { peer: await Peer.start({ ...events, attached }), socket };
}

test("AmqpServer.publish() waits for a sender no longer than for a confirmation", async () => {
  const { peer, socket } = await startPeer();
  await using _ = peer;
  const server = new AmqpServer(peer.url, { names: "plain", connectTimeout: 2_000, publishTimeout: 200 });
  const connection = await server.connect();
  await server.publish("0", toMessage("x"), {});
  socket().pause();
  const names = [...numbered(32), "other"];
  const outcomes = await Promise.allSettled(names.map((name) => server.publish(name, toMessage("x"), {})));
  const { reason } = outcomes.at(-1) as PromiseRejectedResult;
  assert.match(reason.message, /Cannot publish to other as all 32 senders were busy for 200 ms/);
  assert.equal(server.isRetriable(reason), true);
  socket().resume();
  await connection.close();
}, LENIENT);

test(
  "AmqpServer.publish() gets a sender although all of them are always busy with other addresses",
  async () => {
    await using peer = await Peer.start({});
    const server = new AmqpServer(peer.url, { names: "plain", connectTimeout: 2_000, publishTimeout: 4_000 });
    const connection = await server.connect();
    let isOver = false;
    const keepBusy = async (name: string): Promise<void> => {
      while (!isOver) await server.publish(name, toMessage("x"), {});
    };
    // Each is confirmed while the other is under way.
    const busy = numbered(40).flatMap((name) => [keepBusy(name), keepBusy(name)]);
    const others = ["one more", "and another"];
    await Promise.all(others.map((name) => server.publish(name, toMessage("x"), {})));
    isOver = true;
    await Promise.all(busy);
    await connection.close();
  },
  LENIENT,
);

test("AmqpServer.publish() gets a sender although the broker answers one detach never", async () => {
  let isFirst = true;
  await using peer = await Peer.start({
    attached: (link) => {
      if (isFirst) link.close = () => {};
      isFirst = false;
    },
  });
  const server = new AmqpServer(peer.url, { names: "plain", connectTimeout: 60_000, publishTimeout: 1_000 });
  const connection = await server.connect();
  // The first one is the one that leaves.
  for (const name of numbered(32)) await server.publish(name, toMessage("x"), {});
  const others = ["one more", "another", "and another"];
  await Promise.all(others.map((name) => server.publish(name, toMessage("x"), {})));
  await connection.close();
}, LENIENT);

test(
  "AmqpServer.publish() rejects where the broker does not attach in time, however long a confirmation may take",
  async () => {
    const { peer, socket } = await startPeer();
    await using _ = peer;
    const server = new AmqpServer(peer.url, { names: "plain", connectTimeout: 200, publishTimeout: 20_000 });
    const connection = await server.connect();
    await server.publish("one", toMessage("x"), {});
    socket().pause();
    await assert.rejects(server.publish("two", toMessage("x"), {}), {
      message: /the broker did not attach the sender in 200 ms/,
      isRetriable: true,
    });
    socket().resume();
    await connection.close();
  },
  LENIENT,
);

for (const condition of ["amqp:link:message-size-exceeded", "amqp:unauthorized-access"]) {
  test(`AmqpServer.publish() takes ${condition} for final`, async () => {
    const { peer } = await startPeer({
      received: (_, __, link) => {
        link.close({ condition, description: "no" });
        return false;
      },
    });
    await using _ = peer;
    const server = new AmqpServer(peer.url, { names: "plain", connectTimeout: 2_000 });
    const connection = await server.connect();
    const error = await server.publish("queue", toMessage("x"), {}).catch((error: unknown) => error);
    assert.deepEqual([(error as AmqpError).condition, server.isRetriable(error)], [condition, false]);
    await connection.close();
  }, LENIENT);
}

test(
  "AmqpServer.connect() leaves no connection behind when it is aborted, unless somebody else wants it",
  async () => {
    await using peer = await Peer.start({});
    using frames = new SentFrames(Number(new URL(peer.url).port));
    const server = new AmqpServer(peer.url, { names: "plain", connectTimeout: 2_000 });
    const abort = async (): Promise<void> => {
      const aborting = new AbortController();
      const connecting = server.connect({ signal: aborting.signal });
      // Once it is under way.
      queueMicrotask(() => queueMicrotask(() => aborting.abort(new Error("enough"))));
      await assert.rejects(connecting, /enough/);
    };
    await abort();
    const connection = await server.connect();
    assert.equal(server.isConnected, true);
    assert.equal(frames.count("close"), 0);
    await connection.close();
    assert.equal(frames.count("close"), 1);
    await abort();
    while (frames.count("close") < 2) await new Promise((resolve) => setImmediate(resolve));
  },
  LENIENT,
);
