/**
 * Declaring actors: what compiles, and what must not.
 * Compiled, never run.
 * @module
 */
// deno-lint-ignore-file require-await no-unused-vars -- the shapes that users write, whether or not they are used
import { type } from "arktype";
import * as z from "zod";
import { defineMessage, dependency, Router } from "@repid/core";

type Equal<A, B> = (<T>() => T extends A ? 1 : 2) extends (<T>() => T extends B ? 1 : 2) ? true : false;
function same<A, B>(_: Equal<A, B>) {}

const router = new Router();
const greet = router.actor(
  {
    name: "greet",
    channel: "c",
    payload: type({ userId: "number", userName: "string", userMessages: "string[]" }),
  },
  ({ userId, userName, userMessages }) => {
    same<typeof userId, number>(true);
    same<typeof userMessages, string[]>(true);
    return [...userMessages, `Hi ${userName}! Your id is: ${userId}.`];
  },
);
const r: string[] = greet.handler({ userId: 1, userName: "a", userMessages: [] });
// @ts-expect-error missing
greet.handler({ userId: 1 });

const sub = dependency(() => "world!");
const withContext = dependency(async ({ headers, signal, defer, message }) => {
  same<typeof headers.anything, string | undefined>(true);
  defer(() => console.log(message.action));
  return signal.aborted;
});
router.actor({ name: "with_context", deps: { withContext } }, (_, { deps }) => {
  same<typeof deps.withContext, boolean>(true);
});
// @ts-expect-error it asked for no field
dependency(({ payload }) => payload.userId);
const dep = dependency({ deps: { sub } }, ({ deps }) => "Hello " + deps.sub);
const verifyUser = dependency(
  {
    payload: type({ userId: "number", verificationToken: "string" }),
    headers: type({ "X-Correlation-ID?": "string" }),
  },
  ({ payload, headers }) => {
    same<typeof payload.userId, number>(true);
    const x: string | undefined = headers["X-Correlation-ID"];
    return payload.userId > 0;
  },
);
const nested = dependency(
  { deps: { verifyUser, dep } },
  async ({ deps }) => deps.verifyUser ? deps.dep : "no",
);
const updateUser = router.actor(
  { name: "u", payload: type({ userId: "number" }), deps: { isVerified: verifyUser, nested } },
  async ({ userId }, { deps, signal, message }) => {
    same<typeof deps.isVerified, boolean>(true);
    same<typeof deps.nested, string>(true);
    same<typeof signal, AbortSignal>(true);
    return `User ${userId} ${deps.isVerified}`;
  },
);
type UPI = NonNullable<(typeof updateUser)["~sends"]>["payload"];
const upi: UPI = { userId: 1, verificationToken: "x" };
// @ts-expect-error token missing
const upi2: UPI = { userId: 1 };

router.actor({ name: "me", confirmationMode: "manual_explicit" }, async () => {
  try {
    return "ack";
  } catch {
    return "nack";
  }
});
// @ts-expect-error must return an action
router.actor({ name: "me2", confirmationMode: "manual_explicit" }, async () => "done");
// @ts-expect-error must return
router.actor({ name: "me3", confirmationMode: "manual_explicit" }, async () => {});
// @ts-expect-error onError forbidden
router.actor({ name: "aa", confirmationMode: "always_ack", onError: "nack" }, async () => {});
// @ts-expect-error onError forbidden
router.actor({ name: "af", confirmationMode: "ack_first", onError: () => "nack" }, async () => {});
router.actor({ name: "m", confirmationMode: "manual", onError: "no_action" }, async () => {});
// @ts-expect-error no_action only in manual modes
router.actor({ name: "m", onError: "no_action" }, async () => {});
router.actor({ name: "m", onError: (e) => e instanceof TypeError ? "reject" : "nack" }, async () => {});
// @ts-expect-error typo
router.actor({ name: "m", onError: (e) => "rejected" }, async () => {});
// zod payload + ark dep
router.actor({
  name: "z",
  payload: z.object({ n: z.coerce.number(), d: z.string().default("x") }),
  deps: { v: verifyUser },
}, ({ n, d }, { deps: { v } }) => {
  same<typeof n, number>(true);
  same<typeof d, string>(true);
  same<typeof v, boolean>(true);
});
const welcome = defineMessage({
  name: "welcome",
  channel: "email",
  payload: type({ userId: "number" }),
  headers: type({ "correlation-id": "string" }),
});
router.actor(welcome, ({ userId }, { headers }) => {
  same<typeof userId, number>(true);
  same<(typeof headers)["correlation-id"], string>(true);
});
const w2 = router.actor({ ...welcome, timeout: 5 }, ({ userId }) => {
  same<typeof userId, number>(true);
});
// named function
async function named({ userId }: { userId: number }): Promise<string> {
  return String(userId);
}
const n1 = router.actor({ name: "named", payload: type({ userId: "number" }) }, named);
const s1: Promise<string> = n1.handler({ userId: 1 });
// @ts-expect-error mismatch
router.actor({ name: "named", payload: type({ userId: "string" }) }, named);
// no payload
router.actor({ name: "np" }, (p, { headers }) => {
  same<typeof p, undefined>(true);
  const h: string | undefined = headers.topic;
});
// @ts-expect-error unknown option
router.actor({ name: "np", chanel: "x" }, () => {});

const wantsText = dependency({ payload: type({ userId: "string" }) }, ({ payload }) => payload.userId);
// @ts-expect-error userId cannot be a number and a string
router.actor({ name: "conflict", payload: type({ userId: "number" }), deps: { wantsText } }, () => {});
// @ts-expect-error two dependencies that contradict each other
router.actor({ name: "conflict", deps: { wantsText, verifyUser } }, () => {});
// a closed schema, an array payload
router.actor({ name: "arr", payload: type("string[]") }, (items) => items.length);
