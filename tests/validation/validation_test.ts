import assert from "node:assert/strict";
import { encode } from "@msgpack/msgpack";
import { toJsonSchema } from "@valibot/to-json-schema";
import { type } from "arktype";
import * as v from "valibot";
import * as z from "zod";
import { dependency, MessageValidationError, Repid, Router, unchecked } from "../../mod.ts";
import { hiddenKeys } from "../../src/validation/closed_schemas.ts";
import type { AnySchema } from "../../src/declaration/schema.ts";
import { TestClient } from "../../src/testing/mod.ts";
import { test } from "../harness.ts";
import { handleOne, json } from "../execution/one_message.ts";

/** The issues that a message is refused with, as text. */
async function issuesOf(actor: object, message: object): Promise<string[]> {
  const { outcome } = await handleOne({ ...actor }, () => {}, { message });
  if (outcome.kind === "returned") return [];
  assert.equal(outcome.kind, "invalid");
  assert.ok(outcome.error instanceof MessageValidationError);
  return outcome.error.issues.map((issue) => [issue.in, ...issue.path.map(String)].join("."));
}

const noted = dependency({ payload: type({ "+": "reject", note: "string" }) }, ({ payload }) => payload.note);
const tagged = dependency(
  { payload: v.strictObject({ tag: v.optional(v.string(), "none") }) },
  ({ payload }) => payload.tag,
);
const counted = { payload: z.strictObject({ n: z.number() }), deps: { noted, tagged } };

test("validation: arktype, zod and valibot see one message, closed schemas included", async () => {
  const handler = (payload: object, { deps }: { deps: object }) => ({ ...payload, ...deps });
  const { outcome } = await handleOne(counted, handler, { message: json({ n: 1, note: "x" }) });
  assert.deepEqual(outcome, { kind: "returned", value: { n: 1, noted: "x", tagged: "none" } });
  const everything = await handleOne(counted, handler, { message: json({ n: 1, note: "x", tag: "y" }) });
  assert.deepEqual(everything.outcome, { kind: "returned", value: { n: 1, noted: "x", tagged: "y" } });
});

test("validation: closed schemas still forbid what nobody declares", async () => {
  const issues = await issuesOf(counted, json({ n: 1, note: "x", stray: 1 }));
  assert.ok(issues.length >= 2, String(issues));
  assert.ok(issues.every((issue) => issue === "payload" || issue === "payload.stray"), String(issues));
});

test("validation: finds every issue of actor, dependencies and headers at once", async () => {
  const tenant = dependency({ headers: z.object({ tenant: z.string() }) }, ({ headers }) => headers.tenant);
  const actor = {
    ...counted,
    deps: { noted, tagged, tenant },
    headers: type({ "x-n": "string.integer.parse" }),
  };
  const issues = await issuesOf(actor, json({ n: "1", tag: 2 }, { "x-n": "one" }));
  assert.deepEqual(issues.sort(), [
    "headers.tenant",
    "headers.x-n",
    "payload.n",
    "payload.note",
    "payload.tag",
  ]);
});

test("validation: an issue that two schemas find alike is told once", async () => {
  const same = dependency({ payload: type({ n: "number" }) }, ({ payload }) => payload.n);
  assert.deepEqual(await issuesOf({ payload: type({ n: "number" }), deps: { same } }, json({})), [
    "payload.n",
  ]);
});

test("validation: nothing runs before all of it is valid", async () => {
  let ran = false;
  const side = dependency(() => ran = true);
  await issuesOf({ payload: type({ n: "number" }), deps: { side } }, json({}));
  assert.equal(ran, false);
});

test("validation: closed unions and recursive schemas leave neighbours alone, in every library", async () => {
  const needsNote = dependency({ payload: type({ note: "string" }) }, ({ payload }) => payload.note);
  const closed: Record<string, AnySchema> = {
    "arktype union": type({ "+": "reject", kind: "'a'", a: "number" }).or({
      "+": "reject",
      kind: "'b'",
      b: "string",
    }),
    "zod discriminated union": z.discriminatedUnion("kind", [
      z.strictObject({ kind: z.literal("a"), a: z.number() }),
      z.strictObject({ kind: z.literal("b"), b: z.string() }),
    ]),
    "zod with a transform": z.strictObject({ kind: z.string(), a: z.number() }).transform(({ a }) => a),
    "zod recursive": z.strictObject({
      kind: z.string(),
      a: z.number(),
      get children() {
        return z.array(z.strictObject({ name: z.string() })).optional();
      },
    }),
    "valibot variant": v.variant("kind", [
      v.strictObject({ kind: v.literal("a"), a: v.number() }),
      v.strictObject({ kind: v.literal("b"), b: v.string() }),
    ]),
    "valibot pipe": v.pipe(
      v.strictObject({ kind: v.string(), a: v.number() }),
      v.transform(({ a }) => a),
    ),
  };
  for (const [name, payload] of Object.entries(closed)) {
    const message = json({ kind: "a", a: 1, note: "x" });
    const issues = await issuesOf({ payload, deps: { needsNote } }, message);
    assert.deepEqual(issues, [], name);
  }
});

test("validation: closed headers do not forbid the header that routing sets", async () => {
  const router = new Router({ channel: "c" });
  const actor = router.actor(
    { name: "a", headers: type({ "+": "reject", tenant: "string" }) },
    (_, { headers }) => headers,
  );
  await using client = new TestClient(new Repid().includeRouter(router));
  assert.deepEqual((await client.send(actor, undefined, { headers: { tenant: "x" } })).result, {
    tenant: "x",
  });
  await assert.rejects(client.send(actor, undefined, { headers: { tenant: "x", other: "y" } }), /other/);
});

test("hiddenKeys(): knows valibot's keys without a converter, and with one", () => {
  const closed = v.strictObject({ a: v.string(), at: v.date() });
  const open = v.object({ b: v.string() });
  for (const converters of [{}, { valibot: toJsonSchema }]) {
    const hidden = hiddenKeys([closed, open], [], converters);
    assert.deepEqual([[...hidden.get(closed) ?? []], hidden.get(open)], [["b"], undefined]);
  }
});

test("hiddenKeys(): of what has no JSON Schema form nothing is known, and nothing hidden", () => {
  const opaque = unchecked<{ a: string }>();
  const broken: AnySchema = {
    "~standard": {
      version: 1,
      vendor: "broken",
      validate: (value) => ({ value }),
      jsonSchema: {
        input() {
          throw new Error("no form");
        },
        output: () => ({}),
      },
    },
  };
  assert.equal(hiddenKeys([opaque, broken, type({ a: "string" })], [], {}).size, 0);
});

test("validation: a schema that throws instead of answering has found an issue", async () => {
  const failure = new Error("library bug");
  const answers = [
    () => {
      throw failure;
    },
    () => Promise.reject(failure),
  ];
  for (const validate of answers) {
    const payload: AnySchema = { "~standard": { version: 1, vendor: "broken", validate } };
    const { outcome, settlements } = await handleOne({ payload }, () => {}, { message: json({}) });
    assert.equal(outcome.kind, "invalid");
    assert.match(String(outcome.kind === "invalid" && outcome.error), /the schema threw: library bug/);
    assert.deepEqual(settlements, ["nack"]);
  }
});

test("validation: a schema that answers nonsense makes the message invalid, not unsettled", async () => {
  for (const answer of [undefined, null, { issues: [null] }]) {
    const validate = () => answer as never;
    const payload: AnySchema = { "~standard": { version: 1, vendor: "broken", validate } };
    const { outcome, settlements } = await handleOne({ payload }, () => {}, { message: json({}) });
    assert.deepEqual([outcome.kind, settlements], ["invalid", ["nack"]], JSON.stringify(answer));
  }
});

test("validation: asynchronous schemas are waited for", async () => {
  const payload = z.object({ n: z.number().refine(async (n) => await Promise.resolve(n > 0), "positive") });
  assert.deepEqual(await issuesOf({ payload }, json({ n: 1 })), []);
  assert.deepEqual(await issuesOf({ payload }, json({ n: -1 })), ["payload.n"]);
});

test("headers: have defaults, are coerced from text, and their names are exact", async () => {
  const headers = type({
    "correlation-id": "string",
    "custom-trace?": "string",
    "x-retry-count": "string.integer.parse = '0'",
  });
  const handler = (_: unknown, context: { headers: object }) => ({ ...context.headers });
  const one = await handleOne({ headers }, handler, {
    message: json({}, { "correlation-id": "x", extra: "y" }),
  });
  assert.deepEqual(one.outcome, {
    kind: "returned",
    value: { "correlation-id": "x", "x-retry-count": 0, extra: "y" },
  });
  const two = await handleOne({ headers: z.object({ n: z.coerce.number() }) }, handler, {
    message: json({}, { n: "7" }),
  });
  assert.deepEqual(two.outcome, { kind: "returned", value: { n: 7 } });
  assert.deepEqual(await issuesOf({ headers }, json({}, { "Correlation-Id": "x" })), [
    "headers.correlation-id",
  ]);
});

test("headers: are all there as text where nothing is declared, and do not make the body matter", async () => {
  const message = { payload: encode({ a: 1 }), contentType: "application/msgpack", headers: { a: "1" } };
  const { outcome } = await handleOne({}, (payload, { headers }) => [payload, headers.a, headers.b], {
    message,
  });
  assert.deepEqual(outcome, { kind: "returned", value: [undefined, "1", undefined] });
  assert.deepEqual(await issuesOf({ headers: type({ a: "string" }) }, message), []);
});

test("unchecked(): types a payload and checks nothing", async () => {
  const actor = { payload: unchecked<{ n: number }>() };
  for (const value of [{ n: "1" }, null, [1], "text"]) {
    const { outcome } = await handleOne(actor, (payload) => payload, { message: json(value) });
    assert.deepEqual(outcome, { kind: "returned", value });
  }
});

const encoder = new TextEncoder();
const bodies: Record<string, Uint8Array> = {
  "text that is not JSON": encoder.encode("hello"),
  "NaN": encoder.encode('{"n":NaN}'),
  "an array for an object": encoder.encode("[1]"),
  "null for an object": encoder.encode("null"),
  "an empty body for a required field": new Uint8Array(),
  "bytes that are not UTF-8": new Uint8Array([0x22, 0xff, 0x22]),
  "a deep nest": encoder.encode("[".repeat(100_000)),
};
for (const [name, payload] of Object.entries(bodies)) {
  test(`validation: ${name} is invalid, and the message is nacked`, async () => {
    const actor = { payload: type({ n: "number" }) };
    const { outcome, settlements } = await handleOne(actor, () => {}, { message: { payload } });
    assert.deepEqual([outcome.kind, settlements], ["invalid", ["nack"]]);
  });
}

test("validation: __proto__ and its like pollute nothing", async () => {
  const text = '{"n":1,"note":"x","__proto__":{"polluted":1},"constructor":{"prototype":{"polluted":1}}}';
  const message = { payload: encoder.encode(text), headers: JSON.parse('{"__proto__":"polluted"}') };
  const schemas = [
    type({ n: "number" }),
    z.object({ n: z.number() }),
    v.object({ n: v.number() }),
    unchecked(),
  ];
  for (const payload of schemas) {
    const { outcome } = await handleOne({ payload, deps: { noted } }, (seen) => seen, { message });
    if (outcome.kind === "returned") assert.equal((outcome.value as { polluted?: 1 }).polluted, undefined);
  }
  const closed = await handleOne(counted, (seen) => seen, { message });
  assert.equal(closed.outcome.kind, "invalid");
  assert.equal(({} as { polluted?: 1 }).polluted, undefined);
});

test("validation: 10 MB are a message like any other", async () => {
  const text = "x".repeat(10_000_000);
  const { outcome } = await handleOne(
    { payload: type({ text: "string" }) },
    (payload) => payload.text.length,
    {
      message: json({ text }),
    },
  );
  assert.deepEqual(outcome, { kind: "returned", value: 10_000_000 });
});

test("validation: one schema for payload and headers sees each of them", async () => {
  const Named = type({ name: "string" });
  const named = dependency({ headers: Named }, ({ headers }) => headers.name);
  const handler = (payload: { name: string }, { headers, deps }: { headers: object; deps: object }) => [
    payload.name,
    headers,
    deps,
  ];
  const { outcome } = await handleOne({ payload: Named, headers: Named, deps: { named } }, handler, {
    message: json({ name: "body" }, { name: "header", topic: "actor" }),
  });
  assert.deepEqual(outcome, {
    kind: "returned",
    value: ["body", { name: "header", topic: "actor" }, { named: "header" }],
  });
});
