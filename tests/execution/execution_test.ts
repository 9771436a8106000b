import assert from "node:assert/strict";
import { type } from "arktype";
import fc from "fast-check";
import { type ActorContext, type ActorMiddleware, dependency } from "../../mod.ts";
import { isManual } from "../../src/declaration/confirmation.ts";
import { test } from "../harness.ts";
import { handleOne, json } from "./one_message.ts";

const error = new Error("on purpose");
const fail = (): never => {
  throw error;
};

type Handle = (payload: unknown, context: ActorContext) => unknown;

/** What handlers do, well or badly. */
const HANDLERS: Readonly<Record<string, Handle>> = {
  returns: () => {},
  "returns ack": () => "ack",
  "returns no_action": () => "no_action",
  "returns nonsense": () => Object.create(null),
  throws: fail,
  "throws nothing": () => Promise.reject(undefined),
  "waits for its signal": (_, { signal }) =>
    new Promise((_, reject) => {
      if (signal.aborted) reject(signal.reason);
      signal.addEventListener("abort", () => reject(signal.reason));
    }),
  "ignores its signal": () => new Promise(() => {}),
  "returns late": () => new Promise((resolve) => setTimeout(resolve, 0)),
  acknowledges: (_, { message }) => message.ack(),
  "rejects, then throws": async (_, { message }) => {
    await message.reject();
    fail();
  },
  "replies twice": async (_, { message }) => {
    await message.reply({ channel: "answers", payload: "" });
    await message.replyJson({ channel: "answers", payload: 1 });
  },
  "replies to nobody": (_, { message }) => message.reply({ payload: "" }),
};

/** What middlewares do, well or badly. */
const MIDDLEWARES: Readonly<Record<string, ActorMiddleware>> = {
  "goes on": (_, next) => next(),
  "throws early": fail,
  "never calls next": () => "cached",
  "calls next twice": (_, next) => next().then(() => next()),
  "calls next twice at once": (_, next) => Promise.all([next(), next()]),
  "tries again": (_, next) => next().catch(() => next()),
  "tries again without a decision": (_, next) => next({ final: false }).catch(() => next()),
  "gives up without a decision": (_, next) => next({ final: false }),
  "gives up": (call, next) =>
    next({ final: false }).catch(async (cause) => {
      await call.decide(cause);
      throw cause;
    }),
  "decides, and tries again": (call, next) =>
    next({ final: false }).catch(async (cause) => {
      await call.decide(cause);
      return await next();
    }),
  "swallows without a decision": (_, next) => next({ final: false }).catch(() => "swallowed"),
  swallows: (_, next) => next().catch(() => "swallowed"),
  "forgets to await": (_, next) => void next(),
  "throws while the actor runs": async (_, next) => {
    void next();
    await new Promise((resolve) => setTimeout(resolve, 0));
    fail();
  },
  "throws afterwards": async (_, next) => {
    await next();
    fail();
  },
  "throws something else": (_, next) =>
    next().catch((cause) => Promise.reject(new Error("other", { cause }))),
  nacks: async ({ message }, next) => {
    await message.nack();
    return await next();
  },
  "changes the payload": (_, next) => next({ message: { payload: new Uint8Array([1]) } }),
};

const POLICIES: Readonly<Record<string, unknown>> = {
  none: undefined,
  ack: "ack",
  reject: () => "reject",
  no_action: "no_action",
  throws: fail,
  nonsense: () => ({}),
  slow: () => new Promise((resolve) => setTimeout(() => resolve("nack"), 0)),
};

const DEPENDENCIES = {
  none: undefined,
  fine: dependency({ deps: {} }, ({ defer }) => defer(fail)),
  broken: dependency({ deps: {} }, ({ defer }) => {
    defer(() => Promise.reject(error));
    return fail();
  }),
  needy: dependency({ payload: type({ missing: "string" }) }, () => {}),
};

const oneOf = (choices: object) => fc.constantFrom(...Object.keys(choices));

const scenario = fc.record({
  mode: fc.constantFrom("auto", "always_ack", "ack_first", "manual", "manual_explicit"),
  handler: oneOf(HANDLERS),
  middlewares: fc.array(oneOf(MIDDLEWARES), { maxLength: 3 }),
  onError: oneOf(POLICIES),
  onTimeout: oneOf(POLICIES),
  dependency: oneOf(DEPENDENCIES),
  abort: fc.constantFrom("timed-out", "interrupted"),
  nativeReply: fc.boolean(),
  valid: fc.boolean(),
});
type Scenario = typeof scenario extends fc.Arbitrary<infer T> ? T : never;

/** Whether a scenario lets its message go unsettled: only a manual mode can, by a handler or a policy that says so. */
function mayStayUnsettled({ mode, handler, onError, onTimeout }: Scenario): boolean {
  const policies = [onError, onTimeout];
  if (mode === "manual") return true;
  return mode === "manual_explicit" &&
    (onError === "none" || policies.includes("no_action") || handler === "returns no_action");
}

async function play(given: Scenario) {
  const { mode, handler, middlewares, onError, onTimeout, abort, nativeReply, valid } = given;
  const decides = mode !== "always_ack" && mode !== "ack_first";
  const policy = (name: string) => name === "no_action" && !isManual(mode as never) ? "nack" : POLICIES[name];
  const needed = DEPENDENCIES[given.dependency as keyof typeof DEPENDENCIES];
  return await handleOne(
    {
      confirmationMode: mode,
      payload: type({ n: "number" }),
      ...(decides && { onError: policy(onError), onTimeout: policy(onTimeout) }),
      ...(needed && { deps: { needed } }),
    },
    HANDLERS[handler] ?? fail,
    {
      middlewares: middlewares.map((name) => MIDDLEWARES[name] ?? fail),
      message: json({ n: valid ? 1 : "1" }),
      nativeReply,
      meanwhile(end, clock) {
        // Whatever waits is told to end sooner or later, and given up where it does not.
        const timer = setInterval(() => {
          end(abort as "timed-out" | "interrupted");
          clock.fire();
        }, 0);
        return () => clearInterval(timer);
      },
    },
  );
}

test("Execution.handle() leaves no message unsettled, and settles none twice", async () => {
  await fc.assert(
    fc.asyncProperty(scenario, async (given) => {
      const { settlements, timers } = await play(given);
      assert.ok(settlements.length <= 1, `settled ${settlements.length} times: ${settlements}`);
      if (!mayStayUnsettled(given)) assert.equal(settlements.length, 1, "left unsettled");
      assert.equal(timers, 0, "a timer was left behind");
    }),
    { numRuns: 1_500 },
  );
  // For the timers of what nobody awaited in the last runs.
  await new Promise((resolve) => setTimeout(resolve, 0));
});

test("Execution.handle() settles what a manual mode does not decide, when it is interrupted", async () => {
  await fc.assert(
    fc.asyncProperty(fc.constantFrom("manual", "manual_explicit"), async (mode) => {
      const { settlements, outcome } = await play({
        mode,
        handler: "ignores its signal",
        middlewares: [],
        onError: "none",
        onTimeout: "none",
        dependency: "none",
        abort: "interrupted",
        nativeReply: false,
        valid: true,
      });
      assert.deepEqual([outcome.kind, settlements], ["interrupted", ["reject"]]);
    }),
    { numRuns: 2 },
  );
});

test("Execution.handle() waits for nothing but the settlement where all answers are at hand", async () => {
  const through: ActorMiddleware = (_, next) => next();
  const one = dependency(() => 1);
  let handled = false;
  let handledAtOnce = false;
  let turns = 0;
  await handleOne(
    { payload: type({ n: "number" }), middlewares: [through, through], deps: { one } },
    () => {
      handled = true;
    },
    {
      message: json({ n: 1 }),
      meanwhile: () => {
        handledAtOnce = handled;
        let ended = false;
        void (async () => {
          for (; !ended; turns++) await undefined;
        })();
        return () => void (ended = true);
      },
    },
  );
  assert.ok(handledAtOnce);
  // Each turn of the microtask queue is a promise somebody waits for, for each message: it was 17 once.
  assert.ok(turns <= 5, `${turns} turns`);
});
