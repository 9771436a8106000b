/**
 * Seed: "Parsing" (payloads, headers, converters).
 * @module
 */
import assert from "node:assert/strict";
import { decode, encode } from "@msgpack/msgpack";
import { type Converter, jsonConverter, Repid, Router, silentLogger, unchecked } from "@repid/core";
import { TestClient } from "@repid/core/testing";
import { type } from "arktype";
import * as z from "zod";
import { test } from "../harness.ts";

const clientOf = (router: Router): TestClient =>
  new TestClient(new Repid({ logger: silentLogger }).includeRouter(router));
const sendTo = (client: TestClient, topic: string, payload: unknown) =>
  client.sendMessageJson({ channel: "default", payload, headers: { topic } });

test("Parsing without Pydantic: unchecked() types a payload and validates nothing", async () => {
  const router = new Router();
  router.actor(
    { name: "process_user", payload: unchecked<{ userId: number; isActive: boolean }>() },
    ({ userId, isActive }) => [userId, isActive],
  );
  await using client = clientOf(router);
  const payloads = [{ userId: 123, isActive: true }, { userId: "123", isActive: true }];
  for (const payload of payloads) {
    assert.deepEqual((await sendTo(client, "process_user", payload)).result, Object.values(payload));
  }
});

test("Parsing with Pydantic: values are validated and coerced", async () => {
  const router = new Router();
  router.actor(
    { name: "process_user", payload: z.object({ userId: z.coerce.number(), isActive: z.coerce.boolean() }) },
    ({ userId, isActive }) => [userId, isActive],
  );
  await using client = clientOf(router);
  assert.deepEqual((await sendTo(client, "process_user", { userId: "123", isActive: 1 })).result, [
    123,
    true,
  ]);
});

test("Parsing with Pydantic: constraints, default factories and nested objects", async () => {
  const router = new Router();
  const processOrder = router.actor({
    name: "process_order",
    payload: type({
      quantity: "number.integer > 0",
      orderId: type("string").default(() => crypto.randomUUID()),
      shippingAddress: { city: "string", country: "string" },
    }),
  }, ({ quantity, orderId, shippingAddress }) => [quantity, orderId.length, shippingAddress.city]);
  await using client = clientOf(router);
  const shippingAddress = { city: "Rīga", country: "LV" };
  assert.deepEqual((await client.send(processOrder, { quantity: 1, shippingAddress })).result, [
    1,
    36,
    "Rīga",
  ]);
  const wrong = { quantity: 0, shippingAddress: { city: 1 } };
  await assert.rejects(sendTo(client, "process_order", wrong), /quantity.*shippingAddress/s);
});

test("The FullPayload() annotation: the whole payload is the first argument", async () => {
  const router = new Router();
  const UserPayload = type({ userId: "number", isActive: "boolean" });
  const processUser = router.actor(
    { name: "process_user", payload: UserPayload },
    (user: typeof UserPayload.infer) => user.userId,
  );
  await using client = clientOf(router);
  assert.equal((await client.send(processUser, { userId: 1, isActive: true })).result, 1);
});

test("Extracting Headers: required ones, optional ones, and other names", async () => {
  const router = new Router();
  const actor = router.actor({
    name: "my_actor",
    payload: type({ payloadData: "string" }),
    headers: type({ "correlation-id": "string", "custom_trace?": "string" }),
  }, ({ payloadData }, { headers: { "correlation-id": correlationId, custom_trace: trace = "none" } }) => {
    return `${payloadData}: ${correlationId} / ${trace}`;
  });
  await using client = clientOf(router);
  const sent = await client.send(actor, { payloadData: "x" }, { headers: { "correlation-id": "7" } });
  assert.equal(sent.result, "x: 7 / none");
  await assert.rejects(sendTo(client, "my_actor", { payloadData: "x" }), /headers\.correlation-id/);
});

test("Explicitly Specifying the Converter: on the router, or on the actor", async () => {
  const packed: Converter = {
    contentType: "application/vnd.msgpack",
    decode: ({ payload }) => decode(payload),
    encode: (value) => encode(value),
  };
  const router = new Router({ converter: packed });
  const payload = type({ userId: "number", isActive: "boolean" });
  const one = router.actor({ name: "one", payload }, ({ userId }) => userId);
  const two = router.actor({ name: "two", payload, converter: jsonConverter }, ({ userId }) => userId);
  await using client = clientOf(router);
  const sent = [await client.send(one, { userId: 1, isActive: true })];
  sent.push(await client.send(two, { userId: 2, isActive: true }));
  assert.deepEqual(sent.map(({ result }) => result), [1, 2]);
  const types = sent.map(({ contentType }) => contentType);
  assert.deepEqual(types, ["application/vnd.msgpack", "application/json"]);
});
