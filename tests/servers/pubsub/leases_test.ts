/**
 * Leases of Pub/Sub, on every peer: they last ten seconds at least, so everything that waits for one is begun at once, and the
 * first test waits for all of it.
 * @module
 */
import assert from "node:assert/strict";
import { Repid, Router, silentLogger } from "@repid/core";
import { PubsubServer } from "@repid/core/pubsub";
import { CONFORMANCE_CASES, runCase, type ServerHarness } from "@repid/core/conformance";
import type { ModifyAckDeadlineRequest } from "../../../src/servers/pubsub/protocol.ts";
import { PubsubService } from "../../brokers/pubsub_service.ts";
import { createChannel, PROJECT, startPeer, withPeers } from "../../brokers/pubsub.ts";
import { test } from "../../harness.ts";
import { Child } from "../../processes/child.ts";

/** The least that the service takes, in milliseconds. */
const LEASE = 10_000;
const HOLDER = new URL("fixtures/pubsub_holder.ts", import.meta.url);

interface Wait {
  readonly name: string;
  readonly run: () => Promise<void>;
}

const waits: Wait[] = [];

await withPeers("PubsubServer keeps leases", async (peer) => {
  const { url } = await startPeer(peer);
  const create = (): PubsubServer => new PubsubServer(`${url}/projects/${PROJECT}`, { leaseDuration: LEASE });
  const channel = async (): Promise<string> => {
    const name = `c-${crypto.randomUUID()}`;
    await createChannel(url, name);
    return name;
  };
  const harness: ServerHarness = {
    create,
    channel,
    broker: "it is not stopped here",
    leases: { create, duration: LEASE },
  };
  for (const one of CONFORMANCE_CASES.filter(({ part }) => part === "leases")) {
    waits.push({ name: `PubsubServer on ${peer.name} ${one.name}`, run: () => runCase(one, harness) });
  }

  waits.push({
    name: `PubsubServer on ${peer.name} delivers once what a handler takes three deadlines for`,
    run: async () => {
      const name = await channel();
      const handled: string[] = [];
      const { app, stopping } = worker(create(), name, async (text) => {
        handled.push(text);
        await pause(3 * LEASE);
        handled.push("done");
      });
      const running = app.runWorker({ tasksLimit: 10, osSignals: [], signal: stopping.signal });
      await publish(create(), name, ["slow"]);
      // Whatever the lease that was extended last is good for: nothing may come after it either.
      await pause(3 * LEASE + 1.3 * LEASE);
      stopping.abort();
      await running;
      assert.deepEqual(handled, ["slow", "done"]);
    },
  });

  // The emulator may go on delivering to a connection that is gone, for a minute and longer: nobody can wait for that.
  if (peer.kind === "emulator") return;
  waits.push({
    name: `PubsubServer on ${peer.name} gets the messages of a worker that was killed`,
    run: async () => {
      const [name, texts] = [await channel(), ["a", "b", "c", "d", "e"]];
      await publish(create(), name, texts);
      const holder = Child.run(HOLDER, url, PROJECT, name, String(texts.length), String(LEASE));
      await holder.says("holding");
      holder.kill("SIGKILL");
      await holder.ends();
      const handled = new Set<string>();
      const { app, stopping } = worker(create(), name, (text) => {
        handled.add(text);
        if (handled.size === texts.length) stopping.abort();
        return Promise.resolve();
      });
      await app.runWorker({ osSignals: [], signal: AbortSignal.any([stopping.signal, patience()]) });
      assert.deepEqual([...handled].toSorted(), texts);
    },
  });
});

const service = await PubsubService.start();
const onService = (): PubsubServer =>
  new PubsubServer(`${service.url}/projects/${PROJECT}`, { leaseDuration: LEASE });
const extended = new Map<string, PromiseWithResolvers<ModifyAckDeadlineRequest>>();
service.refuse = (method, request) => {
  if (method !== "modify") return undefined;
  const modified = request as ModifyAckDeadlineRequest;
  extended.get(modified.subscription)?.resolve(modified);
  return undefined;
};

/** A channel of the service, with a promise of the first request that changes deadlines. */
function watched(): [name: string, first: Promise<ModifyAckDeadlineRequest>] {
  const name = service.create(`c-${crypto.randomUUID()}`);
  const first = Promise.withResolvers<ModifyAckDeadlineRequest>();
  extended.set(`projects/${PROJECT}/subscriptions/${name}`, first);
  return [name, first.promise];
}

waits.push({
  name: "PubsubServer extends the leases of all that is being handled in one request",
  run: async () => {
    const [name, first] = watched();
    const { promise: released, resolve: release } = Promise.withResolvers<void>();
    const { app, stopping } = worker(onService(), name, () => released);
    const running = app.runWorker({ tasksLimit: 20, osSignals: [], signal: stopping.signal });
    await publish(onService(), name, Array.from({ length: 20 }, (_, index) => `${index}`));
    const { ackIds, ackDeadlineSeconds } = await first;
    assert.deepEqual([ackIds.length, ackDeadlineSeconds], [20, LEASE / 1_000]);
    release();
    stopping.abort();
    await running;
  },
});

waits.push({
  name: "PubsubServer extends the leases of what it holds while nobody asks, and gives it back on stop",
  run: async () => {
    const [name, first] = watched();
    const server = onService();
    await using _connection = await server.connect();
    const subscription = await server.subscribe([name]);
    assert.deepEqual(await subscription.take(10, 100), []);
    await publish(onService(), name, Array.from({ length: 10 }, (_, index) => `${index}`));
    const { ackIds, ackDeadlineSeconds } = await first;
    assert.deepEqual([ackIds.length, ackDeadlineSeconds], [10, LEASE / 1_000]);
    await subscription.close();
    const other = await server.subscribe([name]);
    assert.equal((await other.take(10, LEASE)).length, 10);
    await other.close();
  },
});

let all: Promise<PromiseSettledResult<void>[]> | undefined;
for (const [index, { name }] of waits.entries()) {
  test(name, async () => {
    const outcome = (await (all ??= Promise.allSettled(waits.map(({ run }) => run()))))[index];
    if (outcome?.status !== "fulfilled") throw outcome?.reason;
  });
}

interface RunningApp {
  readonly app: Repid;
  readonly stopping: AbortController;
}

function worker(server: PubsubServer, channel: string, handle: (text: string) => Promise<void>): RunningApp {
  const app = new Repid({ logger: silentLogger });
  app.servers.register("pubsub", server);
  const router = new Router({ channel });
  router.actor({ name: "work" }, (_, { message }) => handle(message.text()));
  app.includeRouter(router);
  return { app, stopping: new AbortController() };
}

async function publish(server: PubsubServer, channel: string, texts: readonly string[]): Promise<void> {
  await using _connection = await server.connect();
  const encoder = new TextEncoder();
  const parts = { headers: { topic: "work" }, contentType: undefined, replyTo: undefined };
  await Promise.all(
    texts.map((text) => server.publish(channel, { payload: encoder.encode(text), ...parts }, {})),
  );
}

/** These are about time that passes at the service. */
function pause(ms: number): Promise<void> {
  return new Promise((resolve) => setTimeout(resolve, ms));
}

function patience(): AbortSignal {
  return AbortSignal.timeout(6 * LEASE);
}
