/**
 * Sending, test clients and direct calls: what compiles, and what must not.
 * Compiled, never run.
 * @module
 */
// deno-lint-ignore-file require-await no-unused-vars -- the shapes that users write, whether or not they are used
import { type } from "arktype";
import * as z from "zod";
import * as v from "valibot";
import {
  type Actor,
  type ActorContext,
  defineMessage,
  dependency,
  InMemoryServer,
  type MessageContract,
  type Repid,
  Router,
  unchecked,
} from "@repid/core";
import { override, TestClient } from "@repid/core/testing";
type Equal<A, B> = (<T>() => T extends A ? 1 : 2) extends (<T>() => T extends B ? 1 : 2) ? true : false;
function same<A, B>(_: Equal<A, B>) {}
declare const app: Repid;
const router = new Router();

// ---- typed sends
const welcome = defineMessage({
  name: "welcome",
  channel: "email",
  payload: type({ userId: "number", "note?": "string" }),
});
app.send(welcome, { userId: 1 });
app.send(welcome, { userId: 1 }, { server: "redis", headers: { extra: "1" } });
// @ts-expect-error wrong type
app.send(welcome, { userId: "1" });
// @ts-expect-error missing payload
app.send(welcome);
// @ts-expect-error unknown key
app.send(welcome, { userId: 1, usrName: "x" });
const traced = defineMessage({
  name: "traced",
  channel: "c",
  payload: z.object({ at: z.coerce.date(), n: z.number().default(1) }),
  headers: type({ "correlation-id": "string" }),
});
app.send(traced, { at: "2024-01-01" }, { headers: { "correlation-id": "x" } });
// @ts-expect-error headers are required by the contract
app.send(traced, { at: "2024-01-01" });
// @ts-expect-error the right headers are required
app.send(traced, { at: "2024-01-01" }, { headers: {} });
const ping = defineMessage({ name: "ping", channel: "c" });
app.send(ping);
app.send(ping, undefined, { headers: { a: "b" } });

// ---- input and output types differ: the producer sends inputs, the handler gets outputs
const traceActor = router.actor(traced, ({ at, n }, { headers }) => {
  same<typeof at, Date>(true);
  same<typeof n, number>(true);
  same<typeof headers, { "correlation-id": string }>(true);
  return at.getTime();
});
app.send(traceActor, { at: "x" }, { headers: { "correlation-id": "x" } });

// ---- dependencies' fields are part of what must be sent to an actor
const verify = dependency({
  payload: v.object({ token: v.string() }),
  headers: type({ "x-tenant": "string" }),
}, ({ payload }) => payload.token.length > 0);
const guarded = router.actor(
  { name: "guarded", payload: type({ id: "number" }), deps: { verify } },
  ({ id }, { deps }) => deps.verify ? id : 0,
);
app.send(guarded, { id: 1, token: "t" }, { headers: { "x-tenant": "a" } });
// @ts-expect-error token is needed by the dependency
app.send(guarded, { id: 1 }, { headers: { "x-tenant": "a" } });
// @ts-expect-error x-tenant is needed by the dependency
app.send(guarded, { id: 1, token: "t" });

// ---- raw sends: a channel or an operation, never both, never none
app.sendMessage({ channel: "c", payload: new Uint8Array() });
app.sendMessageJson({ operationId: "o", payload: {} });
// @ts-expect-error both
app.sendMessageJson({ operationId: "o", channel: "c", payload: {} });
// @ts-expect-error none
app.sendMessageJson({ payload: {} });
// @ts-expect-error raw payloads are bytes or text
app.sendMessage({ channel: "c", payload: { a: 1 } });

// ---- test client: the result is typed by the actor
async function tests() {
  await using client = new TestClient(app, { overrides: [override(verify, () => true)] });
  const m = await client.send(guarded, { id: 1, token: "t" }, { headers: { "x-tenant": "a" } });
  same<typeof m.result, number | undefined>(true);
  // @ts-expect-error must be of the dependency's type
  override(verify, () => "yes");
  using _ = verify.override(() => false);
  // @ts-expect-error must be of the dependency's type
  verify.override(() => 1);
}
// ---- direct calls need what the function declares, no more
guarded.handler({ id: 1 }, null! as ActorContext<Record<string, string>, { verify: boolean }>);
const simple = router.actor({ name: "s", payload: type({ id: "number" }) }, ({ id }) => id * 2);
same<typeof simple.handler, ({ id }: { id: number }) => number>(true);
const n: number = simple.handler({ id: 1 });
// a context of one's own choosing: only what is used
async function withSignal({ id }: { id: number }, { signal }: { signal: AbortSignal }) {
  return signal.aborted ? 0 : id;
}
const ws = router.actor({ name: "ws", payload: type({ id: "number" }) }, withSignal);
ws.handler({ id: 1 }, { signal: AbortSignal.timeout(5) });
router.actor(
  { name: "wc", payload: type({ id: "number" }) },
  // @ts-expect-error a context that does not exist
  async ({ id }: { id: number }, { db }: { db: string }) => db,
);
// sync handlers, void handlers, unchecked payloads
router.actor({ name: "u", payload: unchecked<{ a: number }>() }, ({ a }) => {
  same<typeof a, number>(true);
});
// confirmation modes from variables keep their meaning
const mode = "manual_explicit" as const;
router.actor({ name: "v", confirmationMode: mode }, () => "no_action");
// @ts-expect-error must return an action
router.actor({ name: "v", confirmationMode: mode }, () => {});
// explicit annotation, for libraries that publish actors to JSR themselves
export const published: Actor<(payload: { id: number }) => number, { id: number }> = router.actor({
  name: "p",
  payload: type({ id: "number" }),
}, (payload: { id: number }) => payload.id);
const contract: MessageContract<typeof welcome.payload> = welcome;
// a union payload narrows
const event = type({ kind: "'a'", a: "number" }).or({ kind: "'b'", b: "string" });
router.actor({ name: "un", payload: event }, (e) => e.kind === "a" ? e.a.toFixed() : e.b.length);
app.servers.register("m", new InMemoryServer(), { isDefault: true });
app.send(traced, { at: "x" }, { headers: { "correlation-id": "x", extra: "1" } });
const headersOnly = defineMessage({ name: "ho", channel: "c", headers: type({ "x-tenant": "string" }) });
app.send(headersOnly, undefined, { headers: { "x-tenant": "a" } });
// @ts-expect-error headers are required
app.send(headersOnly);
