import assert from "node:assert/strict";
import { decode, encode } from "@msgpack/msgpack";
import { type } from "arktype";
import type { BaseMessage, Converter, Serializer } from "../../mod.ts";
import {
  defineMessage,
  jsonConverter,
  MessageValidationError,
  Repid,
  Router,
  silentLogger,
} from "../../mod.ts";
import { TestClient } from "../../src/testing/mod.ts";
import { test } from "../harness.ts";

/** MessagePack in both directions. */
const messagePack: Converter = {
  contentType: "application/vnd.msgpack",
  decode({ contentType, payload }: BaseMessage): unknown {
    if (contentType !== this.contentType) throw new TypeError(`Cannot decode ${contentType}`);
    return decode(payload);
  },
  encode: (value) => encode(value),
};

const bytes = (text: string): Uint8Array => new TextEncoder().encode(text);
const message = (payload: Uint8Array, contentType?: string): BaseMessage => ({
  payload,
  contentType,
  headers: {},
  replyTo: undefined,
});

for (
  const contentType of [
    undefined,
    "",
    "application/json",
    "application/json; charset=utf-8",
    "Application/JSON",
    "application/cloudevents+json",
    "application/problem+json;charset=utf-8",
  ]
) {
  test(`jsonConverter: decodes ${contentType === undefined ? "no content type" : `"${contentType}"`}`, () => {
    assert.deepEqual(jsonConverter.decode(message(bytes('{"a":1}'), contentType)), { a: 1 });
  });
}

for (const contentType of ["text/plain", "application/jsonp", "application/msgpack", "json"]) {
  test(`jsonConverter: refuses "${contentType}"`, () => {
    assert.throws(() => jsonConverter.decode(message(bytes("{}"), contentType)), /content type is not JSON/);
  });
}

test("jsonConverter: takes an empty body for an empty object", () => {
  assert.deepEqual(jsonConverter.decode(message(new Uint8Array())), {});
});

function packed() {
  const router = new Router({ channel: "packed", converter: messagePack });
  const add = router.actor(
    { name: "add", payload: type({ at: "Date", "blob?": "TypedArray.Uint8" }) },
    ({ at, blob }) => [at.getTime(), blob?.length],
  );
  const plain = router.actor(
    { name: "plain", payload: type({ n: "number" }), converter: jsonConverter },
    ({ n }) => n,
  );
  return { app: new Repid({ logger: silentLogger }).includeRouter(router), add, plain };
}

test("Converter: MessagePack in both directions, dates and bytes included", async () => {
  const { app, add } = packed();
  await using client = new TestClient(app);
  const sent = await client.send(add, { at: new Date(5), blob: new Uint8Array(3) });
  assert.deepEqual(sent.result, [5, 3]);
  assert.equal(sent.contentType, "application/vnd.msgpack");
  assert.deepEqual(decode(sent.payload), { at: new Date(5), blob: new Uint8Array(3) });
});

test("Converter: the actor's wins over its router's", async () => {
  const { app, plain } = packed();
  await using client = new TestClient(app);
  const sent = await client.send(plain, { n: 1 });
  assert.deepEqual([sent.result, sent.contentType], [1, "application/json"]);
});

test("Converter: a contract may bring its own", async () => {
  const contract = defineMessage({
    name: "add",
    channel: "packed",
    converter: messagePack,
    payload: type({ at: "Date" }),
  });
  await using client = new TestClient(packed().app);
  assert.deepEqual((await client.send(contract, { at: new Date(1) })).result, [1, undefined]);
});

test("Converter: what it throws makes the message invalid", async () => {
  const { app } = packed();
  await using client = new TestClient(app, { throwOnActorError: false });
  const headers = { topic: "add" };
  const sent = await client.sendMessageJson({ channel: "packed", payload: {}, headers });
  assert.ok(sent.error instanceof MessageValidationError);
  assert.match(sent.error.message, /payload: Cannot decode application\/json/);
  assert.equal(sent.nacked, true);
});

test("Converter: what an actor without a payload ignores is not even decoded", async () => {
  const router = new Router({
    converter: {
      contentType: "x/y",
      decode() {
        throw new Error("never");
      },
    },
  });
  const actor = router.actor({ name: "a" }, (payload) => payload);
  await using client = new TestClient(new Repid().includeRouter(router));
  assert.equal((await client.send(actor)).success, true);
});

test("Converter: what cannot decode is refused where it is given", () => {
  assert.throws(() => new Router({ converter: {} as never }), /has no method decode/);
});

test("Serializer: the application's own, which says what it writes", async () => {
  const serializer: Serializer = Object.assign((value: unknown) => encode(value), {
    contentType: "application/vnd.msgpack",
  });
  const app = new Repid({ defaultSerializer: serializer });
  await using client = new TestClient(app, { autoProcess: false });
  const sent = await client.sendMessageJson({ channel: "c", payload: { a: 1 } });
  assert.deepEqual([decode(sent.payload), sent.contentType], [{ a: 1 }, "application/vnd.msgpack"]);
});

test("Serializer: one for a single message, which counts as JSON where it says nothing", async () => {
  await using client = new TestClient(new Repid(), { autoProcess: false });
  const serializer = (value: unknown) => bytes(JSON.stringify(value, undefined, 1));
  const sent = await client.sendMessageJson({ channel: "c", payload: [1], serializer });
  assert.deepEqual([new TextDecoder().decode(sent.payload), sent.contentType], [
    "[\n 1\n]",
    "application/json",
  ]);
});

test("Repid.send(): refuses what its consumers could not decode", async () => {
  const serializer: Serializer = Object.assign((value: unknown) => encode(value), {
    contentType: "x/packed",
  });
  const app = new Repid({ defaultSerializer: serializer });
  const contract = defineMessage({ name: "m", channel: "c", payload: type({ n: "number" }) });
  await using client = new TestClient(app);
  await assert.rejects(client.send(contract, { n: 1 }), MessageValidationError);
  assert.deepEqual(client.getSentMessages(), []);
});
