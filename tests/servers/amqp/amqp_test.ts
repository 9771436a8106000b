/**
 * What the suite for servers does not ask: AMQP's own words, what RabbitMQ refuses, and what rhea does wrong. All on one node,
 * which takes seconds to start.
 * @module
 */
import { provideRabbit, startRabbit } from "../../brokers/rabbitmq.ts";
import { skip } from "../../harness.ts";
import process from "node:process";
import { testAccess } from "./access.ts";
import { certificates } from "./certificates.ts";
import { testCounts } from "./counts.ts";
import { testExamples, testNativeRetries } from "./examples.ts";
import { testFindings } from "./findings.ts";
import { testMessages } from "./messages.ts";
import { testRecovery } from "./recovery.ts";
import { stageFor } from "./stage.ts";

const found = await provideRabbit("RabbitMQ 4");
if (found.kind === "program") {
  const tls = await certificates();
  // Outside of any test, as it outlives them; it ends with the test run.
  const stage = stageFor(await startRabbit(found, tls));
  testFindings(stage);
  testCounts(stage);
  testMessages(stage);
  testAccess(stage, tls);
  testRecovery(stage);
  testExamples(stage);
} else {
  const reason = found.kind === "url" ? "its tests need a broker of their own" : found.reason;
  skip("AmqpServer on RabbitMQ", reason);
}

// Not part of the gate, as its packages move: kept with REPID_TEST_RABBITMQ43=1.
if (process.env["REPID_TEST_RABBITMQ43"]) {
  const newest = await provideRabbit("RabbitMQ 4.3");
  if (newest.kind === "program") testNativeRetries(stageFor(await startRabbit(newest)));
  else skip("AmqpServer on RabbitMQ 4.3", newest.kind === "url" ? "it is not ours" : newest.reason);
}
