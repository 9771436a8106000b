import assert from "node:assert/strict";
import { type AnySchema, dependency, Router } from "@repid/core";
import { type } from "arktype";
import * as v from "valibot";
import * as z from "zod";
import { findContradiction } from "../../src/declaration/contradictions.ts";
import { test } from "../harness.ts";

const TABLE: readonly (readonly [found: string | undefined, ...schemas: readonly AnySchema[]])[] = [
  [undefined, type({ a: "string" })],
  [undefined, type({ a: "string" }), z.object({ a: z.string(), b: z.number() })],
  [
    "payload.a is string for one, number or integer for another",
    type({ a: "string" }),
    type({ a: "number" }),
  ],
  [
    "payload.a is string for one, number or integer for another",
    z.object({ a: z.string() }),
    type({ "a?": "number" }),
  ],
  // Left out, it fits both.
  [undefined, type({ "a?": "string" }), type({ "a?": "number" })],
  [undefined, type({ a: "number" }), type({ a: "number.integer" })],
  [undefined, type({ a: "string | number" }), type({ a: "number | boolean" })],
  [undefined, type({ a: "string | null" }), z.object({ a: z.number().nullable() })],
  ['payload.a is "x" or "y" for one, "z" for another', type({ a: "'x' | 'y'" }), type({ a: "'z'" })],
  [undefined, type({ a: "'x' | 'y'" }), z.object({ a: z.enum(["y", "z"]) })],
  [
    "payload.a is string for one, integer for another",
    type({ a: "string.numeric.parse" }),
    type({ a: "number.integer" }),
  ],
  [undefined, z.object({ a: z.coerce.number() }), type({ a: "string" })],
  // What coerces may meet the other in a value that nobody tried.
  [undefined, z.object({ a: z.coerce.number() }), z.object({ a: z.string().length(4) })],
  [undefined, z.object({ a: z.coerce.string() }), z.object({ a: z.number().min(1_000) })],
  [
    "payload.a.b is boolean for one, string for another",
    type({ a: { b: "boolean" } }),
    type({ a: { b: "string" } }),
  ],
  [undefined, type({ "a?": { b: "boolean" } }), type({ "a?": { b: "string" } })],
  ["payload is array for one, object for another", type("string[]"), type({ a: "string" })],
  // Nobody can tell: it has no JSON Schema of its own.
  [undefined, v.object({ a: v.string() }), type({ a: "number" })],
];

test("findContradiction() finds what no message can be", () => {
  for (const [expected, ...schemas] of TABLE) {
    assert.equal(findContradiction("payload", schemas), expected);
    assert.equal(findContradiction("payload", schemas.toReversed()) === undefined, expected === undefined);
  }
});

test("Router.actor() refuses an actor whose schemas exclude those of its dependencies", () => {
  const user = dependency({ payload: type({ userId: "string" }) }, ({ payload }) => payload.userId);
  const nested = dependency({ deps: { user } }, ({ deps }) => deps.user);
  const options = { name: "update", payload: type({ userId: "number" }), deps: { nested } };
  // The compiler refuses it as well.
  assert.throws(() => new Router().actor(options as never, () => {}), {
    name: "TypeError",
    message: 'Cannot register the actor "update" as its schemas exclude each other: ' +
      "payload.userId is number or integer for one, string for another",
  });
  const headers = dependency({ headers: type({ kind: "'a'" }) }, () => 1);
  assert.throws(
    () => new Router().actor({ name: "h", headers: type({ kind: "'b'" }), deps: { headers } }, () => {}),
    /headers\.kind is "b" for one, "a" for another$/,
  );
});
