/**
 * What an AMQP peer does wrong: messages that cannot be read, sockets that are just gone, attachments without an answer.
 * @module
 */
import { AmqpServer } from "@repid/core/amqp";
import assert from "node:assert/strict";
import { Buffer } from "node:buffer";
import { once } from "node:events";
import { Socket } from "node:net";
import { encodeMessage } from "../../src/servers/amqp/encode.ts";
import { test } from "../harness.ts";
import { Peer, type PeerLink } from "./amqp/peer.ts";
import { LENIENT, toMessage } from "./amqp/stage.ts";

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
    const server = new AmqpServer(peer.url, { addresses: "plain", timeout: 2_000 });
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
    const server = new AmqpServer(peer.url, { addresses: "plain", timeout: 2_000 });
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
