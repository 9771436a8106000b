import assert from "node:assert/strict";
import { EVENT_LEVELS } from "../../mod.ts";
import { test } from "../harness.ts";

test("EVENT_LEVELS: every name says the subject, the part of it, and what happened", () => {
  const names = Object.keys(EVENT_LEVELS);
  assert.deepEqual(names.filter((name) => !/^[a-z]+(_[a-z]+)*(\.[a-z]+(_[a-z]+)*){2}$/.test(name)), []);
});
