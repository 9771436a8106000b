import assert from "node:assert/strict";
import { type } from "arktype";
import { dependency, Repid, Router } from "../../mod.ts";
import { mockContext, override, TestClient } from "../../src/testing/mod.ts";
import { test } from "../harness.ts";
import { handleOne, json } from "../execution/one_message.ts";

const error = new Error("on purpose");

test("dependency(): is resolved once per message, however often it is asked for", async () => {
  let made = 0;
  const base = dependency(() => ++made);
  const left = dependency({ deps: { base } }, ({ deps }) => deps.base);
  const right = dependency({ deps: { base, left } }, ({ deps }) => deps.base + deps.left);
  const deps = { base, left, right };
  const handler = (_: unknown, context: { deps: object }) => ({ ...context.deps });
  const first = await handleOne({ deps }, handler);
  assert.deepEqual(first.outcome, { kind: "returned", value: { base: 1, left: 1, right: 2 } });
  await handleOne({ deps }, handler);
  assert.equal(made, 2);
});

test("dependency(): siblings are resolved concurrently, sub-dependencies before those that need them", async () => {
  const order: string[] = [];
  const gate = Promise.withResolvers<void>();
  const one = dependency(async () => {
    order.push("one begins");
    await gate.promise;
    order.push("one ends");
    return 1;
  });
  const two = dependency(async () => {
    order.push("two begins");
    gate.resolve();
    await Promise.resolve();
    return 2;
  });
  const sum = dependency({ deps: { one, two } }, ({ deps }) => deps.one + deps.two);
  const { outcome } = await handleOne({ deps: { sum } }, (_, { deps }) => deps.sum);
  assert.deepEqual(outcome, { kind: "returned", value: 3 });
  assert.deepEqual(order, ["one begins", "two begins", "one ends"]);
});

test("dependency(): sees message, actor, signal, payload, headers and its own dependencies", async () => {
  const name = dependency(() => "name");
  const all = dependency(
    { payload: type({ n: "number" }), headers: type({ h: "string" }), deps: { name } },
    ({ payload, headers, deps, message, actor, signal }) => {
      return [payload.n, headers.h, deps.name, message.channel, actor.name, signal.aborted];
    },
  );
  const { outcome } = await handleOne({ deps: { all } }, (_, { deps }) => deps.all, {
    message: json({ n: 1 }, { h: "x" }),
  });
  assert.deepEqual(outcome, { kind: "returned", value: [1, "x", "name", "c", "actor", false] });
});

test("dependency(): without a schema for headers sees them all as text", async () => {
  const raw = dependency({ deps: {} }, ({ headers, payload }) => [headers.h, headers.missing, payload]);
  const { outcome } = await handleOne({ deps: { raw } }, (_, { deps }) => deps.raw, {
    message: json({}, { h: "1" }),
  });
  assert.deepEqual(outcome, { kind: "returned", value: ["1", undefined, undefined] });
});

test("dependency(): one that throws fails the run, and aborts its siblings through the signal", async () => {
  const reasons: unknown[] = [];
  for (const failing of [dependency(() => Promise.reject(error)), dependency(() => throwing())]) {
    const sibling = dependency({ deps: {} }, ({ signal }) => {
      return new Promise((_, reject) => {
        signal.addEventListener("abort", () => {
          reasons.push(signal.reason);
          reject(signal.reason);
        });
      });
    });
    // What begins later learns of it as well.
    const late = dependency({ deps: {} }, async ({ signal }) => {
      await new Promise((resolve) => setTimeout(resolve, 0));
      reasons.push(signal.aborted);
    });
    let ran = false;
    const { outcome, settlements } = await handleOne({ deps: { sibling, late, failing } }, () => ran = true);
    assert.deepEqual([outcome, settlements, ran], [{ kind: "threw", error }, ["nack"], false]);
    await new Promise((resolve) => setTimeout(resolve, 1));
    assert.deepEqual(reasons.splice(0), [error, true]);
  }
});

function throwing(): never {
  throw error;
}

test("dependency(): a failure in a sub-dependency reaches those that need it", async () => {
  const broken = dependency(() => throwing());
  const needy = dependency({ deps: { broken } }, () => "never");
  const { outcome } = await handleOne({ deps: { needy, broken } }, () => {});
  assert.deepEqual(outcome, { kind: "threw", error });
});

test("dependency(): after a failure another attempt begins with a signal of its own", async () => {
  let attempts = 0;
  const flaky = dependency({ deps: {} }, ({ signal }) => {
    if (++attempts === 1) throwing();
    return signal.aborted;
  });
  const { outcome } = await handleOne({ deps: { flaky } }, (_, { deps }) => deps.flaky, {
    middlewares: [async (call, next) => {
      await next({ final: false }).catch(() => {});
      assert.equal(call.signal.aborted, false);
      return await next();
    }],
  });
  assert.deepEqual(outcome, { kind: "returned", value: false });
});

test("dependency(): what can be awaited is awaited, a promise or not", async () => {
  const query = { then: (resolve: (rows: number[]) => void) => resolve([1, 2]) };
  const rows = dependency(() => query as unknown as Promise<number[]>);
  const count = dependency({ deps: { rows } }, ({ deps }) => deps.rows.length);
  const { outcome } = await handleOne({ deps: { rows, count } }, (_, { deps }) => [deps.rows, deps.count]);
  assert.deepEqual(outcome, { kind: "returned", value: [[1, 2], 2] });
});

test("dependency(): one that asks for nothing has the message, its headers and the signal", async () => {
  const router = new Router();
  const context = dependency(({ headers, message, signal, payload }) => [
    headers.topic,
    message.channel,
    signal.aborted,
    payload,
  ]);
  const actor = router.actor({ name: "actor", deps: { context } }, (_, { deps }) => deps.context);
  await using client = new TestClient(new Repid().includeRouter(router));
  assert.deepEqual((await client.send(actor)).result, ["actor", "default", false, undefined]);
});

test("defer(): runs clean-ups when the message is decided upon, the last one first, also after a failure", async () => {
  for (const fails of [false, true]) {
    const order: unknown[] = [];
    const resource = dependency({ deps: {} }, ({ defer, message }) => {
      defer(() => void order.push("first", message.action));
      defer(async () => {
        await Promise.resolve();
        order.push("second");
      });
    });
    const { settlements } = await handleOne({ deps: { resource } }, () => {
      order.push("handler");
      if (fails) throwing();
    });
    assert.deepEqual(order, ["handler", "second", "first", fails ? "nacked" : "acked"]);
    assert.deepEqual(settlements, [fails ? "nack" : "ack"]);
  }
});

test("defer(): one that throws is reported, stops no other and changes no settlement", async () => {
  const order: string[] = [];
  const resource = dependency({ deps: {} }, ({ defer }) => {
    defer(() => order.push("first"));
    defer(() => throwing());
    defer(() => Promise.reject(error));
  });
  const { settlements, events, outcome } = await handleOne({ deps: { resource } }, () => "done");
  assert.deepEqual([order, settlements, outcome], [["first"], ["ack"], { kind: "returned", value: "done" }]);
  assert.equal(events.filter((event) => event === "actor.defer.error").length, 2);
});

test("defer(): runs for what was made although a sibling failed, and for what is made too late", async () => {
  const order: string[] = [];
  const gate = Promise.withResolvers<void>();
  const early = dependency({ deps: {} }, ({ defer }) => defer(() => order.push("early")));
  const late = dependency({ deps: {} }, async ({ defer }) => {
    await gate.promise;
    defer(() => order.push("late"));
  });
  const failing = dependency(() => throwing());
  await handleOne({ deps: { early, late, failing } }, () => {});
  assert.deepEqual(order, ["early"]);
  gate.resolve();
  await new Promise((resolve) => setTimeout(resolve, 0));
  assert.deepEqual(order, ["early", "late"]);
});

test("defer(): runs after each attempt of a middleware that tries again", async () => {
  const order: unknown[] = [];
  let attempts = 0;
  const resource = dependency({ deps: {} }, ({ defer }) => {
    const attempt = ++attempts;
    defer(() => order.push(attempt));
  });
  await handleOne({ deps: { resource } }, () => attempts < 2 && throwing(), {
    middlewares: [(_, next) => next({ final: false }).catch(() => next())],
  });
  assert.deepEqual(order, [1, 2]);
});

function guarded() {
  const tenant = dependency({ headers: type({ tenant: "string" }) }, ({ headers }) => headers.tenant);
  const verify = dependency(
    { payload: type({ token: "string" }), deps: { tenant } },
    ({ payload, deps }) => `${deps.tenant}:${payload.token}`,
  );
  const router = new Router({ channel: "c" });
  const actor = router.actor({ name: "a", deps: { verify } }, (_, { deps }) => deps.verify);
  return { app: new Repid().includeRouter(router), actor, verify, tenant };
}
const whole = [{ token: "t" }, { headers: { tenant: "x" } }] as const;

test("Dependency.override(): lasts until disposed, the latest one wins, and it asks for nothing", async () => {
  const { app, actor, verify } = guarded();
  await using client = new TestClient(app);
  const send = () => client.send(actor, {} as never, { headers: {} as never });
  {
    using _outer = verify.override(() => "outer");
    assert.equal((await send()).result, "outer");
    {
      using _inner = verify.override(() => Promise.resolve("inner"));
      assert.equal((await send()).result, "inner");
    }
    assert.equal((await send()).result, "outer");
  }
  await assert.rejects(send(), /payload.token.*headers.tenant/);
  assert.equal((await client.send(actor, ...whole)).result, "x:t");
});

test("Dependency.override(): may be disposed out of order, and twice", async () => {
  const { app, actor, verify } = guarded();
  await using client = new TestClient(app);
  const first = verify.override(() => "first");
  const second = verify.override(() => "second");
  first[Symbol.dispose]();
  assert.equal((await client.send(actor, ...whole)).result, "second");
  second[Symbol.dispose]();
  second[Symbol.dispose]();
  assert.equal((await client.send(actor, ...whole)).result, "x:t");
});

test("override(): two clients with different overrides do not notice each other", async () => {
  const { app, actor, verify, tenant } = guarded();
  await using one = new TestClient(app, { overrides: [override(verify, () => "one")] });
  await using two = new TestClient(app, { overrides: [override(tenant, () => "two")] });
  await using none = new TestClient(app);
  const [first, second, third] = await Promise.all([
    one.send(actor, {} as never, {} as never),
    two.send(actor, { token: "t" }, {} as never),
    none.send(actor, ...whole),
  ]);
  assert.deepEqual([first.result, second.result, third.result], ["one", "two:t", "x:t"]);
  await assert.rejects(none.send(actor, {} as never, {} as never), /payload.token/);
  await assert.rejects(two.send(actor, {} as never, {} as never), /payload.token/);
});

test("dependency(): refuses what is no function, and actors refuse what is no dependency", () => {
  assert.throws(() => dependency({} as never, undefined as never), /Cannot declare a dependency/);
  const deps = { raw: () => 1 } as never;
  assert.throws(() => new Router().actor({ name: "a", deps }, () => {}), /not made with dependency\(\): raw/);
});

test("mockContext(): is harmless, and notes the first thing done with its message", async () => {
  const context = mockContext();
  assert.deepEqual([context.headers, context.deps, context.signal.aborted], [{}, {}, false]);
  const { message } = context;
  assert.deepEqual([message.text(), message.isActedOn, message.channel], ["", false, "test"]);
  await message.sendMessage({ channel: "c", payload: "" });
  await message.sendMessageJson({ channel: "c", payload: "" });
  assert.equal(await message.replyJson({ payload: "" }), true);
  assert.deepEqual([await message.ack(), message.action], [false, "replied"]);
});

test("DependencyContext.defer() is there for whoever collects the rest of the context", async () => {
  const order: string[] = [];
  const resource = dependency(({ message, ...rest }) => {
    rest.defer(() => order.push("clean-up"));
    return message.channel;
  });
  await handleOne({ deps: { resource } }, (_, { deps }) => void order.push(deps.resource));
  assert.deepEqual(order, ["c", "clean-up"]);
});
