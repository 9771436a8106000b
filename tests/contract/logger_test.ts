import assert from "node:assert/strict";
import { consoleLogger } from "@repid/core";
import { test } from "../harness.ts";

/** What is written to standard error meanwhile. */
function written(run: () => void): unknown[][] {
  const lines: unknown[][] = [];
  const { error } = console;
  console.error = (...parts) => void lines.push(parts);
  try {
    run();
  } finally {
    console.error = error;
  }
  return lines;
}

const where = { actor: "a", channel: "c", messageId: "1" };

test("consoleLogger() writes from its level on, the error beside the line", () => {
  const error = new Error("broken");
  const lines = written(() => {
    const logger = consoleLogger();
    logger.info("worker.run.exit", { processed: 1 });
    logger.error("actor.defer.error", { ...where, error });
  });
  assert.equal(lines.length, 1);
  assert.match(String(lines[0]?.[0]), /^\d{4}-.*Z ERROR actor\.defer\.error actor=a channel=c messageId=1$/);
  assert.equal(lines[0]?.[1], error);
});

test("consoleLogger() writes why something was aborted on one line", () => {
  const error = new DOMException("The worker is shutting down", "AbortError");
  const [line] = written(() => consoleLogger().error("actor.defer.error", { ...where, error }));
  assert.equal(line?.[1], "AbortError: The worker is shutting down");
});
