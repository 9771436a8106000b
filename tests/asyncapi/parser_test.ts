/**
 * What the official parser says of Repid's documents.
 * @module
 */
import fc from "fast-check";
import assert from "node:assert/strict";
import { type } from "arktype";
import { z } from "zod";
import { app as orders } from "../../examples/app.ts";
import { defineMessage, InMemoryServer, Repid, Router, silentLogger } from "../../mod.ts";
import { toYaml } from "../../src/asyncapi/yaml.ts";
import { test } from "../harness.ts";
import { everyFeature } from "./every_feature.ts";
import { faultsOf } from "./parser.ts";

/** On Bun fewer: a document is the same bytes there, and the parser takes 0.1 s for each. */
const RUNS = "Bun" in globalThis ? 50 : 500;

const SCHEMAS = [
  undefined,
  type("string"),
  type({ name: "string", "+": "reject" }),
  type({ "age?": "number > 0" }),
  z.object({ name: z.string().default("x"), when: z.date() }),
  z.object({ "$weird / ~ key": z.array(z.number()) }),
  z.object({ city: z.string().meta({ id: "City" }) }),
  z.object({ city: z.number().meta({ id: "City" }) }),
];

const schema = fc.constantFrom(...SCHEMAS);
const objectSchema = fc.constantFrom(...SCHEMAS.filter((schema) => schema !== SCHEMAS[1]));
const name = fc.oneof(
  fc.constantFrom(
    "a",
    "a/b",
    "a_b",
    "~1",
    "%2F",
    "ü",
    "{id}",
    "a?b",
    "a#b",
    "__proto__",
    "constructor",
    "receive_a",
    " ",
    "[0]",
  ),
  fc.string({ minLength: 1, maxLength: 12 }),
  fc.string({ minLength: 1, maxLength: 12, unit: "binary" }),
);
const actor = fc.record({
  name,
  channel: fc.option(name, { nil: undefined }),
  payload: schema,
  headers: objectSchema,
});
const contract = fc.record({ name, payload: schema, title: fc.string(), deprecated: fc.boolean() });
const router = fc.record({
  channel: fc.option(name, { nil: undefined }),
  actors: fc.array(actor, { maxLength: 4 }),
  depth: fc.nat({ max: 4 }),
});
const application = fc.record({
  title: fc.string(),
  description: fc.string({ unit: "binary" }),
  servers: fc.array(name, { maxLength: 2 }),
  routers: fc.array(router, { maxLength: 3 }),
  operations: fc.array(
    fc.record({
      operationId: name,
      channel: name,
      messages: fc.array(contract, { maxLength: 3 }),
      replies: fc.boolean(),
    }),
    { maxLength: 3 },
  ),
  tags: fc.array(name, { maxLength: 3 }),
});

type Application = typeof application extends fc.Arbitrary<infer T> ? T : never;

function build({ title, description, servers, routers, operations, tags }: Application): Repid {
  const app = new Repid({
    title,
    description,
    tags: tags.map((tag) => ({ name: tag })),
    logger: silentLogger,
  });
  for (const server of servers) app.servers.register(server, new InMemoryServer());
  for (const { channel, actors, depth } of routers) {
    let router = new Router({ channel });
    for (const { payload, headers, ...options } of actors) {
      router.actor({ ...options, ...(payload && { payload }), ...(headers && { headers }) }, () => {});
    }
    for (let i = 0; i < depth; i++) router = new Router().includeRouter(router);
    app.includeRouter(router);
  }
  for (const { operationId, channel, messages, replies } of operations) {
    const contracts = messages.map(({ payload, ...described }) =>
      defineMessage({ ...described, ...(payload && { payload }) })
    );
    const [reply] = contracts;
    app.messages.registerOperation({
      operationId,
      channel,
      messages: contracts.map((contract) => replies && reply ? { ...contract, reply } : contract),
    });
  }
  return app;
}

test("asyncApiDocument() of an application with nothing is accepted by the official parser", async () => {
  assert.deepEqual(await faultsOf(new Repid().asyncApiDocument()), []);
});

test("asyncApiDocument() of the example is accepted by the official parser", async () => {
  assert.deepEqual(await faultsOf(orders.asyncApiDocument()), []);
});

test("asyncApiDocument() of an application with every feature is accepted by the official parser, as JSON and as YAML", async () => {
  const document = everyFeature().asyncApiDocument();
  assert.deepEqual(await faultsOf(document), []);
  assert.deepEqual(await faultsOf(toYaml(document)), []);
});

test("asyncApiDocument() of any application is accepted by the official parser, and is the same twice", async () => {
  await fc.assert(
    fc.asyncProperty(application, async (given) => {
      const document = build(given).asyncApiDocument();
      assert.equal(JSON.stringify(build(given).asyncApiDocument()), JSON.stringify(document));
      assert.deepEqual(await faultsOf(document), []);
    }),
    { numRuns: RUNS },
  );
});

test("the official parser refuses a document that is not one, and one whose references lead nowhere", async () => {
  assert.notDeepEqual(await faultsOf({ asyncapi: "3.0.0" }), []);
  const document = orders.asyncApiDocument();
  const { place_order: _, ...messages } = document.components.messages;
  assert.notDeepEqual(await faultsOf({ ...document, components: { ...document.components, messages } }), []);
});
