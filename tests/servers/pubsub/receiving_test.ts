/**
 * What the Pub/Sub server makes of streams, acknowledgements and leases, on a service that does whatever a test wants.
 * @module
 */
import assert from "node:assert/strict";
import { type Logger, Repid, Router } from "@repid/core";
import { PubsubError, type PubsubServer } from "@repid/core/pubsub";
import type {
  AcknowledgeRequest,
  ModifyAckDeadlineRequest,
  StreamingPullRequest,
} from "../../../src/servers/pubsub/protocol.ts";
import type { Refusal } from "../../brokers/pubsub_service.ts";
import { collect } from "../collect.ts";
import { onService, take, textOf } from "./private_pubsub.ts";

/** As Google ends each stream every so often. */
const EXPECTED: readonly (Refusal | undefined)[] = [
  undefined,
  {
    code: 14,
    details:
      "The StreamingPull stream closed for an expected reason and should be recreated, which is done " +
      "automatically if using Cloud Pub/Sub client libraries. Refer to https://cloud.google.com/pubsub/docs/pull.",
  },
  { code: 14, details: "The service was unable to fulfill your request. Please try again. [code=8a75]" },
];

const texts = (count: number): string[] => Array.from({ length: count }, (_, index) => String(index));

onService("Subscription.take() opens one stream for each channel, with its demand", async (parts) => {
  const { service, server } = parts;
  for (const name of ["s", "b"]) service.create(name);
  const subscription = await server.subscribe(["a", "b"]);
  assert.equal(service.counts.pull, 0);
  assert.deepEqual(await subscription.take(7, 100), []);
  assert.equal(subscription.isActive, true);
  assert.deepEqual(await subscription.take(3, 0), []);
  const requests = service.of<StreamingPullRequest>("pull");
  const opened = requests.map((request) => [
    request.subscription,
    request.streamAckDeadlineSeconds,
    Number(request.maxOutstandingMessages),
    Number(request.maxOutstandingBytes),
  ]);
  assert.deepEqual(opened, [
    ["projects/p/subscriptions/s", 30, 7, 5_000],
    ["projects/tests/subscriptions/b", 30, 7, 5_000],
  ]);
  assert.match(requests[0]?.clientId ?? "", /^[0-9a-f-]{36}$/);
  assert.equal(requests[0]?.clientId, requests[1]?.clientId);
  await subscription.close();
}, {
  server: {
    names: (channel) => channel === "a" ? { project: "p", subscription: "s" } : {},
    leaseDuration: 30_000,
    maxOutstandingBytes: 5_000,
  },
});

onService(
  "Subscription.take() asks for more than is in hand, by a larger stream in place of the old one",
  async (parts) => {
    const { service, server, send } = parts;
    service.create("a");
    for (const text of texts(12)) await send("a", text);
    const subscription = await server.subscribe(["a"]);
    const taken = [...await subscription.take(2, 10_000)];
    while (taken.length < 12) taken.push(...await subscription.take(5, 10_000));
    assert.deepEqual(taken.map(textOf).toSorted(), texts(12).toSorted());
    await Promise.all(taken.map((delivery) => delivery.settle("ack")));
    await subscription.close();
    assert.equal(service.streams, 0);
  },
);

onService(
  "Worker keeps its stream while it has no room, and is pushed nothing",
  async ({ service, server, send }) => {
    service.create("a");
    const { promise: released, resolve: release } = Promise.withResolvers<void>();
    const worker = runWorker(server, "a", 3, () => released);
    for (const text of texts(10)) await send("a", text);
    await worker.reaches(3);
    assert.deepEqual([service.counts.pull, service.streams], [1, 1]);
    release();
    await worker.reaches(10);
    assert.deepEqual([service.counts.pull, service.streams], [1, 1]);
    await worker.stop();
  },
);

onService(
  "Worker outlives the streams that Google ends, and nobody is told",
  async ({ service, server, send }) => {
    service.create("a");
    const worker = runWorker(server, "a", 10, () => Promise.resolve());
    let count = 0;
    for (const refusal of [...EXPECTED, ...EXPECTED]) {
      await send("a", `${count++}`);
      await worker.reaches(count);
      service.endStreams(refusal);
    }
    await send("a", `${count++}`);
    await worker.reaches(count);
    assert.equal(service.counts.pull, 7);
    await worker.stop();
    assert.deepEqual(worker.complaints, []);
  },
);

onService(
  "Worker ends at once on a missing subscription or permission, which the error names",
  async (parts) => {
    const { service, server } = parts;
    const missing = await runWorker(server, "missing", 1, () => Promise.resolve()).ended();
    assert.ok(missing instanceof PubsubError);
    assert.match(
      missing.message,
      /^Cannot receive from projects\/tests\/subscriptions\/missing as it does not exist/,
    );
    service.create("a");
    service.refuse = () => ({ code: 7, details: "User not authorized to perform this action." });
    const forbidden = await runWorker(server, "a", 1, () => Promise.resolve()).ended();
    assert.ok(forbidden instanceof PubsubError);
    assert.match(
      forbidden.message,
      /^Cannot receive from projects\/tests\/subscriptions\/a as permission is missing/,
    );
    assert.equal(service.counts.pull, 2);
  },
);

onService("Worker tries again for ever what may pass", async ({ service, server, send }) => {
  service.create("a");
  const refusals = [14, 13, 4].map((code) => ({ code, details: "busy" }));
  service.refuse = (method) => method === "pull" ? refusals.shift() : undefined;
  const worker = runWorker(server, "a", 1, () => Promise.resolve());
  await send("a", "0");
  await worker.reaches(1);
  assert.equal(service.counts.pull, 4);
  await worker.stop();
});

onService(
  "Delivery.settle() tells Pub/Sub what the wire's table says, together with others",
  async (parts) => {
    const { service, server, send } = parts;
    service.create("a");
    for (const text of texts(9)) await send("a", text);
    const subscription = await server.subscribe(["a"]);
    const deliveries = await subscription.take(9, 10_000);
    const words = ["ack", "nack", "reject"] as const;
    await Promise.all(deliveries.map((delivery, index) => delivery.settle(words[index % 3] ?? "ack")));
    assert.deepEqual(service.of<AcknowledgeRequest>("acknowledge").map(({ ackIds }) => ackIds.length), [3]);
    const changed = service.of<ModifyAckDeadlineRequest>("modify");
    const told = changed.map(({ ackIds, ackDeadlineSeconds }) => [ackIds.length, ackDeadlineSeconds ?? 0]);
    assert.deepEqual(told.toSorted(), [[3, 0], [3, 1]]);
    await subscription.close();
  },
);

onService("Delivery.deliveryCount is what the service counts", async ({ service, server, send }) => {
  service.create("counted", { countsDeliveries: true });
  service.create("plain");
  for (const name of ["counted", "plain"]) await send(name, "x");
  const counts: (number | undefined)[] = [];
  await take(server, "counted", 3, (delivery) => {
    counts.push(delivery.deliveryCount);
    return delivery.settle(counts.length < 3 ? "nack" : "ack");
  });
  await take(server, "plain", 1, (delivery) => {
    counts.push(delivery.deliveryCount);
    return delivery.settle("ack");
  });
  assert.deepEqual(counts, [1, 2, 3, undefined]);
});

onService("Delivery.settle() of an exactly-once subscription is told of its own message", async (parts) => {
  const { service, server, send } = parts;
  service.create("a", { isExactlyOnce: true });
  for (const text of texts(3)) await send("a", text);
  const subscription = await server.subscribe(["a"]);
  const deliveries = await collect(subscription, 3);
  service.refuse = (method, request) =>
    method === "acknowledge" ? verdicts(request, "PERMANENT_FAILURE_INVALID_ACK_ID") : undefined;
  const answers = await Promise.all(deliveries.map((delivery) => delivery.settle("ack")));
  assert.deepEqual(answers.toSorted(), ["done", "done", "lost"]);
  assert.equal(service.counts.acknowledge, 1);
  await subscription.close();
});

onService(
  "Delivery.settle() of an exactly-once subscription may be tried again where it may pass",
  async (parts) => {
    const { service, server, send } = parts;
    service.create("a", { isExactlyOnce: true });
    await send("a", "x");
    const subscription = await server.subscribe(["a"]);
    const [delivery] = await subscription.take(1, 10_000);
    assert.ok(delivery);
    service.refuse = (method, request) =>
      method === "acknowledge" ? verdicts(request, "TRANSIENT_FAILURE_UNORDERED_ACK_ID") : undefined;
    const error = await delivery.settle("ack").catch((error: unknown) => error);
    assert.ok(error instanceof PubsubError && server.isRetriable(error));
    service.refuse = () => undefined;
    assert.equal(await delivery.settle("ack"), "done");
    assert.equal(await delivery.settle("ack"), "lost");
    await subscription.close();
  },
);

onService(
  "Delivery.settle() of an exactly-once subscription finds out that the service gave the message away",
  async (parts) => {
    const { service, server, send } = parts;
    const queue = service.create("a", { isExactlyOnce: true });
    await send(queue, "x");
    const first = await server.subscribe([queue]);
    const [delivery] = await first.take(1, 10_000);
    assert.ok(delivery);
    service.expireAll();
    const [again] = await first.take(1, 10_000);
    assert.ok(again);
    assert.equal(await delivery.settle("ack"), "lost");
    assert.equal(await again.settle("ack"), "done");
    await first.close();
  },
);

onService(
  "Delivery.settle() waits for no other message, where one spoils the request for all",
  async (parts) => {
    const { service, server, send } = parts;
    service.create("a");
    for (const text of texts(4)) await send("a", text);
    const subscription = await server.subscribe(["a"]);
    const deliveries = await collect(subscription, 4);
    let spoiled: string | undefined;
    const tries = Promise.withResolvers<void>();
    service.refuse = (method, request) => {
      if (method !== "acknowledge") return undefined;
      const { ackIds } = request as AcknowledgeRequest;
      spoiled ??= ackIds.at(-1);
      if (spoiled === undefined || !ackIds.includes(spoiled)) return undefined;
      if (ackIds.length > 1) return { code: 3, details: "bad" };
      // Tried again, for ten seconds.
      if (service.counts.acknowledge > 6) tries.resolve();
      return { code: 14, details: "busy" };
    };
    const answers: string[] = [];
    const settling = deliveries.map(async (delivery) => answers.push(await delivery.settle("ack")));
    await tries.promise;
    assert.deepEqual(answers, ["done", "done", "done"]);
    service.refuse = () => undefined;
    await Promise.all(settling);
    assert.equal(answers.at(-1), "done");
    await subscription.close();
  },
);

onService(
  "Delivery.settle() is tried again while the service is busy, and says when it is not ours",
  async (parts) => {
    const { service, server, send } = parts;
    service.create("a");
    for (const text of texts(2)) await send("a", text);
    const subscription = await server.subscribe(["a"]);
    const [one, other] = [...await subscription.take(1, 10_000), ...await subscription.take(1, 10_000)];
    assert.ok(one && other);
    // Google says more about many a failure; it is no verdict on a message.
    const verdicts = { reason: "RATE_LIMIT_EXCEEDED" };
    const refusals = [14, 8, 13].map((code) => ({ code, details: "busy", verdicts }));
    service.refuse = (method) => method === "acknowledge" ? refusals.shift() : undefined;
    assert.equal(await one.settle("ack"), "done");
    assert.equal(service.counts.acknowledge, 4);
    service.refuse = (method) => method === "acknowledge" ? { code: 7, details: "no" } : undefined;
    await assert.rejects(
      other.settle("ack"),
      /Cannot settle messages of projects\/tests\/subscriptions\/a as permission is missing/,
    );
    service.refuse = () => undefined;
    assert.equal(await other.settle("ack"), "done");
    await subscription.close();
  },
  { server: { retryDelay: { first: 1, longest: 2 } } },
);

onService(
  "Worker handles one message of an ordering key at a time, in order, also after a refusal",
  async (parts) => {
    const { service, server, send } = parts;
    service.create("a");
    const keys = ["x", "y", "z"];
    await Promise.all(
      texts(20).flatMap((text) => keys.map((key) => send("a", `${key}${text}`, { orderingKey: key }))),
    );
    const [handled, running]: [string[], Set<string>] = [[], new Set()];
    let together = 0;
    let refused = 0;
    const worker = runWorker(server, "a", 20, async (text, reject) => {
      const key = text.charAt(0);
      assert.ok(!running.has(key), `two messages of ${key} at once`);
      running.add(key);
      together = Math.max(together, running.size);
      await new Promise((resolve) => setImmediate(resolve));
      running.delete(key);
      if (text.endsWith("3") && refused++ === 0) return void await reject();
      handled.push(text);
    });
    await worker.reaches(61);
    await worker.stop();
    for (const key of keys) {
      const own = handled.filter((text) => text.startsWith(key)).map((text) => text.slice(1));
      assert.deepEqual(own, texts(20));
    }
    assert.ok(together > 1, "different keys are handled at once");
  },
);

onService("PubsubServer sends few requests for many messages", async ({ service, server, send }) => {
  service.create("a");
  const MESSAGES = 5_000;
  for (let next = 0; next < MESSAGES; next += 100) {
    await Promise.all(texts(100).map((text) => send("a", text)));
  }
  const worker = runWorker(server, "a", 100, () => Promise.resolve());
  await worker.reaches(MESSAGES);
  await worker.stop();
  const { publish, acknowledge, modify, pull } = service.counts;
  assert.ok(publish / MESSAGES <= 0.02, `${publish / MESSAGES} publish requests a message`);
  assert.ok(acknowledge / MESSAGES <= 0.02, `${acknowledge / MESSAGES} ack requests a message`);
  assert.deepEqual([modify, pull], [0, 1]);
}, { service: { records: false } });

onService(
  "Subscription.close() gives back at once what was not handled",
  async ({ service, server, send }) => {
    service.create("a");
    for (const text of texts(20)) await send("a", text);
    const first = await server.subscribe(["a"]);
    const taken = [...await first.take(20, 10_000)];
    const [acked] = taken;
    await acked?.settle("ack");
    await first.close();
    const back = service.of<ModifyAckDeadlineRequest>("modify").flatMap((
      { ackIds, ackDeadlineSeconds = 0 },
    ) => ackDeadlineSeconds === 0 ? ackIds : []);
    assert.ok(back.length >= taken.length - 1);
    const again = await take(server, "a", 19, (delivery) => delivery.settle("ack"));
    assert.equal(new Set([...again, ...(acked ? [acked] : [])].map(textOf)).size, 20);
  },
);

/** Says of the first id of a request what became of it; as an answer it means that the others counted. */
function verdicts(request: unknown, verdict: string): Refusal {
  const [ackId = ""] = (request as AcknowledgeRequest).ackIds;
  return { code: 9, details: "Some acknowledgement ids were invalid", verdicts: { [ackId]: verdict } };
}

interface RunningWorker {
  /** Warnings and errors. */
  readonly complaints: string[];
  /** Resolves once so many messages were begun. */
  reaches(count: number): Promise<void>;
  stop(): Promise<void>;
  /** What it ended with. */
  ended(): Promise<unknown>;
}

/** A worker of this process. */
function runWorker(
  server: PubsubServer,
  channel: string,
  tasksLimit: number,
  handle: (text: string, reject: () => Promise<unknown>) => Promise<unknown>,
): RunningWorker {
  const complaints: string[] = [];
  const complain = (event: string): void => void complaints.push(event);
  const logger: Logger = { debug() {}, info() {}, warn: complain, error: complain };
  const app = new Repid({ logger });
  app.servers.register("pubsub", server);
  const router = new Router({ channel });
  let begun = 0;
  const waiting = new Map<number, () => void>();
  router.actor({ name: "work" }, async (_, { message }) => {
    waiting.get(++begun)?.();
    await handle(message.text(), () => message.reject());
  });
  app.includeRouter(router);
  const stopping = new AbortController();
  const running = app.runWorker({ tasksLimit, osSignals: [], signal: stopping.signal });
  const outcome = running.then(() => undefined, (error: unknown) => error);
  return {
    complaints,
    reaches: async (count) => {
      if (begun < count) {
        const reached = new Promise<void>((resolve) => waiting.set(count, resolve));
        const error = await Promise.race([reached, outcome]);
        if (error) throw error;
      }
    },
    async stop() {
      stopping.abort();
      await running;
    },
    ended: () => outcome,
  };
}
