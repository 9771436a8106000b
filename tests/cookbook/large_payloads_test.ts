/**
 * Large payloads travel by reference: with a store that speaks S3, and rule by rule with one in memory.
 * @module
 */
import assert from "node:assert/strict";
import { InMemoryServer, type OnErrorHandler, Repid, republish, Router, silentLogger } from "@repid/core";
import { type } from "arktype";
import { largePayloads, type PayloadStore } from "../../examples/cookbook/large_payloads.ts";
import { test } from "../harness.ts";
import { installCookbook, start } from "./program.ts";

await installCookbook();

test("examples/cookbook/audience.ts: a file in a bucket becomes a report in it, made in another process", async () => {
  const { code, lines } = await start("audience.ts").ends();
  assert.deepEqual(lines, [
    "Uploaded: 200",
    "Job 7 is done, 100000 characters attached",
    "Messages handled: 2",
    ...["country,users", "de,13334", "fr,13333", "jp,13333"],
  ]);
  assert.equal(code, 0);
});

class MemoryStore implements PayloadStore {
  readonly kept = new Map<string, Uint8Array>();

  put(key: string, bytes: Uint8Array): Promise<void> {
    this.kept.set(key, bytes);
    return Promise.resolve();
  }

  get(key: string): Promise<Uint8Array> {
    const bytes = this.kept.get(key);
    return bytes ? Promise.resolve(bytes) : Promise.reject(new RangeError(`There is no ${key}`));
  }

  delete(key: string): Promise<void> {
    this.kept.delete(key);
    return Promise.resolve();
  }
}

const LARGE = "x".repeat(200);

/** Sends a text to an actor whose messages of more than 100 bytes go to a store, and runs it so often. */
async function handle(
  text: string,
  messages: number,
  options: { readonly onError?: OnErrorHandler },
  work: (text: string, headers: object) => void,
  get?: PayloadStore["get"],
): Promise<{ store: MemoryStore; server: InMemoryServer }> {
  const store = new MemoryStore();
  if (get) store.get = get;
  const { producerMiddleware, actorMiddleware } = largePayloads({ store, above: 100 });
  const router = new Router({ channel: "texts", middlewares: [actorMiddleware] });
  const contract = { name: "text", payload: type({ text: "string" }), headers: type({ "trace?": "string" }) };
  const actor = router.actor(
    { ...contract, ...options },
    ({ text }, { message }) => work(text, message.headers),
  );
  const app = new Repid({ producerMiddlewares: [producerMiddleware], logger: silentLogger });
  const server = app.servers.register("memory", new InMemoryServer({ deadLetterChannel: "dead" }));
  app.includeRouter(router);
  await using _ = await server.connect();
  await app.send(actor, { text }, { headers: { trace: "t" } });
  await app.runWorker({ messagesLimit: messages, osSignals: [] });
  return { store, server };
}

test("largePayloads(): a large payload arrives whole, without the header, and is removed once handled", async () => {
  const seen: unknown[] = [];
  const { store } = await handle(LARGE, 1, {}, (text, headers) => seen.push(text, headers));
  assert.deepEqual(seen, [LARGE, { topic: "text", trace: "t" }]);
  assert.equal(store.kept.size, 0);
});

test("largePayloads(): a small payload goes through the broker", async () => {
  const seen: string[] = [];
  const { store } = await handle("small", 1, {}, (text) => seen.push(text));
  assert.deepEqual(seen, ["small"]);
  assert.equal(store.kept.size, 0);
});

test("largePayloads(): the payload of a dead letter stays", async () => {
  const { store, server } = await handle(LARGE, 1, {}, () => {
    throw new Error("no");
  });
  assert.equal(server.size("dead"), 1);
  assert.equal(store.kept.size, 1);
});

test("largePayloads(): where the store does not answer, the actor's policy decides", async () => {
  const errors: unknown[] = [];
  const { store, server } = await handle(
    LARGE,
    1,
    {
      onError: (error) => {
        errors.push(error);
        return "nack";
      },
    },
    () => assert.fail("there is no payload"),
    () => Promise.reject(new Error("503")),
  );
  assert.deepEqual(errors.map(String), ["Error: 503"]);
  assert.equal(server.size("dead"), 1);
  assert.equal(store.kept.size, 1);
});

test("largePayloads(): a message that a policy sends again finds its payload", async () => {
  const seen: string[] = [];
  const { store } = await handle(LARGE, 2, { onError: republish() }, (text) => {
    if (seen.push(text) === 1) throw new Error("again");
  });
  assert.deepEqual(seen, [LARGE, LARGE]);
  assert.equal(store.kept.size, 0);
});
