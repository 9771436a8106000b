import assert from "node:assert/strict";
import {
  acknowledge,
  modifyAckDeadline,
  publish,
  streamingPull,
} from "../../../src/servers/pubsub/protocol.ts";
import { consequenceOf, PubsubError } from "../../../src/servers/pubsub/status.ts";
import { test } from "../../harness.ts";

const hex = (bytes: Uint8Array): string => Buffer.from(bytes).toString("hex");
const subscription = "projects/p/subscriptions/s";

test("publish encodes as other clients do, byte for byte", () => {
  const request = {
    topic: "projects/p/topics/t",
    messages: [{
      data: new TextEncoder().encode('{"a":1}'),
      attributes: { topic: "good", content_type: "application/json" },
      orderingKey: "k",
    }],
  };
  assert.equal(
    hex(publish.request.encode(request)),
    "0a1370726f6a656374732f702f746f706963732f74123d0a077b2261223a317d120d0a05746f7069631204676f6f6412200a0c636f6e74656e745f7479706512106170706c69636174696f6e2f6a736f6e2a016b",
  );
});

test("acknowledge encodes as other clients do, byte for byte", () => {
  assert.equal(
    hex(acknowledge.request.encode({ subscription, ackIds: ["a", "b"] })),
    "0a1a70726f6a656374732f702f737562736372697074696f6e732f73120161120162",
  );
});

test("modifyAckDeadline encodes as other clients do, byte for byte", () => {
  const path = "0a1a70726f6a656374732f702f737562736372697074696f6e732f73";
  const encode = (deadline: { ackDeadlineSeconds?: number }): string =>
    hex(modifyAckDeadline.request.encode({ subscription, ackIds: ["a"], ...deadline }));
  assert.equal(encode({}), `${path}220161`);
  assert.equal(encode({ ackDeadlineSeconds: 1 }), `${path}1801220161`);
  assert.equal(encode({ ackDeadlineSeconds: 300 }), `${path}18ac02220161`);
});

test("streamingPull encodes as other clients do, byte for byte", () => {
  const first = { subscription, streamAckDeadlineSeconds: 300, clientId: "c", maxOutstandingMessages: 1_000 };
  assert.equal(
    hex(streamingPull.request.encode(first)),
    "0a1a70726f6a656374732f702f737562736372697074696f6e732f7328ac0232016338e807",
  );
  assert.equal(hex(streamingPull.request.encode({ streamAckDeadlineSeconds: 300 })), "28ac02");
});

test("consequenceOf() tells what may pass from what does not, for each operation", () => {
  for (const operation of ["connect", "publish", "receive", "settle"] as const) {
    for (const code of [1, 2, 4, 8, 10, 13, 14]) assert.equal(consequenceOf(operation, code), "retry");
    for (const code of [6, 7, 11, 12, 15, 16]) assert.equal(consequenceOf(operation, code), "fatal");
  }
  assert.equal(consequenceOf("receive", 5), "fatal");
  assert.equal(consequenceOf("publish", 5), "fatal");
  assert.equal(consequenceOf("settle", 5), "lost");
  assert.equal(consequenceOf("publish", 3), "split");
  assert.equal(consequenceOf("settle", 3), "split");
  assert.equal(consequenceOf("publish", 8, "Received message larger than max (5 vs. 4)"), "split");
});

test("PubsubError names what could not be done with which resource", () => {
  const error = new PubsubError("receive", subscription, { code: 5, details: "Resource not found" });
  assert.equal(
    error.message,
    "Cannot receive from projects/p/subscriptions/s as it does not exist: NOT_FOUND Resource not found",
  );
  assert.equal(error.isRetriable, false);
});
