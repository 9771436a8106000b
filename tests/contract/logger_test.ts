import assert from "node:assert/strict";
import { consoleLogger, type ConsoleLoggerOptions, InMemoryServer, Repid, retry, Router } from "@repid/core";
import { test } from "../harness.ts";

/** What is written to standard error meanwhile, call by call. */
async function written(run: () => unknown): Promise<string[]> {
  const texts: string[] = [];
  const { error } = console;
  console.error = (...parts) => void texts.push(parts.join(" | "));
  try {
    await run();
  } finally {
    console.error = error;
  }
  return texts;
}

const where = { actor: "a", channel: "c", messageId: "1" };

/** What is written about an error. */
async function textOf(error: unknown, options?: ConsoleLoggerOptions): Promise<string[]> {
  const [text = ""] = await written(() =>
    consoleLogger(options).error("actor.defer.error", { ...where, error })
  );
  return text.split("\n");
}

test("consoleLogger() writes from its level on, the error below the line", async () => {
  const error = new Error("broken");
  const texts = await written(() => {
    const logger = consoleLogger();
    logger.info("worker.run.exit", { processed: 1 });
    logger.error("actor.defer.error", { ...where, error });
  });
  assert.equal(texts.length, 1);
  const [line = "", header, frame = ""] = texts[0]?.split("\n") ?? [];
  assert.match(line, /^\d{4}-.*Z ERROR actor\.defer\.error actor=a channel=c messageId=1$/);
  assert.equal(header, "  Error: broken");
  assert.match(frame, /^ {4}at .*logger_test/);
});

test("consoleLogger() keeps a line one line, whatever the values are", async () => {
  const [text] = await written(() =>
    consoleLogger().warn("worker.signal.stop", { signal: "a\nb\u001b[31m" })
  );
  assert.match(text ?? "", /signal="a\\nb\\u001b\[31m"$/);
  assert.deepEqual((await textOf(new DOMException("one\ntwo", "AbortError"))).slice(1), [
    "  AbortError: one",
    "  two",
  ]);
});

test("consoleLogger() lets no error erase or forge a line", async () => {
  const error = new TypeError("x\r2026 ERROR forged\u001b[2K\u2028y", { cause: "\u0007bell" });
  error.stack = "";
  assert.deepEqual((await textOf(error)).slice(1), [
    "  TypeError: x\\u000d2026 ERROR forged\\u001b[2K\\u2028y",
    "  caused by \\u0007bell",
  ]);
});

test("consoleLogger() writes causes and the errors of an AggregateError below, without an end", async () => {
  const cause = new Error("cause");
  cause.cause = new Error("root", { cause: "a text" });
  const all = (await textOf(new AggregateError([new TypeError("one")], "several", { cause }))).join("\n");
  assert.match(
    all,
    /\n {2}AggregateError: several\n[^]*\n {2}caused by Error: cause\n[^]*\n {4}caused by Error: root\n/,
  );
  assert.match(all, /\n {6}caused by a text\n {2}one of TypeError: one\n/);
  const circular = new Error("again");
  circular.cause = circular;
  assert.equal((await textOf(circular)).filter((line) => line.includes("Error: again")).length, 6);
});

test("consoleLogger() shows what can hardly be shown", async () => {
  assert.deepEqual((await textOf({ password: "secret" })).slice(1), ["  [object Object]"]);
  assert.deepEqual((await textOf(null)).slice(1), ["  null"]);
  const hostile = new Proxy(new Error("x"), {
    get: () => {
      throw new Error("no");
    },
  });
  assert.deepEqual((await textOf(hostile)).slice(1), ["  (something that cannot be shown)"]);
});

/** What the default logger writes about a handler that fails twice. */
async function failing(options: ConsoleLoggerOptions): Promise<string[]> {
  const app = new Repid({ logger: consoleLogger(options) });
  const server = app.servers.register("memory", new InMemoryServer());
  const router = new Router({ channel: "jobs", middlewares: [retry({ attempts: 2, delay: 0 })] });
  const job = router.actor({ name: "job" }, () => {
    throw new Error("on purpose");
  });
  app.includeRouter(router);
  return await written(async () => {
    const connection = await server.connect();
    await app.send(job);
    await app.runWorker({ messagesLimit: 1, osSignals: [] });
    await connection.close();
  });
}

test("consoleLogger() leaves out frames inside this library, and writes no source", async () => {
  const texts = await failing({});
  assert.equal(texts.length, 2);
  for (const text of texts) {
    const [line = "", header, ...frames] = text.split("\n");
    assert.match(line, / (WARN actor\.attempt\.error|ERROR actor\.run\.error) actor=job /);
    assert.equal(header, "  Error: on purpose");
    assert.ok(frames.length > 0 && frames.every((frame) => /^ {4}at /.test(frame)), text);
    assert.ok(frames.every((frame) => !frame.includes("/src/")), text);
  }
});

test('consoleLogger({ stack: "full" }) writes all frames', async () => {
  assert.ok((await failing({ stack: "full" })).every((text) => text.includes("/src/execution/")));
});

test("consoleLogger() refuses another stack", () => {
  assert.throws(() => consoleLogger({ stack: "none" as never }), /stack is neither own nor full: none/);
});
