/**
 * Seed: "Actors", "Confirmation Modes & Error Handling", "Execution & Timeouts" and the cookbook's retries.
 * @module
 */
import assert from "node:assert/strict";
import { MessageValidationError, type OnErrorHandler, Repid, Router, silentLogger } from "@repid/core";
import { TestClient } from "@repid/core/testing";
import { type } from "arktype";
import { test } from "../harness.ts";

const clientOf = (router: Router): TestClient =>
  new TestClient(new Repid({ logger: silentLogger }).includeRouter(router), { throwOnActorError: false });

test("Defining Actors with Routers: the function stays callable", async () => {
  const router = new Router();
  const sendWelcomeEmail = router.actor(
    { name: "send_welcome_email", channel: "user_tasks" },
    () => "Sending welcome email...",
  );
  assert.equal(sendWelcomeEmail.handler(), "Sending welcome email...");
  await using client = clientOf(router);
  assert.equal((await client.send(sendWelcomeEmail)).channel, "user_tasks");
});

test("Confirmation Mode and Errors: onError as a word", async () => {
  const router = new Router();
  const actor = router.actor(
    { name: "my_actor", channel: "tasks", confirmationMode: "auto", onError: "reject" },
    () => Promise.reject(new Error("x")),
  );
  await using client = clientOf(router);
  assert.equal((await client.send(actor)).rejected, true);
});

test("Confirmation Mode and Errors: onError as a function", async () => {
  const router = new Router({ channel: "tasks" });
  const smart = router.actor({
    name: "my_smart_actor",
    payload: type({ range: "boolean" }),
    onError: (error) => error instanceof RangeError ? "reject" : "nack",
  }, ({ range }) => Promise.reject(range ? new RangeError("x") : new Error("y")));
  await using client = clientOf(router);
  assert.equal((await client.send(smart, { range: true })).rejected, true);
  assert.equal((await client.send(smart, { range: false })).nacked, true);
});

test("manual_explicit: the handler returns what is to be done", async () => {
  const router = new Router({ channel: "tasks" });
  const explicit = router.actor({
    name: "my_explicit_actor",
    confirmationMode: "manual_explicit",
    payload: type({ works: "boolean" }),
  }, ({ works }) => {
    try {
      if (!works) throw new Error("x");
      return "ack";
    } catch {
      return "nack";
    }
  });
  await using client = clientOf(router);
  assert.equal((await client.send(explicit, { works: true })).acked, true);
  assert.equal((await client.send(explicit, { works: false })).nacked, true);
});

test("always_ack: acknowledged even on failure", async () => {
  const router = new Router();
  const always = router.actor(
    { name: "always", confirmationMode: "always_ack" },
    () => Promise.reject(new Error("x")),
  );
  await using client = clientOf(router);
  const message = await client.send(always);
  assert.deepEqual([message.acked, message.success], [true, false]);
});

test("Manual modes and validation errors: onError decides where the actor's code never ran", async () => {
  const router = new Router({ channel: "c" });
  let ran = false;
  const options = { payload: type({ n: "number" }), confirmationMode: "manual_explicit" } as const;
  router.actor({ ...options, name: "decides", onError: "nack" }, () => (ran = true, "ack"));
  router.actor({ ...options, name: "leaves" }, () => "ack");
  await using client = clientOf(router);
  const send = (topic: string) => client.sendMessageJson({ channel: "c", payload: {}, headers: { topic } });
  const decided = await send("decides");
  assert.deepEqual([decided.nacked, decided.error instanceof MessageValidationError, ran], [
    true,
    true,
    false,
  ]);
  assert.equal((await send("leaves")).isActedOn, false);
});

test("Timeouts: the signal ends what takes too long, and the message is put back", async () => {
  const router = new Router();
  const slow = router.actor(
    { name: "fetch_slow_api", channel: "api_tasks", timeout: 10 },
    (_, { signal }) => {
      return new Promise((_, reject) => signal.addEventListener("abort", () => reject(signal.reason)));
    },
  );
  await using client = clientOf(router);
  const message = await client.send(slow);
  assert.deepEqual([message.rejected, (message.error as Error).name], [true, "TimeoutError"]);
});

interface RetryOptions {
  readonly maxRetries?: number;
  readonly backoffDelays?: readonly number[];
  readonly retryExchange?: string;
  readonly retryOn?: (error: unknown) => boolean;
}

/** Sends the message again, by way of a queue that delays it, and acknowledges this one. */
function rabbitmqRetries(options: RetryOptions = {}): OnErrorHandler {
  const { maxRetries = 5, retryExchange = "retry_exchange", retryOn = () => true } = options;
  const { backoffDelays = [10_000, 60_000, 300_000, 600_000, 1_800_000] } = options;
  return async (error, message) => {
    const retries = Number(message.headers["x-retry-count"] ?? 0);
    if (!retryOn(error) || retries >= maxRetries) return "nack";
    const delay = backoffDelays[Math.min(retries, backoffDelays.length - 1)];
    await message.sendMessage({
      channel: message.channel,
      payload: message.payload,
      contentType: message.contentType,
      headers: { ...message.headers, "x-retry-count": String(retries + 1) },
      serverSpecificParameters: { to: `/exchanges/${retryExchange}/delay.${delay}.${message.channel}` },
    });
    return "ack";
  };
}

test("RabbitMQ Retries with Exponential Backoff: a policy that sends again and acknowledges", async () => {
  class ConnectionError extends Error {}
  const router = new Router({ channel: "my_work_queue" });
  const task = router.actor({
    name: "process_task",
    payload: type({ "badPayload?": "boolean" }),
    onError: rabbitmqRetries({ retryOn: (error) => error instanceof ConnectionError }),
  }, ({ badPayload }) => {
    throw badPayload ? new TypeError("Invalid data format") : new ConnectionError("Temporary API failure");
  });
  await using client = clientOf(router);
  assert.equal((await client.send(task, {})).acked, true);
  const attempts = await client.processAll();
  assert.deepEqual(attempts.map(({ action }) => action), ["acked", "acked", "acked", "acked", "nacked"]);
  assert.deepEqual(attempts.map(({ headers }) => headers["x-retry-count"]), ["1", "2", "3", "4", "5"]);
  const to = attempts[1]?.serverSpecificParameters.to;
  assert.equal(to, "/exchanges/retry_exchange/delay.60000.my_work_queue");
  assert.equal((await client.send(task, { badPayload: true })).nacked, true);
});
