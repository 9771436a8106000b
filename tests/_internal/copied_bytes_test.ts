import assert from "node:assert/strict";
import fc from "fast-check";
import { copiedBytes } from "../../src/_internal/copied_bytes.ts";
import { test } from "../harness.ts";

test("copiedBytes() makes copies that share no byte with the original or with each other", () => {
  fc.assert(
    fc.property(fc.array(fc.uint8Array({ maxLength: 3_000 }), { maxLength: 20 }), (originals) => {
      const expected = originals.map((bytes) => [...bytes]);
      const copies = originals.map(copiedBytes);
      for (const [index, copy] of copies.entries()) {
        assert.deepEqual([...copy], expected[index]);
        copy.fill(7);
      }
      assert.deepEqual(originals.map((bytes) => [...bytes]), expected);
      for (const copy of copies) assert.ok(copy.every((byte) => byte === 7));
    }),
  );
});
