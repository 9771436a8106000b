/**
 * Handlers on their own and their contexts: what compiles, and what must not.
 * Compiled, never run.
 * @module
 */
// deno-lint-ignore-file require-await -- the shapes that users write, whether or not they are used
import { type } from "arktype";
import { dependency, type Handler, Router } from "@repid/core";
import { mockContext } from "@repid/core/testing";
const router = new Router();
const verify = dependency({ payload: type({ token: "string" }) }, ({ payload }) => payload.token.length > 0);
const guarded = router.actor({
  name: "g",
  payload: type({ id: "number" }),
  headers: type({ "x-tenant": "string" }),
  deps: { verify },
}, async ({ id }, { deps, headers, signal, message }) => {
  signal.throwIfAborted();
  await message.ack();
  return deps.verify ? `${headers["x-tenant"]}:${id}` : "";
});
export async function direct(): Promise<string> {
  const r: string = await guarded.handler(
    { id: 1 },
    mockContext({ deps: { verify: true }, headers: { "x-tenant": "a" } }),
  );
  // @ts-expect-error wrong type of a dependency
  await guarded.handler({ id: 1 }, mockContext({ deps: { verify: "yes" } }));
  // @ts-expect-error no such dependency
  await guarded.handler({ id: 1 }, mockContext({ deps: { verify: true, vrfy: true } }));
  return r;
}
// a standalone handler, typed by its schemas
const Task = type({ "badPayload?": "boolean" });
const standalone: Handler<typeof Task> = async ({ badPayload }, { signal }) => {
  signal.throwIfAborted();
  return !badPayload;
};
router.actor({ name: "t", payload: Task }, standalone);
const withDeps: Handler<typeof Task, undefined, { verify: typeof verify }> = (_, { deps }) => deps.verify;
router.actor({ name: "t2", payload: Task, deps: { verify } }, withDeps);
