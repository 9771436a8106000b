import assert from "node:assert/strict";
import { type KnownParameters, toKnownParameters } from "../../src/_internal/server_parameters.ts";
import { test } from "../harness.ts";

interface Parameters {
  readonly maxLength?: number;
  readonly streamId?: string;
}

const KNOWN: KnownParameters<Parameters> = {
  maxLength: { accepts: (value) => typeof value === "number", expected: "a number" },
  streamId: { accepts: (value) => typeof value === "string", expected: "a string" },
};

const check = (parameters: object): Parameters =>
  toKnownParameters<Parameters>("Redis", parameters, KNOWN, { maxlen: "maxLength", stream_id: "streamId" });

test("toKnownParameters() accepts Python's names and leaves undefined out", () => {
  assert.deepEqual(check({ maxlen: 5, stream_id: undefined }), { maxLength: 5 });
  assert.deepEqual(check({ maxLength: 5, streamId: "1-0" }), { maxLength: 5, streamId: "1-0" });
});

test("toKnownParameters() refuses unknown names, wrong shapes and a parameter given twice", () => {
  assert.throws(() => check({ maxlenght: 5 }), {
    name: "TypeError",
    message: "Cannot publish as Redis has no such parameter: maxlenght, did you mean maxLength?",
  });
  assert.throws(() => check({ priority: 5 }), /no such parameter: priority, but maxLength, streamId$/);
  assert.throws(() => check({ toString: 5 }), /no such parameter: toString/);
  assert.throws(() => check({ maxlen: "5" }), /the Redis parameter maxlen is not a number: string/);
  assert.throws(() => check({ maxlen: 5, maxLength: 6 }), /the parameter maxLength twice: also as maxLength/);
});
