/**
 * One queue, workers in two languages: what Python's Repid writes is handled here, and what is written here is what it
 * reads. The other side is `python/peer.py`.
 * @module
 */
import assert from "node:assert/strict";
import { readFileSync } from "node:fs";
import { Repid, Router, silentLogger, unchecked } from "@repid/core";
import { RedisServer } from "@repid/core/redis";
import { Redis } from "ioredis";
import { provideRedis, startRedis } from "../brokers/redis.ts";
import { withBroker } from "../brokers/provision.ts";
import { skip, test } from "../harness.ts";
import { missingPython, produceInPython, workInPython } from "./python/peer.ts";

/** What Python's serializer made of values, recorded: `name => b'…'`. */
const GOLDEN = readFileSync(new URL("python/serializer_cases.txt", import.meta.url), "utf8").trim()
  .split("\n").map((line) => /^(.*) => b'(.*)'$/.exec(line)).filter((found) => found !== null)
  .map(([, name = "", text = ""]) => ({ name, text: text.replaceAll("\\\\", "\\") }));

const missing = await missingPython();
if (missing !== undefined) skip("Workers in two languages", missing);
else {
  await withBroker("Workers in two languages", await provideRedis("Redis 7"), async (found) => {
    const url = found.kind === "url" ? found.url : (await startRedis(found)).url;
    const isolate = (name: string, run: (parts: Parts) => Promise<void>): void => {
      test(name, () => withParts(url, run), { sanitizeOps: false, sanitizeResources: false });
    };
    register(isolate, url);
  });
}

interface Parts {
  readonly channel: string;
  readonly client: Redis;
  readonly app: Repid;
  readonly router: Router;
}

async function withParts(url: string, run: (parts: Parts) => Promise<void>): Promise<void> {
  const channel = crypto.randomUUID();
  const client = new Redis(url);
  const app = new Repid({ logger: silentLogger });
  app.servers.register("redis", new RedisServer(url));
  const router = new Router({ channel });
  app.includeRouter(router);
  const connection = await app.servers.default.connect();
  try {
    await run({ channel, client, app, router });
  } finally {
    await connection.close();
    await client.quit();
  }
}

function register(isolate: (name: string, run: (parts: Parts) => Promise<void>) => void, url: string): void {
  isolate("Python's Repid → here: every value that its serializer writes as JSON arrives", async (parts) => {
    const { channel, client, app, router } = parts;
    assert.equal(GOLDEN.length, 18);
    const seen: unknown[] = [];
    router.actor({ name: "good", payload: unchecked<unknown>() }, (value) => seen.push(value));
    const headers = { topic: "good" };
    const messages = GOLDEN.map(({ text }) => ({ payload: text, headers, content_type: "application/json" }));
    await produceInPython(url, channel, messages);
    await app.runWorker({ messagesLimit: GOLDEN.length, tasksLimit: 1, osSignals: [] });
    // Bare NaN is no JSON: that message is dead-lettered, as the guide says.
    const good = GOLDEN.filter(({ name }) => name !== "nan");
    assert.deepEqual(seen, good.map(({ text }) => JSON.parse(text)));
    const dead = await client.xrange(`repid:${channel}:dlq`, "-", "+");
    assert.deepEqual(dead.map(([, fields]) => fields[1]), ['{"v":NaN,"i":Infinity}']);
  });

  isolate("here → Python's Repid: the bytes of an entry are those that it writes itself", async (parts) => {
    const { channel, app } = parts;
    const python = await workInPython(url, channel, 4);
    const text = '{"a":1,"b":[1,2.5,null,true]}';
    const rest = {
      headers: { topic: "good" },
      content_type: "application/json",
      reply_to: `${channel}.replies`,
    };
    await produceInPython(url, channel, [{ payload: text, ...rest }, { payload: "" }]);
    await app.sendMessageJson({
      channel,
      payload: JSON.parse(text),
      headers: { topic: "good" },
      replyTo: `${channel}.replies`,
    });
    await app.sendMessage({ channel, payload: "" });
    const [theirs, theirEmpty, ours, ourEmpty] = await python();
    const withoutSpaces = (seen: typeof ours) =>
      seen?.fields.map(([name, value]) => [name, name === "headers" ? value.replaceAll(": ", ":") : value]);
    assert.deepEqual(ours?.fields, withoutSpaces(theirs)); // Python writes a space after each colon of the headers
    assert.deepEqual({ ...ours, fields: [] }, { ...theirs, fields: [] });
    assert.deepEqual(ourEmpty, theirEmpty);
  });

  isolate("A group of workers in two languages handles every message once", async (parts) => {
    const { channel, client, app, router } = parts;
    const seen: unknown[] = [];
    router.actor({ name: "count", payload: unchecked<{ n: number }>() }, ({ n }) => seen.push(n));
    const python = await workInPython(url, channel, 20);
    const headers = { topic: "count" };
    for (let n = 0; n < 40; n++) await app.sendMessageJson({ channel, payload: { n }, headers });
    const byPython = (await python()).map(({ value }) => (value as { n: number }).n);
    await app.runWorker({ messagesLimit: 20, osSignals: [] });
    const all = [...byPython, ...seen].map(Number).sort((a, b) => a - b);
    assert.deepEqual(all, Array.from({ length: 40 }, (_, n) => n));
    assert.equal((await client.xpending(`repid:${channel}`, `repid:${channel}:group`))[0], 0);
  });

  isolate("What one language puts back, the other handles", async (parts) => {
    const { channel, app, router } = parts;
    const headers = { topic: "again", do: "reject" };
    let byUs = 0;
    router.actor({ name: "again" }, async (_, { message }) => {
      if (++byUs === 2) await message.reject();
    });
    await app.sendMessageJson({ channel, payload: { n: 1 }, headers });
    const first = await workInPython(url, channel, 1);
    assert.equal((await first())[0]?.headers?.do, "reject");
    await app.runWorker({ messagesLimit: 1, osSignals: [] });
    await app.sendMessageJson({ channel, payload: { n: 2 }, headers: { topic: "again" } });
    await app.runWorker({ messagesLimit: 1, osSignals: [] });
    const second = await workInPython(url, channel, 1);
    assert.deepEqual((await second())[0]?.value, { n: 2 });
    assert.equal(byUs, 2);
  });

  isolate("Dead letters of both languages are alike", async (parts) => {
    const { channel, client, app, router } = parts;
    router.actor({ name: "bad" }, (_, { message }) => void message.nack());
    const send = (): Promise<void> =>
      app.sendMessageJson({ channel, payload: { a: 1 }, headers: { topic: "bad", do: "nack" } });
    await send();
    await app.runWorker({ messagesLimit: 1, osSignals: [] });
    const python = await workInPython(url, channel, 1);
    await send();
    await python();
    const dead = await client.xrange(`repid:${channel}:dlq`, "-", "+");
    const [ours, theirs] = dead.map(([, fields]) => fields.slice(0, -1)); // all but the original's id
    assert.deepEqual(ours, theirs);
    assert.deepEqual(ours?.slice(-3), ["original_stream", `repid:${channel}`, "original_id"]);
  });

  isolate("Python answers what is asked here, and is answered", async (parts) => {
    const { channel, app, router } = parts;
    const answers: unknown[] = [];
    router.actor({ name: "reply", channel: `${channel}.replies` }, (_, { message }) => {
      answers.push(message.json());
    });
    router.actor({ name: "ask" }, async (_, { message }) => {
      await message.replyJson({ payload: { from: "typescript" }, headers: { topic: "reply" } });
    });
    const replyTo = `${channel}.replies`;
    await app.sendMessageJson({ channel, payload: {}, headers: { topic: "ask" }, replyTo });
    await (await workInPython(url, channel, 1))();
    await produceInPython(url, channel, [{ payload: "{}", headers: { topic: "ask" }, reply_to: replyTo }]);
    await app.runWorker({ messagesLimit: 3, osSignals: [] });
    assert.deepEqual(answers, [{ from: "python" }, { from: "typescript" }]);
  });
}
