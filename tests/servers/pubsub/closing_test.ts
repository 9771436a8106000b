/**
 * What the Pub/Sub server says of what its closing cut off.
 * @module
 */
import assert from "node:assert/strict";
import { PubsubError, PubsubServer } from "@repid/core/pubsub";
import { acknowledge } from "../../../src/servers/pubsub/protocol.ts";
import { Rpc } from "../../../src/servers/pubsub/rpc.ts";
import type { CallFailure } from "../../../src/servers/pubsub/status.ts";
import { PROJECT } from "../../brokers/pubsub.ts";
import { PubsubService } from "../../brokers/pubsub_service.ts";
import { test } from "../../harness.ts";
import { toMessage } from "./private_pubsub.ts";

/** Longer than closing waits: whatever failed is between two tries then. */
const retryDelay = { first: 60_000, longest: 60_000 };

function assertBusy(error: unknown): void {
  assert.ok(error instanceof PubsubError && error.isRetriable, String(error));
  assert.match(error.message, /UNAVAILABLE busy$/);
}

test("PubsubServer says of a publication and a settlement cut off by close() why they had failed", async () => {
  await using service = await PubsubService.start();
  service.create("a");
  const server = new PubsubServer(`${service.url}/projects/${PROJECT}`, {
    publishTimeout: 300_000,
    retryDelay,
  });
  const connection = await server.connect();
  await server.publish("a", toMessage("x"), {});
  const subscription = await server.subscribe(["a"]);
  const [delivery] = await subscription.take(1, 10_000);
  service.refuse = () => ({ code: 14, details: "busy" });
  const publishing = server.publish("a", toMessage("y"), {}).catch((error: unknown) => error);
  const settling = delivery?.settle("ack").catch((error: unknown) => error);
  await connection.close();
  assertBusy(await publishing);
  assertBusy(await settling);
});

test("Rpc.call() on a closed channel fails with a code and the client's own words", async () => {
  await using service = await PubsubService.start();
  const host = new URL(service.url).host;
  const rpc = new Rpc({ host, secure: false, tls: {}, idleTimeout: 30_000, token: undefined });
  await rpc.close();
  const calling = rpc.call(acknowledge, { subscription: "s", ackIds: [] }, { timeout: 1_000 });
  const failure = await calling.catch((failure: CallFailure) => failure);
  assert.deepEqual(failure, { code: 2, details: "Channel has been shut down", statusDetails: undefined });
});
