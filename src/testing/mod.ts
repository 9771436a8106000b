/**
 * Testing applications: without a broker, or handlers on their own.
 *
 * @example
 * ```ts
 * import { Repid, Router } from "@repid/core";
 * import { TestClient } from "@repid/core/testing";
 * import assert from "node:assert/strict";
 *
 * const router = new Router();
 * const hello = router.actor({ name: "hello" }, () => "Hello!");
 *
 * await using client = new TestClient(new Repid().includeRouter(router));
 * assert.equal((await client.send(hello)).result, "Hello!");
 * ```
 * @module
 */
export { mockContext } from "./mock_context.ts";
export { type DependencyOverride, override } from "./override.ts";
export {
  type ResultOf,
  type Sent,
  TestClient,
  type TestClientOptions,
  type TestMessageFilter,
} from "./test_client.ts";
export type { TestMessage } from "./test_message.ts";
