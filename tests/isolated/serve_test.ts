import assert from "node:assert/strict";
import { once } from "node:events";
import { startProcess } from "../../src/isolated/spawn.ts";
import { test } from "../harness.ts";
import { functionsUrl } from "./fixtures/fixtures.ts";

test("serve() ends where the parent is gone before it begins", async () => {
  const child = startProcess([functionsUrl.href]);
  child.disconnect();
  const [code] = await once(child, "exit");
  assert.equal(code, 0);
});
