/**
 * The examples that need RabbitMQ, on their own topology.
 * @module
 */
import assert from "node:assert/strict";
import { readFileSync } from "node:fs";
import type { PrivateRabbit } from "../../brokers/rabbitmq.ts";
import { test } from "../../harness.ts";
import { start } from "../../cookbook/program.ts";
import { LENIENT, type Stage } from "./stage.ts";

/** The delays of the test, in milliseconds: those of the example would take a minute. */
const DELAYS = [100, 300] as const;

interface Definitions {
  readonly queues: readonly { readonly name: string; readonly arguments: Record<string, unknown> }[];
}

/** Registers them. */
export function testExamples({ rabbit }: Stage): void {
  test("examples/rabbitmq_retries.ts: a failed task comes back after each delay", async () => {
    await loadDefinitions(rabbit);
    const { code, lines } = await start("../rabbitmq_retries.ts", [], {
      env: { RABBITMQ_URL: rabbit.url },
    }).ends();
    assert.deepEqual(lines, linesOf(10_000, 60_000));
    assert.equal(code, 0);
  }, LENIENT);

  test("examples/rabbitmq_request_reply.ts: answers come back over RabbitMQ", async () => {
    await loadDefinitions(rabbit);
    const { code, lines } = await start("../rabbitmq_request_reply.ts", [], {
      env: { RABBITMQ_URL: rabbit.url },
    }).ends();
    assert.deepEqual(lines, ['{"sku":"pen","cents":300}', '{"sku":"paper","cents":500}']);
    assert.equal(code, 0);
  }, LENIENT);
}

/** Registers what RabbitMQ does since 4.3 only. */
export function testNativeRetries({ rabbit }: Stage): void {
  test(
    "examples/rabbitmq_retries.ts --native: RabbitMQ 4.3 itself delivers a task again when it is time",
    async () => {
      await loadDefinitions(rabbit);
      const env = { RABBITMQ_URL: rabbit.url, RETRY_DELAYS: DELAYS.join() };
      const { code, lines } = await start("../rabbitmq_retries.ts", ["--native"], { env }).ends();
      assert.deepEqual(lines, linesOf(...DELAYS));
      assert.equal(code, 0);
    },
    LENIENT,
  );
}

/** As an administrator would, but with shorter delays. */
async function loadDefinitions(rabbit: PrivateRabbit): Promise<void> {
  const file = new URL("../../../examples/rabbitmq_definitions.json", import.meta.url);
  const definitions = JSON.parse(readFileSync(file, "utf8")) as Definitions;
  let next = 0;
  for (const { arguments: options } of definitions.queues) {
    if ("x-message-ttl" in options) options["x-message-ttl"] = DELAYS[next++];
  }
  assert.equal(next, DELAYS.length);
  await rabbit.api("POST", "definitions", definitions);
}

function linesOf(first: unknown, second: unknown): string[] {
  return [
    "impossible, attempt 1",
    "flaky, attempt 1",
    `  again in ${first} ms`,
    "flaky, attempt 2",
    `  again in ${second} ms`,
    "flaky, attempt 3",
    "Messages handled: 4",
  ];
}
