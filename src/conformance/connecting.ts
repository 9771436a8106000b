/**
 * Cases: connecting and disconnecting.
 * @module
 */
import type { ConformanceCase } from "./case.ts";
import { NotConnectedError } from "../contract/errors.ts";
import type { Capabilities, Server } from "../contract/server.ts";
import { assert, assertEqual, assertRejects } from "./assert.ts";
import { textOf, toMessage } from "./bodies.ts";
import type { Trial } from "./trial.ts";

const FLAGS: readonly (keyof Capabilities)[] = [
  "nativeReply",
  "leases",
  "ordered",
  "deadLetter",
  "stableMessageIds",
  "deliveryCounts",
  "durable",
];

/** Connecting and disconnecting. */
export const connectingCases: readonly ConformanceCase[] = [
  {
    name: "describes itself, before it is connected and after",
    run: async (trial) => {
      const server = await trial.harness.create();
      assert(server.protocol !== "" && server.host !== "", "protocol and host are named");
      assert(!server.host.includes("@"), "the host holds no credentials");
      const before = flagsOf(server);
      await trial.connect(server);
      assertEqual(flagsOf(server), before, "capabilities once connected");
      for (const [flag, value] of Object.entries(before)) assertEqual(typeof value, "boolean", flag);
    },
  },
  {
    name: "answers isRetriable() for any value",
    run: async (trial) => {
      const server = await trial.harness.create();
      for (const error of [new Error("x"), undefined, null, "text", 1, {}, Object.create(null), Symbol()]) {
        assertEqual(typeof server.isRetriable(error), "boolean", "the result of isRetriable()");
      }
    },
  },
  {
    name: "offers the methods and fields that its capabilities say",
    run: async (trial) => {
      const [server, channel] = [await trial.server(), await trial.channel()];
      const consumer = await trial.consumer(server, channel);
      await trial.publish(server, channel, "message");
      const { reply, extendLease, leaseInterval, deliveryCount } = await consumer.next();
      const { nativeReply, leases, deliveryCounts } = server.capabilities;
      assertEqual(typeof reply === "function", nativeReply, "whether reply() is there");
      assertEqual(typeof deliveryCount === "number", deliveryCounts, "whether deliveryCount is there");
      if (!leases) return;
      assert(typeof extendLease === "function", "extendLease() is there");
      assert(leaseInterval !== undefined && leaseInterval > 0, "leaseInterval is there");
    },
  },
  {
    name: "refuses to publish and to subscribe while it is not connected",
    run: async (trial) => {
      const server = await trial.harness.create();
      const channel = await trial.channel();
      await assertRefuses(trial, server, channel, "before connect()");
      const connection = await trial.connect(server);
      assertEqual(server.isConnected, true, "isConnected");
      await trial.within(connection.close(), "close() of a connection");
      assertEqual(server.isConnected, false, "isConnected after close()");
      await assertRefuses(trial, server, channel, "after close()");
    },
  },
  {
    name: "stays connected until its last connection is closed",
    run: async (trial) => {
      const [server, channel] = [await trial.harness.create(), await trial.channel()];
      const [outer, inner] = await Promise.all([trial.connect(server), trial.connect(server)]);
      await trial.within(Promise.all([inner.close(), inner.close()]), "close() of a connection");
      await trial.publish(server, channel, "still here");
      await trial.within(outer.close(), "close() of a connection");
      await assertRefuses(trial, server, channel, "after the last close()");
    },
  },
  {
    name: "connects again after it was disconnected",
    run: async (trial) => {
      const [server, channel] = [await trial.harness.create(), await trial.channel()];
      await trial.within((await trial.connect(server)).close(), "close() of a connection");
      await trial.connect(server);
      const consumer = await trial.consumer(server, channel);
      await trial.publish(server, channel, "again");
      assertEqual(textOf(await consumer.next()), "again", "message");
    },
  },
  {
    name: "does not connect or subscribe if the signal is aborted",
    run: async (trial) => {
      const [server, channel] = [await trial.harness.create(), await trial.channel()];
      const reason = new Error("aborted by the case");
      const signal = AbortSignal.abort(reason);
      assertEqual(
        await assertRejects(server.connect({ signal }), "connect()") === reason,
        true,
        "the reason",
      );
      assertEqual(server.isConnected, false, "isConnected");
      await trial.connect(server);
      const subscribing = server.subscribe([channel], { signal });
      assertEqual(await assertRejects(subscribing, "subscribe()") === reason, true, "the reason");
    },
  },
  {
    name: "disconnects while a subscription is open",
    run: async (trial) => {
      const [server, channel] = [await trial.harness.create(), await trial.channel()];
      const connection = await trial.connect(server);
      const consumer = await trial.consumer(server, channel);
      const waiting = consumer.subscription.take(5, trial.quiet).catch(() => []);
      await trial.within(connection.close(), "close() of a connection");
      await trial.within(waiting, "a take that lost its connection");
      await consumer.close();
    },
  },
];

async function assertRefuses(trial: Trial, server: Server, channel: string, when: string): Promise<void> {
  const attempts = {
    publish: () => server.publish(channel, toMessage({}), {}),
    subscribe: () => server.subscribe([channel]),
  };
  for (const [what, attempt] of Object.entries(attempts)) {
    const error = await trial.within(assertRejects(attempt(), `${what}() ${when}`), `${what}() ${when}`);
    assert(error instanceof NotConnectedError, `${what}() ${when} throws a NotConnectedError: ${error}`);
  }
}

function flagsOf({ capabilities }: Server): Readonly<Record<string, boolean>> {
  return Object.fromEntries(FLAGS.map((flag) => [flag, capabilities[flag]]));
}
