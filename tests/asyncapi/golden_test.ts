/**
 * The document that Python's Repid writes for an application, and ours for the same one, field by field.
 * @module
 */
import { type } from "arktype";
import { z } from "zod";
import assert from "node:assert/strict";
import { readFileSync } from "node:fs";
import { defineMessage, InMemoryServer, Repid, Router, type ServerDescription } from "../../mod.ts";
import { compareDocuments } from "../../src/asyncapi/compare.ts";
import { test } from "../harness.ts";

const golden = JSON.parse(readFileSync(new URL("./golden/asyncapi_example.json", import.meta.url), "utf8"));

class Amqp extends InMemoryServer {
  override readonly protocol = "amqp" as "in-memory";
  override readonly host = "h:5672" as "localhost";
  readonly pathname = "/vh";
  constructor(description: ServerDescription) {
    super({ description });
  }
}

function build(): Repid {
  const x = { url: "https://e.com/x", description: "dd" };
  const tagA = { name: "tag a", description: "td", externalDocs: x };
  const app = new Repid({
    title: "T",
    version: "1.0.0",
    description: "D",
    termsOfService: "tos",
    contact: { url: "u", email: "e", name: "n" },
    license: { name: "MIT", url: "l" },
    tags: [tagA],
    externalDocs: { url: "https://e.com/y" },
  });
  const memory = {
    title: "In-Memory Server",
    summary: "In-memory message broker for testing and development",
    description: "A simple in-memory message broker that implements the ServerT protocol",
  };
  app.servers.register("in mem", new InMemoryServer({ description: memory }));
  const security = [{ type: "plain" }];
  app.servers.register("amqp", new Amqp({ tags: [{ name: "t2" }], bindings: { amqp1: { x: 1 } }, security }));

  const router = new Router();
  const Address = z.object({ city: z.string().meta({ title: "City" }) }).meta({ id: "Addr", title: "Addr" });
  const payload = z.object({
    a: z.int().meta({ title: "A" }),
    addr: Address,
    b: z.string().default("x").meta({ title: "B" }),
    z: z.int().meta({ title: "Z" }),
  });
  router.actor({
    name: "send_mail",
    channel: { address: "user/tasks", title: "CT", bindings: { amqp1: { a: 1 } } },
    title: "mt",
    payload,
    headers: type({ "X-H": "string" }),
    deprecated: true,
    examples: [{ payload: { a: 1 }, name: "ex" }],
    correlationId: { location: "$message.header#/cid", description: "cdesc" },
    bindings: { amqp1: { c: 1 } },
    security: [{ type: "userPassword" }],
    operation: {
      summary: "Send Mail",
      description: "Doc string.",
      tags: [tagA],
      bindings: { amqp1: { b: 1 } },
    },
  }, () => {});
  router.actor({ name: "nothing", summary: "Nothing" }, () => {});
  router.actor(
    { name: "nothing", channel: "other", summary: "Nothing2", payload: z.object({ x: z.any() }) },
    () => {},
  );
  app.includeRouter(router);

  const Q = z.string().meta({ id: "Q" });
  app.messages.registerOperation({
    operationId: "op/1",
    channel: "user/tasks",
    title: "OT",
    messages: [
      defineMessage({ name: "send_mail", payload: z.object({ q: Q }) }),
      defineMessage({ name: "n2" }),
    ],
  });
  app.messages.registerOperation({ operationId: "op2", channel: "lonely" });
  return app;
}

const ADDRESS = "channels say their address: AsyncAPI takes one without it as unknown";
const TAG = "a component's key is a name without spaces, and a reference is a URI";
const INTEGER = "zod's integers are those that JavaScript holds exactly";
const PYDANTIC =
  "pydantic titles models and fields after functions and names; other libraries have only what is declared";
const ONCE = "what is said of a message is said of its operation too, unless the actor says otherwise";
const SCHEMA = "a registered message has a schema, not a JSON Schema with definitions that nothing refers to";

/** Every difference, in the order of the document, and why it is one. */
const DIFFERENCES: readonly (readonly [difference: string, reason: string])[] = [
  ['~ /info/tags/0/$ref: "#/components/tags/tag a" → "#/components/tags/tag_a"', TAG],
  ['+ /channels/user~1tasks/address: "user/tasks"', ADDRESS],
  ['+ /channels/default/address: "default"', ADDRESS],
  ['+ /channels/other/address: "other"', ADDRESS],
  ['+ /channels/lonely/address: "lonely"', ADDRESS],
  ['~ /operations/receive_send_mail/tags/0/$ref: "#/components/tags/tag a" → "#/components/tags/tag_a"', TAG],
  ['+ /operations/receive_send_mail/title: "mt"', ONCE],
  ["+ /components/messages/send_mail/payload/properties/a/minimum: -9007199254740991", INTEGER],
  ["+ /components/messages/send_mail/payload/properties/a/maximum: 9007199254740991", INTEGER],
  ["+ /components/messages/send_mail/payload/properties/z/minimum: -9007199254740991", INTEGER],
  ["+ /components/messages/send_mail/payload/properties/z/maximum: 9007199254740991", INTEGER],
  ['- /components/messages/send_mail/payload/title: "send_mail_payload"', PYDANTIC],
  ['- /components/messages/send_mail/headers/properties/X-H/title: "X-H"', PYDANTIC],
  ['- /components/messages/send_mail/headers/title: "send_mail_headers"', PYDANTIC],
  [
    '- /components/messages/nothing/contentType: ""',
    "where there is no payload there is no type; empty text is no MIME type",
  ],
  ['+ /components/messages/nothing/summary: "Nothing"', ONCE],
  ['- /components/messages/nothing_1/payload/properties/x/title: "X"', PYDANTIC],
  ['- /components/messages/nothing_1/payload/title: "nothing2_payload"', PYDANTIC],
  ['+ /components/messages/nothing_1/summary: "Nothing2"', ONCE],
  ['+ /components/messages/send_mail_1/payload/properties: {"q":{"$ref":"#/components/schemas/Q"}}', SCHEMA],
  ['+ /components/messages/send_mail_1/payload/required: ["q"]', SCHEMA],
  ["- /components/tags/tag a", TAG],
  ["+ /components/tags/tag_a", TAG],
];

test("asyncApiDocument() differs from Python's Repid only where there is a reason", () => {
  const differences = compareDocuments(golden, build().asyncApiDocument());
  // Of the two tags only the place: their content is the same, and long.
  const found = differences.map((difference) =>
    difference.replace(/^([-+] \/components\/tags\/[^:]+): .*$/, "$1")
  );
  assert.deepEqual(found, DIFFERENCES.map(([difference]) => difference));
});
