/**
 * One message's run: what the table of its states promises where something hangs or comes too late.
 * @module
 */
import assert from "node:assert/strict";
import type { ActorCall, ActorMiddleware } from "@repid/core";
import { test } from "../harness.ts";
import { handleOne } from "./one_message.ts";

const never = (): Promise<never> => new Promise(() => {});
const hangingReply = { producerMiddlewares: [never] };

/** Lets everything happen that waits for no timer. */
const turn = (): Promise<void> => new Promise((resolve) => setTimeout(resolve, 0));

/** Fires all timers again and again, so that whatever has a time limit reaches it. */
const firing = (_abort: unknown, clock: { fire(): void }): () => void => {
  const timer = setInterval(() => clock.fire(), 0);
  return () => clearInterval(timer);
};

for (const confirmationMode of ["auto", "ack_first", "manual"] as const) {
  test(`MessageRun ends although an abandoned handler's reply hangs, in ${confirmationMode}`, async () => {
    const { events } = await handleOne(
      { confirmationMode, timeout: 10 },
      (_, { message }) => message.reply({ channel: "answers", payload: "" }),
      { ...hangingReply, meanwhile: firing },
    );
    assert.deepEqual(events, ["actor.run.abandoned", "actor.run.error"]);
  });

  test(`MessageRun ends although a reply hangs that no handler waits for, in ${confirmationMode}`, async () => {
    const { events } = await handleOne(
      { confirmationMode, timeout: 10 },
      (_, { message }) => void message.reply({ channel: "answers", payload: "" }),
      { ...hangingReply, meanwhile: firing },
    );
    assert.deepEqual(events, ["actor.run.success"]);
  });
}

test("ActorCall.decide() that is not awaited: next() says that a policy is being asked", async () => {
  const refused: unknown[] = [];
  const impatient: ActorMiddleware = async (call: ActorCall, next) => {
    const error = await next({ final: false }).catch((error: unknown) => error);
    const deciding = call.decide(error);
    await next().catch((error: unknown) => refused.push(error));
    await deciding;
    return await next();
  };
  const { settlements } = await handleOne({ onError: () => turn().then(() => "nack") }, () => {
    if (refused.length === 0) throw new Error("fails once");
  }, { middlewares: [impatient] });
  assert.match(
    String(refused),
    /Cannot run the actor again while a policy decides .* await call\.decide\(\)/,
  );
  assert.deepEqual(settlements, ["ack"]);
});

test("ActorCall.decide() that is not awaited, with a literal policy: next() starts another attempt", async () => {
  const impatient: ActorMiddleware = async (call, next) => {
    const error = await next({ final: false }).catch((error: unknown) => error);
    void call.decide(error);
    return await next();
  };
  let attempts = 0;
  const { settlements } = await handleOne({ onError: "nack" }, () => {
    if (++attempts === 1) throw new Error("fails once");
  }, { middlewares: [impatient] });
  assert.deepEqual([attempts, settlements], [2, ["ack"]]);
});

test("MessageRun reports a middleware's answer that is no action of manual_explicit as a failure", async () => {
  const { events, settlements } = await handleOne(
    { confirmationMode: "manual_explicit", onError: "nack" },
    () => assert.fail("the middleware answers itself"),
    { middlewares: [() => "cached"] },
  );
  assert.deepEqual([events, settlements], [["actor.run.error"], ["nack"]]);
});

test("MessageRun asks a policy once, also if the middlewares end while it is asked", async () => {
  let asked = 0;
  const careless: ActorMiddleware = async (call, next) => {
    const error = await next({ final: false }).catch((error: unknown) => error);
    void call.decide(error);
    throw new Error("the middleware fails");
  };
  const onError = async (): Promise<string> => {
    asked++;
    await turn();
    return "reject";
  };
  const { settlements } = await handleOne({ onError }, () => Promise.reject(new Error("fails")), {
    middlewares: [careless],
  });
  assert.deepEqual([asked, settlements], [1, ["reject"]]);
});

test("MessageRun waits for an attempt that began while its middleware's decide() was not awaited", async () => {
  const careless: ActorMiddleware = async (call, next) => {
    const error = await next({ final: false }).catch((error: unknown) => error);
    void call.decide(error);
    void next().catch(() => {});
    throw new Error("the middleware fails");
  };
  let attempts = 0;
  const ended: number[] = [];
  const { settlements } = await handleOne({ onError: "nack" }, async () => {
    const attempt = ++attempts;
    await turn();
    ended.push(attempt);
    if (attempt === 1) throw new Error("fails once");
  }, { middlewares: [careless] });
  assert.deepEqual([ended, settlements], [[1, 2], ["ack"]]);
});
