import assert from "node:assert/strict";
import { type } from "arktype";
import type { ActorMiddleware, ProducerMiddleware } from "../../mod.ts";
import { Repid, Router } from "../../mod.ts";
import { compose } from "../../src/declaration/middleware.ts";
import { TestClient } from "../../src/testing/mod.ts";
import { test } from "../harness.ts";
import { handleOne, json } from "../execution/one_message.ts";

const error = new Error("on purpose");

test("ActorMiddleware: app, parent, child and actor run in that order, each around the next", async () => {
  const order: string[] = [];
  const named = (name: string): ActorMiddleware => async (_, next) => {
    order.push(`> ${name}`);
    const result = await next();
    order.push(`< ${name}`);
    return `${result} ${name}`;
  };
  const app = new Repid({ actorMiddlewares: [named("app 1"), named("app 2")] });
  const parent = new Router({ middlewares: [named("parent")] });
  const child = new Router({ middlewares: [named("child")] });
  // In the wrong order on purpose: routers are resolved when they are needed.
  app.includeRouter(parent);
  parent.includeRouter(child);
  const actor = child.actor({ name: "a", middlewares: [named("actor")] }, () => "handled by");
  await using client = new TestClient(app);
  const names = ["app 1", "app 2", "parent", "child", "actor"];
  assert.equal((await client.send(actor)).result, `handled by ${names.toReversed().join(" ")}`);
  assert.deepEqual(order, [...names.map((n) => `> ${n}`), ...names.toReversed().map((n) => `< ${n}`)]);
});

test("ActorMiddleware: a failure that one passes on to one that does not wait ends no process", async () => {
  const through: ActorMiddleware = (_, next) => next();
  const { settlements } = await handleOne({}, () => Promise.reject(error), {
    middlewares: [(_, next) => void next(), through, through],
  });
  assert.deepEqual(settlements, ["nack"]);
});

test("ActorMiddleware: one that throws early is like a handler that throws", async () => {
  for (const [actor, told] of [[{}, ["nack"]], [{ onError: "reject" }, ["reject"]]] as const) {
    let ran = false;
    const { settlements, outcome } = await handleOne(actor, () => ran = true, {
      middlewares: [() => {
        throw error;
      }],
    });
    assert.deepEqual([ran, settlements, outcome], [false, told, { kind: "threw", error }]);
  }
});

test("ActorMiddleware: one that never calls next is like a handler that returns", async () => {
  let ran = false;
  const { settlements, outcome } = await handleOne({}, () => ran = true, { middlewares: [() => "cached"] });
  assert.deepEqual([ran, settlements, outcome], [false, ["ack"], { kind: "returned", value: "cached" }]);
  const explicit = { confirmationMode: "manual_explicit" };
  const rejected = await handleOne(explicit, () => "ack", { middlewares: [() => "reject"] });
  assert.deepEqual(rejected.settlements, ["reject"]);
});

test("ActorMiddleware: one that calls next twice runs the actor twice and settles once", async () => {
  let runs = 0;
  const { settlements, outcome } = await handleOne({}, () => ++runs, {
    middlewares: [async (_, next) => {
      await next();
      return await next();
    }],
  });
  assert.deepEqual([settlements, outcome], [["ack"], { kind: "returned", value: 2 }]);
});

test("ActorMiddleware: one that tries again wins over the failure before", async () => {
  let runs = 0;
  const actions: unknown[] = [];
  const { settlements, events } = await handleOne({}, () => {
    if (++runs < 3) throw error;
    return "at last";
  }, {
    middlewares: [async ({ message }, next) => {
      for (;;) {
        try {
          return await next();
        } catch {
          actions.push(message.action);
        }
      }
    }],
  });
  assert.deepEqual([runs, settlements, actions], [3, ["ack"], ["nacked", "nacked"]]);
  assert.ok(events.includes("actor.run.success"));
});

test("ActorMiddleware: a run that is not final decides nothing and asks no policy", async () => {
  let asked = 0;
  const seen: unknown[] = [];
  const { settlements } = await handleOne({ onError: () => (asked++, "reject") }, () => {
    throw error;
  }, {
    middlewares: [async ({ message }, next) => {
      await next({ final: false }).catch(() => seen.push(message.action, asked));
      return await next();
    }],
  });
  assert.deepEqual([seen, asked, settlements], [[undefined, 0], 1, ["reject"]]);
});

test("ActorMiddleware: giving up after runs that were not final still decides", async () => {
  const { settlements } = await handleOne({}, () => {
    throw error;
  }, { middlewares: [(_, next) => next({ final: false })] });
  assert.deepEqual(settlements, ["nack"]);
});

test("ActorMiddleware: sees afterwards what became of the message", async () => {
  const outcomes = [["acked", () => {}], ["nacked", () => Promise.reject(error)]] as const;
  for (const [action, handler] of outcomes) {
    let seen: unknown;
    await handleOne({}, handler, {
      middlewares: [async ({ message }, next) => {
        assert.equal(message.action, undefined);
        await next().catch(() => {});
        seen = message.action;
      }],
    });
    assert.equal(seen, action);
  }
});

test("ActorMiddleware: what it swallows stays nacked, and is reported", async () => {
  const { settlements, outcome, events } = await handleOne({}, () => Promise.reject(error), {
    middlewares: [(_, next) => next().catch(() => "swallowed")],
  });
  assert.deepEqual([settlements, outcome], [["nack"], { kind: "returned", value: "swallowed" }]);
  assert.ok(events.includes("actor.run.error"));
});

test("ActorMiddleware: throwing after a success changes nothing that was settled", async () => {
  const { settlements, outcome } = await handleOne({}, () => {}, {
    middlewares: [async (_, next) => {
      await next();
      throw error;
    }],
  });
  assert.deepEqual([settlements, outcome], [["ack"], { kind: "threw", error }]);
});

test("ActorMiddleware: may answer another value than the handler", async () => {
  const { outcome } = await handleOne({}, () => 1, { middlewares: [async (_, next) => [await next()]] });
  assert.deepEqual(outcome, { kind: "returned", value: [1] });
});

test("ActorMiddleware: changes what the rest sees of a message, part by part", async () => {
  const app = new Repid({
    actorMiddlewares: [
      ({ message }, next) => next({ message: { headers: { ...message.headers, "x-a": "1" } } }),
      (_, next) => next({ message: { payload: new TextEncoder().encode('{"n":2}'), replyTo: "answers" } }),
    ],
  });
  const router = new Router({ channel: "c" });
  const actor = router.actor(
    { name: "a", payload: type({ n: "number" }), headers: type({ "x-a?": "string" }) },
    async ({ n }, { headers, message }) => {
      await message.replyJson({ payload: n });
      return [n, headers["x-a"], message.json(), message.contentType];
    },
  );
  app.includeRouter(router);
  await using client = new TestClient(app);
  const message = await client.send(actor, { n: 1 });
  assert.deepEqual(message.result, [2, "1", { n: 2 }, "application/json"]);
  // Settled is the message that was delivered.
  assert.deepEqual([message.action, message.headers["x-a"]], ["replied", undefined]);
  assert.equal(client.getSentMessages({ channel: "answers" }).length, 1);
});

test("ActorMiddleware: one that settles the message itself wins", async () => {
  const { settlements } = await handleOne({}, () => {}, {
    middlewares: [async ({ message }, next) => {
      await message.reject();
      return await next();
    }],
  });
  assert.deepEqual(settlements, ["reject"]);
});

test("ActorMiddleware: one that forgets to await does not change what becomes of the message", async () => {
  for (const [handler, told] of [[() => {}, ["ack"]], [() => Promise.reject(error), ["nack"]]] as const) {
    const forgetful: ActorMiddleware = (_, next) => void next();
    const { settlements } = await handleOne({}, async () => {
      await new Promise((resolve) => setTimeout(resolve, 0));
      return await handler();
    }, { middlewares: [forgetful] });
    assert.deepEqual(settlements, told);
  }
});

test("ActorMiddleware: one that fails while the actor runs stops it", async () => {
  let reason: unknown;
  const { settlements, outcome, timers } = await handleOne({ onError: "reject" }, (_, { signal }) => {
    return new Promise((_, reject) =>
      signal.addEventListener("abort", () => {
        reason = signal.reason;
        reject(signal.reason);
      })
    );
  }, {
    middlewares: [async (_, next) => {
      void next();
      await new Promise((resolve) => setTimeout(resolve, 0));
      throw error;
    }],
  });
  assert.deepEqual([settlements, outcome, reason, timers], [["reject"], { kind: "threw", error }, error, 0]);
});

test("ActorMiddleware: cannot run the actor twice at once", async () => {
  let runs = 0;
  const { settlements } = await handleOne({}, async () => {
    runs++;
    await new Promise((resolve) => setTimeout(resolve, 0));
  }, {
    middlewares: [async (_, next) => {
      const first = next();
      await assert.rejects(next(), /Cannot run the actor again as it is still running/);
      await first;
    }],
  });
  assert.deepEqual([runs, settlements], [1, ["ack"]]);
});

test("ActorMiddleware: knows the actor and watches its signal", async () => {
  await handleOne({ timeout: 1_000 }, () => {}, {
    middlewares: [(call, next) => {
      assert.deepEqual(call.actor, {
        name: "actor",
        channel: "c",
        confirmationMode: "auto",
        timeout: 1_000,
      });
      assert.equal(call.signal.aborted, false);
      assert.equal(call.final, true);
      return next();
    }],
  });
});

test("ActorMiddleware: runs around what is not valid, too", async () => {
  let seen: unknown;
  const { outcome } = await handleOne({ payload: type({ n: "number" }) }, () => {}, {
    message: json({}),
    middlewares: [(_, next) =>
      next().catch((thrown) => {
        seen = thrown;
        throw thrown;
      })],
  });
  assert.equal(outcome.kind, "invalid");
  assert.equal(outcome.kind === "invalid" && outcome.error, seen);
});

const tracing: ProducerMiddleware = (call, next) =>
  next({ message: { ...call.message, headers: { ...call.message.headers, traced: call.channel } } });

test("ProducerMiddleware: runs around what the application, its actors and their replies send", async () => {
  const app = new Repid({ producerMiddlewares: [tracing] });
  const router = new Router({ channel: "c" });
  const actor = router.actor({ name: "a" }, async (_, { message }) => {
    await message.sendMessage({ channel: "sent", payload: "" });
    await message.sendMessageJson({ channel: "json", payload: {} });
    await message.reply({ channel: "answers", payload: "" });
  });
  app.includeRouter(router);
  await using client = new TestClient(app);
  await client.send(actor);
  const traced = client.getSentMessages().map(({ headers }) => headers.traced);
  assert.deepEqual(traced, ["c", "sent", "json", "answers"]);
});

test("ProducerMiddleware: runs around replies where the server cannot reply natively", async () => {
  for (const nativeReply of [true, false]) {
    const { published, settlements, action } = await handleOne(
      {},
      (_, { message }) => message.reply({ payload: "" }),
      { producerMiddlewares: [tracing], nativeReply, message: { replyTo: "answers" } },
    );
    assert.equal(published[0]?.message.headers.traced, "answers");
    assert.deepEqual([settlements, action], [[nativeReply ? "reply" : "ack"], "replied"]);
  }
});

test("ProducerMiddleware: runs in onion order, and may change where a message goes", async () => {
  const order: string[] = [];
  const app = new Repid({
    producerMiddlewares: [
      async (call, next) => {
        order.push(`> ${call.channel}`);
        await next({ channel: "elsewhere", serverSpecificParameters: { priority: 1 } });
        order.push("<");
      },
      async (call, next) => {
        order.push(`> ${call.channel}`);
        await next();
        order.push("<");
      },
    ],
  });
  await using client = new TestClient(app, { autoProcess: false });
  const sent = await client.sendMessage({ channel: "here", payload: "" });
  assert.deepEqual(order, ["> here", "> elsewhere", "<", "<"]);
  assert.deepEqual([sent.channel, sent.serverSpecificParameters], ["elsewhere", { priority: 1 }]);
});

test("ProducerMiddleware: one that drops a message leaves nothing sent", async () => {
  const app = new Repid({ producerMiddlewares: [() => {}] });
  await using client = new TestClient(app);
  const message = await client.sendMessage({ channel: "c", payload: "" });
  assert.deepEqual([message.processed, client.getSentMessages()], [false, []]);
});

test("ProducerMiddleware: what one throws is thrown to whoever sends", async () => {
  const app = new Repid({ producerMiddlewares: [() => Promise.reject(error)] });
  await using client = new TestClient(app);
  await assert.rejects(client.sendMessage({ channel: "c", payload: "" }), error);
  assert.deepEqual(client.getSentMessages(), []);
});

test("ProducerMiddleware: a reply that fails settles nothing, so that the policy decides", async () => {
  const { settlements, outcome } = await handleOne(
    {},
    (_, { message }) => message.reply({ channel: "answers", payload: "" }),
    { producerMiddlewares: [() => Promise.reject(error)] },
  );
  assert.deepEqual([settlements, outcome], [["nack"], { kind: "threw", error }]);
});

test("middlewares: what is no function is refused where it is given", () => {
  const wrong = [undefined, {}, "log"] as never[];
  for (const middleware of wrong) {
    assert.throws(() => new Router({ middlewares: [middleware] }), /Cannot use the middleware/);
    assert.throws(() => new Repid({ actorMiddlewares: [middleware] }), /Cannot use the middleware/);
    assert.throws(() => new Repid({ producerMiddlewares: [middleware] }), /Cannot use the middleware/);
    const options = { name: "a", middlewares: [middleware] };
    assert.throws(() => new Router().actor(options, () => {}), /Cannot use the middleware/);
  }
});

test("compose(): without middlewares is what it surrounds", () => {
  const core = (n: number) => Promise.resolve(n);
  assert.equal(compose<number, number, number>([], (_, changed) => changed, core), core);
});
