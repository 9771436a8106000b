/** @module */
import { toJsonSchema } from "@valibot/to-json-schema";
import { type Type, type } from "arktype";
import assert from "node:assert/strict";
import * as v from "valibot";
import { z } from "zod";
import {
  type AsyncApiDocument,
  defineMessage,
  dependency,
  type EventFields,
  type MaybeSchema,
  Repid,
  type RepidOptions,
  Router,
  silentLogger,
  unchecked,
} from "../../mod.ts";
import { test } from "../harness.ts";
import { everyFeature } from "./every_feature.ts";

/** The document of an application with one actor for each payload, named `a`, `b`, … */
function documentOf(payloads: readonly MaybeSchema[], options: RepidOptions = {}): AsyncApiDocument {
  const router = new Router();
  payloads.forEach((payload, i) => {
    router.actor({ name: String.fromCharCode(97 + i), ...(payload && { payload }) }, () => {});
  });
  return new Repid({ logger: silentLogger, ...options }).includeRouter(router).asyncApiDocument();
}

function payloadOf(document: AsyncApiDocument, message: string): unknown {
  return document.components.messages[message]?.payload;
}

test("asyncApiDocument() of nothing is a document with nothing in it", () => {
  assert.deepEqual(new Repid().asyncApiDocument(), {
    asyncapi: "3.0.0",
    info: { title: "Repid AsyncAPI", version: "0.0.1" },
    servers: {},
    channels: {},
    operations: {},
    components: { messages: {} },
  });
});

test("asyncApiDocument() answers the same bytes for the same declarations, and plain data", () => {
  const [first, second] = [everyFeature().asyncApiDocument(), everyFeature().asyncApiDocument()];
  assert.equal(JSON.stringify(first), JSON.stringify(second));
  assert.deepEqual(JSON.parse(JSON.stringify(first)), first);
});

test("asyncApiDocument() combines the fields of an actor and its dependencies", () => {
  const user = dependency(
    { payload: z.object({ userId: z.number() }), headers: type({ token: "string" }) },
    () => 1,
  );
  const nested = dependency({ deps: { user }, payload: type({ "note?": "string" }) }, () => 2);
  const router = new Router();
  router.actor(
    { name: "a", payload: type({ userId: "number > 0", "+": "reject" }), deps: { nested } },
    () => {},
  );
  const { components: { messages: { a } } } = new Repid().includeRouter(router).asyncApiDocument();
  assert.deepEqual(a?.payload, {
    type: "object",
    properties: {
      userId: { allOf: [{ type: "number", exclusiveMinimum: 0 }, { type: "number" }] },
      note: { type: "string" },
    },
    required: ["userId"],
    additionalProperties: false,
  });
  assert.deepEqual(a?.headers, {
    type: "object",
    properties: { token: { type: "string" } },
    required: ["token"],
  });
});

test("asyncApiDocument() joins schemas that are no plain objects with allOf, and closes none against the other", () => {
  const item = dependency({ payload: type({ "[string]": "number" }) }, () => 1);
  const router = new Router();
  router.actor({ name: "a", payload: type({ x: "number", "+": "reject" }), deps: { item } }, () => {});
  const document = new Repid().includeRouter(router).asyncApiDocument();
  assert.deepEqual(payloadOf(document, "a"), {
    allOf: [
      { type: "object", properties: { x: { type: "number" } }, required: ["x"] },
      { type: "object", additionalProperties: { type: "number" } },
    ],
  });
});

test("asyncApiDocument() leaves an overridden dependency out while it is overridden", () => {
  const user = dependency({ payload: type({ userId: "number" }) }, () => 1);
  const router = new Router();
  router.actor({ name: "a", deps: { user } }, () => {});
  const app = new Repid().includeRouter(router);
  const override = user.override(() => 2);
  assert.equal(payloadOf(app.asyncApiDocument(), "a"), undefined);
  override[Symbol.dispose]();
  assert.notEqual(payloadOf(app.asyncApiDocument(), "a"), undefined);
});

test("asyncApiDocument() says {} of a schema without JSON Schema form, and warns of it by name", () => {
  const warnings: EventFields["asyncapi.schema.unsupported"][] = [];
  // deno-lint-ignore no-explicit-any -- the one event that is expected here
  const logger = { ...silentLogger, warn: (_: string, fields: any) => warnings.push(fields) };
  const failing = {
    "~standard": {
      version: 1,
      vendor: "broken",
      validate: (value: unknown) => ({ value }),
      jsonSchema: { input: () => ({ $ref: "#/nowhere" }), output: () => ({}) },
    },
  } as const;
  const document = documentOf([v.object({ at: v.date() }), failing, unchecked<string>()], { logger });
  assert.deepEqual(["a", "b", "c"].map((name) => payloadOf(document, name)), [{}, {}, {}]);
  assert.deepEqual(warnings.map(({ schema }) => schema), [
    'the payload of "a" (valibot)',
    'the payload of "b" (broken)',
  ]);
  assert.match(String(warnings[0]?.error), /offers no JSON Schema/);
  assert.match(String(warnings[1]?.error), /its target does not exist: #\/nowhere/);
  assert.equal(document.components.schemas, undefined);
});

test("asyncApiDocument() hoists definitions, and two schemas of one name stay two", () => {
  const City = (schema: z.ZodType): z.ZodType => z.object({ city: schema.meta({ id: "City" }) });
  const document = documentOf([City(z.string()), City(z.number()), z.object({ other: City(z.string()) })]);
  assert.deepEqual(document.components.schemas, { City: { type: "string" }, City_1: { type: "number" } });
  const ref = (name: string) => ({
    type: "object",
    properties: { city: { $ref: `#/components/schemas/${name}` } },
    required: ["city"],
  });
  assert.deepEqual(payloadOf(document, "a"), ref("City"));
  assert.deepEqual(payloadOf(document, "b"), ref("City_1"));
  assert.deepEqual(payloadOf(document, "c"), {
    type: "object",
    properties: { other: ref("City") },
    required: ["other"],
  });
});

test("asyncApiDocument() keeps two definitions apart that differ only in what they refer to", () => {
  const Box = (inner: z.ZodType): z.ZodType =>
    z.object({ box: z.object({ inner: inner.meta({ id: "In" }) }).meta({ id: "Box" }) });
  const { components: { schemas } } = documentOf([Box(z.string()), Box(z.number())]);
  assert.deepEqual(Object.keys(schemas ?? {}), ["Box", "In", "Box_1", "In_1"]);
});

test("asyncApiDocument() gives recursive schemas a name that does not change with what else is declared", () => {
  const List = (): Type => type({ head: "number", "tail?": "this" }) as Type;
  const Person: z.ZodType = z.object({
    get friend() {
      return z.optional(Person);
    },
  });
  interface Tree {
    children: Tree[];
  }
  const tree: v.GenericSchema<Tree> = v.object({ children: v.array(v.lazy(() => tree)) });
  const jsonSchemaConverters = { valibot: toJsonSchema };
  const document = documentOf([List(), Person, tree], { jsonSchemaConverters });
  for (let i = 0; i < 10; i++) type({ [`field${i}`]: "string[]" });
  assert.deepEqual(documentOf([List(), Person, tree], { jsonSchemaConverters }), document);
  assert.deepEqual(Object.keys(document.components.schemas ?? {}), ["a_payload", "b_payload", "c_payload"]);
  assert.deepEqual(payloadOf(document, "b"), { $ref: "#/components/schemas/b_payload" });
  const { a_payload: list } = document.components.schemas ?? {};
  assert.deepEqual((list?.properties as Record<string, unknown>).tail, {
    $ref: "#/components/schemas/a_payload",
  });
});

test("asyncApiDocument() rewrites pointers into the middle of a schema, and leaves data and properties named $ref alone", () => {
  const input = () => ({
    type: "object",
    properties: {
      a: { type: "string" },
      b: { $ref: "#/properties/a" },
      $ref: { type: "string", default: { $ref: "#/x" } },
    },
    $schema: "http://json-schema.org/draft-07/schema#",
  });
  const schema = {
    "~standard": {
      version: 1,
      vendor: "own",
      validate: (value: unknown) => ({ value }),
      jsonSchema: { input, output: input },
    },
  } as const;
  const { components: { schemas } } = documentOf([schema]);
  assert.deepEqual(schemas?.a_payload, {
    type: "object",
    properties: {
      a: { type: "string" },
      b: { $ref: "#/components/schemas/a_payload/properties/a" },
      $ref: { type: "string", default: { $ref: "#/x" } },
    },
  });
});

test("asyncApiDocument() merges what is said of a channel, the later word winning", () => {
  const router = new Router();
  router.actor({ name: "a", channel: { address: "x/y", title: "A", summary: "Kept" } }, () => {});
  router.actor({ name: "b", channel: "x/y" }, () => {});
  const app = new Repid().includeRouter(router);
  app.messages.registerOperation({ operationId: "c", channel: { address: "x/y", title: "C" } });
  const { channels, operations } = app.asyncApiDocument();
  assert.deepEqual(channels, {
    "x/y": {
      address: "x/y",
      title: "C",
      summary: "Kept",
      messages: { a: { $ref: "#/components/messages/a" }, b: { $ref: "#/components/messages/b" } },
    },
  });
  assert.deepEqual(operations.receive_b?.messages, [{ $ref: "#/channels/x~1y/messages/b" }]);
});

test("asyncApiDocument() keeps the operations of actors and of senders that share an id", () => {
  const router = new Router();
  router.actor({ name: "a" }, () => {});
  router.actor({ name: "a", channel: "other" }, () => {});
  const app = new Repid().includeRouter(router);
  app.messages.registerOperation({ operationId: "receive_a", channel: "x" });
  const { operations } = app.asyncApiDocument();
  const actions = Object.entries(operations).map(([id, { action }]) => [id, action]);
  assert.deepEqual(actions, [["receive_a", "receive"], ["receive_a_1", "receive"], ["receive_a_2", "send"]]);
});

test("asyncApiDocument() writes a contract once that is both sent and received", () => {
  const welcome = defineMessage({
    name: "welcome",
    channel: "email",
    title: "Welcome",
    payload: type({ id: "number" }),
  });
  const router = new Router();
  router.actor(welcome, () => {});
  const app = new Repid().includeRouter(router);
  app.messages.register(welcome);
  const { components, operations } = app.asyncApiDocument();
  assert.deepEqual(Object.keys(components.messages), ["welcome"]);
  assert.deepEqual(operations.welcome?.messages, operations.receive_welcome?.messages);
});

test("asyncApiDocument() says where the reply goes: to its channel, or wherever the message wants it", () => {
  const fixed = defineMessage({ name: "fixed", channel: "answers" });
  const free = defineMessage({ name: "free" });
  const router = new Router();
  router.actor({ name: "a", reply: fixed }, () => {});
  router.actor({ name: "b", reply: free }, () => {});
  const app = new Repid().includeRouter(router);
  app.messages.registerOperation({
    operationId: "c",
    channel: "x",
    messages: [defineMessage({ name: "m", reply: fixed }), defineMessage({ name: "n", reply: free })],
  });
  const { operations, channels } = app.asyncApiDocument();
  assert.deepEqual(operations.receive_a?.reply, {
    channel: { $ref: "#/channels/answers" },
    messages: [{ $ref: "#/channels/answers/messages/fixed" }],
  });
  assert.equal(operations.receive_b?.reply?.address?.location, "$message.header#/replyTo");
  assert.deepEqual(operations.receive_b?.reply?.channel, { $ref: "#/channels/receive_b_reply" });
  assert.equal(channels.receive_b_reply?.address, null);
  assert.deepEqual(operations.c?.reply?.messages, [
    { $ref: "#/channels/c_reply/messages/fixed" },
    { $ref: "#/channels/c_reply/messages/free" },
  ]);
});

test("asyncApiDocument() says the content type of the converter, or of the application's serializer", () => {
  const converter = { contentType: "application/x-own", decode: () => 1 };
  const router = new Router({ converter });
  router.actor({ name: "a", payload: type("number") }, () => {});
  const defaultSerializer = Object.assign(() => new Uint8Array(), { contentType: "application/msgpack" });
  const app = new Repid({ defaultSerializer }).includeRouter(router);
  app.messages.register(defineMessage({ name: "b", channel: "x", payload: type("number") }));
  const { components: { messages } } = app.asyncApiDocument();
  assert.equal(messages.a?.contentType, "application/x-own");
  assert.equal(messages.b?.contentType, "application/msgpack");
});
