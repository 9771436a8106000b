import assert from "node:assert/strict";
import { Repid, Router, silentLogger, unchecked } from "../../mod.ts";
import { TestClient } from "../../src/testing/mod.ts";
import { IsolatedError, ProcessPool } from "../../src/isolated/mod.ts";
import { test } from "../harness.ts";
import { exists, functionsUrl, listen } from "./fixtures/fixtures.ts";
import type * as Functions from "./fixtures/functions.ts";

function clientOf(router: Router): TestClient {
  const app = new Repid({ logger: silentLogger }).includeRouter(router);
  return new TestClient(app, { throwOnActorError: false });
}

test("Router.actor() takes an isolated function as its handler", async () => {
  await using pool = new ProcessPool({ size: 1 });
  const functions = pool.module<typeof Functions>(functionsUrl);
  const router = new Router();
  const echo = router.actor({ name: "echo", payload: unchecked<{ text: string }>() }, functions.echo);
  // @ts-expect-error: the payload must be what the function takes
  router.actor({ name: "wrong", payload: unchecked<{ text: string }>() }, functions.exit);

  await using client = clientOf(router);
  const message = await client.send(echo, { text: "there and back" });
  assert.deepEqual(message.result, { text: "there and back" });
  assert.equal(message.action, "acked");
});

test("Router.actor() kills an isolated function that exceeds its time limit", async () => {
  await using announcements = await listen();
  await using pool = new ProcessPool({ size: 1 });
  const functions = pool.module<typeof Functions>(functionsUrl);
  const router = new Router();
  const spin = router.actor({ name: "spin", payload: unchecked<number>(), timeout: 1_000 }, functions.spin);
  const pid = await functions.pid();

  await using client = clientOf(router);
  const running = announcements.next();
  const sent = client.send(spin, announcements.port);
  await running;
  const message = await sent;
  assert.equal(message.action, "rejected");
  assert(message.error instanceof DOMException);
  assert.equal(message.error.name, "TimeoutError");
  assert.notEqual(await functions.pid(), pid);
  assert.equal(exists(pid), false);
});

test("Router.actor() settles by its policy when the process of its handler crashes", async () => {
  await using pool = new ProcessPool({ size: 1 });
  const functions = pool.module<typeof Functions>(functionsUrl);
  const router = new Router();
  const errors: unknown[] = [];
  const exit = router.actor({
    name: "exit",
    payload: unchecked<number>(),
    onError: (error) => {
      errors.push(error);
      return "ack";
    },
  }, functions.exit);

  await using client = clientOf(router);
  const message = await client.send(exit, 3);
  assert.equal(message.action, "acked");
  const [error] = errors;
  assert(error instanceof IsolatedError);
  assert.equal(
    error.message,
    `Cannot finish exit as its process ended: exit code 3, running ${functionsUrl}`,
  );
});
