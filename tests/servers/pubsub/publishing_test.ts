/**
 * What the Pub/Sub server sends when it publishes, and what it makes of refusals.
 * @module
 */
import assert from "node:assert/strict";
import { PubsubError, type PubsubParameters, PubsubServer } from "@repid/core/pubsub";
import process from "node:process";
import type { PublishRequest } from "../../../src/servers/pubsub/protocol.ts";
import { PROJECT } from "../../brokers/pubsub.ts";
import type { PubsubService, Refusal } from "../../brokers/pubsub_service.ts";
import { test } from "../../harness.ts";
import { onService, take, textOf, toMessage } from "./private_pubsub.ts";

const requests = (service: PubsubService): string[][] =>
  service.of<PublishRequest>("publish").map(({ messages }) =>
    messages.map((message) => textOf(payloadOf(message)))
  );
const payloadOf = ({ data = new Uint8Array() }: { data?: Uint8Array }): { payload: Uint8Array } => ({
  payload: data,
});
const holds = (request: unknown, text: string): boolean =>
  (request as Partial<PublishRequest>).messages?.some((message) => textOf(payloadOf(message)) === text) ??
    false;
const texts = (count: number): string[] => Array.from({ length: count }, (_, index) => String(index));

onService("PubsubServer.publish() sends what is published in one turn in one request", async (parts) => {
  const { service, send } = parts;
  service.create("a");
  await Promise.all(texts(250).map((text) => send("a", text)));
  assert.deepEqual(requests(service), [texts(250)]);
});

onService("PubsubServer.publish() keeps to the most messages of a request", async ({ service, send }) => {
  service.create("a");
  await Promise.all(texts(250).map((text) => send("a", text)));
  assert.deepEqual(requests(service).map(({ length }) => length), [100, 100, 50]);
}, { server: { publishBatch: { messages: 100 } } });

onService("PubsubServer.publish() keeps to the most bytes of a request", async ({ service, send }) => {
  service.create("a");
  await Promise.all(texts(10).map((text) => send("a", text.repeat(400))));
  assert.deepEqual(requests(service).map(({ length }) => length), [2, 2, 2, 2, 2]);
}, { server: { publishBatch: { bytes: 1_000 } } });

onService(
  "PubsubServer.publish() waits for more messages as long as it is told",
  async ({ service, send }) => {
    service.create("a");
    const sending = [send("a", "0")];
    for (const text of ["1", "2"]) {
      await new Promise((resolve) => setImmediate(resolve));
      sending.push(send("a", text));
    }
    await Promise.all(sending);
    assert.deepEqual(requests(service), [texts(3)]);
  },
  { server: { publishBatch: { delay: 200 } } },
);

onService("PubsubServer.publish() takes everything that Pub/Sub knows about a message", async (parts) => {
  const { service, send } = parts;
  service.create("other");
  const parameters = {
    topic: "other",
    project: "elsewhere",
    timeout: 5_000,
    orderingKey: "k",
    attributes: { more: "1", both: "attribute" },
  } satisfies PubsubParameters;
  const headers = { topic: "work", both: "header" };
  await send("a", "x", parameters, { headers, contentType: "text/plain", replyTo: "back" });
  const [request] = service.of<PublishRequest>("publish");
  assert.equal(request?.topic, "projects/elsewhere/topics/other");
  const [message] = request?.messages ?? [];
  assert.equal(message?.orderingKey, "k");
  assert.deepEqual({ ...message?.attributes }, {
    topic: "work",
    content_type: "text/plain",
    reply_to: "back",
    more: "1",
    both: "attribute",
  });
});

onService("PubsubServer.publish() lets a header win over the attribute of its name", async (parts) => {
  const { service, send } = parts;
  service.create("a");
  await send("a", "x", {}, { headers: { content_type: "own" }, contentType: "text/plain" });
  assert.deepEqual({ ...service.of<PublishRequest>("publish")[0]?.messages[0]?.attributes }, {
    content_type: "own",
  });
});

onService(
  "PubsubServer.publish() sends where a channel's override says, unless a parameter says more",
  async (parts) => {
    const { service, send } = parts;
    for (const name of ["t", "u"]) service.create(name);
    await send("a", "1");
    await send("a", "2", { topic: "u" });
    await send("a", "3", { project: "q" });
    const topics = service.of<PublishRequest>("publish").map(({ topic }) => topic);
    assert.deepEqual(topics, ["projects/p/topics/t", "projects/p/topics/u", "projects/q/topics/t"]);
  },
  { server: { names: (channel) => channel === "a" ? { project: "p", topic: "t" } : {} } },
);

onService(
  "PubsubServer.publish() refuses parameters that Pub/Sub does not know",
  async ({ service, send }) => {
    service.create("a");
    for (
      const parameters of [{ maxlen: 1 }, { timeout: "1" }, { orderingKey: "" }, { attributes: { a: 1 } }]
    ) {
      await assert.rejects(send("a", "x", parameters), TypeError);
    }
    assert.equal(service.counts.publish, 0);
  },
);

onService("PubsubServer.publish() fails only the message that is refused", async ({ service, send }) => {
  service.create("a");
  service.refuse = (_, request) => holds(request, "13") ? { code: 3, details: "bad attribute" } : undefined;
  const outcomes = await Promise.allSettled(texts(20).map((text) => send("a", text)));
  const failed = outcomes.flatMap(({ status }, index) => status === "rejected" ? [index] : []);
  assert.deepEqual(failed, [13]);
  const [outcome] = outcomes.filter(({ status }) => status === "rejected") as PromiseRejectedResult[];
  assert.ok(outcome?.reason instanceof PubsubError && !outcome.reason.isRetriable);
  assert.match(outcome.reason.message, /projects\/tests\/topics\/a .*INVALID_ARGUMENT bad attribute/);
});

onService("PubsubServer.publish() halves a request that is too large for the service", async (parts) => {
  const { service, send } = parts;
  service.create("a");
  const details = "Received message larger than max (5 vs. 4)";
  service.refuse = (_, request) =>
    (request as PublishRequest).messages.length > 3 ? { code: 8, details } : undefined;
  await Promise.all(texts(10).map((text) => send("a", text)));
  const accepted = requests(service).filter(({ length }) => length <= 3);
  assert.deepEqual(accepted.flat().toSorted(), texts(10));
});

onService(
  "PubsubServer.publish() refuses a message that no service takes, and takes a large one",
  async (parts) => {
    const { service, server, send } = parts;
    service.create("a");
    await assert.rejects(send("a", "x".repeat(10_000_001)), RangeError);
    assert.equal(service.counts.publish, 0);
    await send("a", "y".repeat(9_900_000));
    const [delivery] = await take(server, "a", 1, (delivery) => delivery.settle("ack"));
    assert.equal(delivery?.payload.byteLength, 9_900_000);
  },
);

onService("PubsubServer.publish() tries again what may pass", async ({ service, send }) => {
  service.create("a");
  const refusals: (Refusal | undefined)[] = [1, 2, 4, 8, 10, 13, 14].map((code) => ({
    code,
    details: "busy",
  }));
  service.refuse = () => refusals.shift();
  await send("a", "x");
  assert.equal(service.counts.publish, 8);
}, { server: { retryDelay: { first: 1, longest: 2 } } });

onService("PubsubServer.publish() gives up what may pass when its time is up", async ({ service, send }) => {
  service.create("a");
  service.refuse = () => ({ code: 14, details: "busy" });
  const error = await send("a", "x", { timeout: 100 }).catch((error: unknown) => error);
  assert.ok(error instanceof PubsubError && error.isRetriable);
  assert.ok(service.counts.publish > 1);
}, { server: { retryDelay: { first: 5, longest: 10 } } });

onService("PubsubServer.publish() names a missing topic or permission at once", async ({ service, send }) => {
  await assert.rejects(
    send("missing", "x"),
    /Cannot publish to projects\/tests\/topics\/missing as it does not exist/,
  );
  service.refuse = () => ({ code: 7, details: "User not authorized" });
  await assert.rejects(
    send("mine", "x"),
    /Cannot publish to projects\/tests\/topics\/mine as permission is missing/,
  );
  assert.equal(service.counts.publish, 2);
});

onService("PubsubServer.publish() keeps the order of a key, whatever the time limits", async (parts) => {
  const { service, send } = parts;
  service.create("a");
  await Promise.all(
    texts(30).map((text, index) =>
      send("a", text, { orderingKey: "k", ...(index % 3 === 0 ? { timeout: 5_000 } : {}) })
    ),
  );
  assert.deepEqual(requests(service).flat(), texts(30));
  assert.ok(service.counts.publish > 1);
});

onService("PubsubServer.publish() sends one request of a key after another", async ({ service, send }) => {
  service.create("a");
  let isFirst = true;
  service.refuse = (_, request) => {
    if (!isFirst || !holds(request, "0")) return undefined;
    isFirst = false;
    return { code: 14, details: "busy" };
  };
  const sending = texts(6).map((text) => send("a", text, { orderingKey: "k" }));
  await send("a", "other", { orderingKey: "l" });
  await Promise.all(sending);
  assert.deepEqual(requests(service).filter(([text]) => text !== "other"), [
    ["0", "1"],
    ["0", "1"],
    ["2", "3"],
    ["4", "5"],
  ]);
}, { server: { publishBatch: { messages: 2 } } });

onService(
  "PubsubServer.publish() fails what is behind a failure of its key, and then goes on",
  async (parts) => {
    const { service, send } = parts;
    service.create("a");
    service.refuse = (_, request) => holds(request, "2") ? { code: 7, details: "no" } : undefined;
    const sending = texts(6).map((text) => send("a", text, { orderingKey: "k" }));
    const free = send("a", "free", { orderingKey: "l" });
    // Published before anybody knows of the failure.
    const late = new Promise((resolve) => setImmediate(resolve)).then(() =>
      send("a", "6", { orderingKey: "k" })
    );
    const outcomes = await Promise.allSettled([...sending, late]);
    assert.deepEqual(outcomes.map(({ status }) => status === "fulfilled"), [
      true,
      true,
      ...Array(5).fill(false),
    ]);
    await free;
    await send("a", "7", { orderingKey: "k" });
    const sent = requests(service).flat().filter((text) => text !== "free");
    assert.deepEqual(sent, ["0", "1", "2", "3", "7"]);
  },
  { server: { publishBatch: { messages: 2 } } },
);

onService("PubsubServer.publish() fails only what is behind the refused message of a key", async (parts) => {
  const { service, server, send } = parts;
  service.create("a");
  service.refuse = (_, request) => holds(request, "5") ? { code: 3, details: "bad" } : undefined;
  const outcomes = await Promise.allSettled(texts(8).map((text) => send("a", text, { orderingKey: "k" })));
  assert.equal(outcomes.findIndex(({ status }) => status === "rejected"), 5);
  assert.ok(outcomes.slice(5).every(({ status }) => status === "rejected"));
  const taken = await take(server, "a", 5, (delivery) => delivery.settle("ack"));
  assert.deepEqual(taken.map(textOf), texts(5));
});

test("PubsubServer reads PUBSUB_EMULATOR_HOST, unless it is told where to go", () => {
  const before = process.env["PUBSUB_EMULATOR_HOST"];
  try {
    process.env["PUBSUB_EMULATOR_HOST"] = "127.0.0.1:8085";
    assert.equal(new PubsubServer(`gcpubsub://projects/${PROJECT}`).host, "127.0.0.1:8085");
    assert.equal(new PubsubServer(`http://other/projects/${PROJECT}`).host, "other:80");
    delete process.env["PUBSUB_EMULATOR_HOST"];
    assert.equal(new PubsubServer(`gcpubsub://projects/${PROJECT}`).host, "pubsub.googleapis.com:443");
  } finally {
    if (before === undefined) delete process.env["PUBSUB_EMULATOR_HOST"];
    else process.env["PUBSUB_EMULATOR_HOST"] = before;
  }
});

test("PubsubServer.publish() is refused while nobody is connected", async () => {
  const server = new PubsubServer(`http://127.0.0.1:1/projects/${PROJECT}`);
  await assert.rejects(server.publish("a", toMessage("x"), {}), { name: "NotConnectedError" });
});
