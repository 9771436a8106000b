import assert from "node:assert/strict";
import {
  type ActorOptions,
  InMemoryServer,
  type Logger,
  Repid,
  republish,
  retry,
  Router,
  silentLogger,
} from "../../mod.ts";
import { test } from "../harness.ts";

interface Ran {
  readonly runs: number;
  readonly dead: number;
  readonly left: number;
  readonly retryHeaders: readonly (string | undefined)[];
}

interface RunOptions {
  readonly messagesLimit?: number;
  readonly stop?: AbortSignal;
  readonly logger?: Logger;
}

/** Sends one message to an actor and handles so many. */
async function run(
  options: Partial<ActorOptions>,
  handler: (run: number, signal: AbortSignal) => unknown,
  { messagesLimit = 1, stop, logger = silentLogger }: RunOptions = {},
): Promise<Ran> {
  let runs = 0;
  const retryHeaders: (string | undefined)[] = [];
  const server = new InMemoryServer({ deadLetterChannel: "dead" });
  const app = new Repid({ logger });
  app.servers.register("memory", server);
  const router = new Router();
  const actor = router.actor(
    { ...options, name: "work", channel: "jobs" } as never,
    ((
      _payload: unknown,
      { message, signal }: { message: { headers: Record<string, string> }; signal: AbortSignal },
    ) => {
      retryHeaders.push(message.headers["x-retry-count"]);
      return handler(++runs, signal);
    }) as never,
  );
  app.includeRouter(router);
  const connection = await server.connect();
  await app.send(actor, undefined as never);
  await app.runWorker({
    messagesLimit,
    osSignals: [],
    gracefulShutdownTime: 0,
    cancellationTimeout: 50,
    ...stop && { signal: stop },
  });
  await connection.close();
  return { runs, dead: server.size("dead"), left: server.size("jobs"), retryHeaders };
}

function fail(): never {
  throw new Error("It fails");
}

test("retry() runs the actor again until it succeeds", async () => {
  const { runs, dead, left } = await run(
    { middlewares: [retry({ attempts: 5, delay: 0 })] },
    (run) => run < 3 ? fail() : undefined,
  );
  assert.deepEqual({ runs, dead, left }, { runs: 3, dead: 0, left: 0 });
});

test("retry() asks onError once, when no attempt is left", async () => {
  let asked = 0;
  const onError = (): "nack" => {
    asked++;
    return "nack";
  };
  const { runs, dead } = await run({ onError, middlewares: [retry({ attempts: 4, delay: 0 })] }, fail);
  assert.deepEqual({ runs, dead, asked }, { runs: 4, dead: 1, asked: 1 });
});

test("retry() tries no more where `when` says no", async () => {
  const seen: number[] = [];
  const when = (_: unknown, attempt: number): boolean => {
    seen.push(attempt);
    return attempt < 2;
  };
  const { runs, dead } = await run({ middlewares: [retry({ attempts: 9, delay: 0, when })] }, fail);
  assert.deepEqual({ runs, dead, seen }, { runs: 2, dead: 1, seen: [1, 2] });
});

test("retry() tells those around it what becomes of the message when it gives up", async () => {
  const giveUps = [
    { middleware: retry({ attempts: 2, delay: 0 }), runs: 2 },
    { middleware: retry({ delay: 0, when: () => false }), runs: 1 },
    // One within another: only the outer one's end is the end.
    { middleware: retry({ attempts: 2, delay: 0 }), inner: retry({ delay: 0, when: () => false }), runs: 2 },
  ];
  for (const { middleware, inner, runs: expected } of giveUps) {
    const actions: unknown[] = [];
    let asked = 0;
    const { runs, left } = await run({
      onError: () => (asked++, "reject"),
      middlewares: [
        async ({ message }, next) => {
          await next().finally(() => actions.push(message.action));
        },
        middleware,
        ...inner ? [inner] : [],
      ],
    }, fail);
    assert.deepEqual({ runs, left, asked, actions }, {
      runs: expected,
      left: 1,
      asked: 1,
      actions: ["rejected"],
    });
  }
});

test("retry() reports each attempt that fails, and the last one as the actor's failure", async () => {
  const reported: unknown[] = [];
  const note = (event: string, fields: object): void => {
    const { error, attempt } = fields as { error: Error; attempt?: number };
    reported.push([event, attempt, error.message]);
  };
  const logger = { ...silentLogger, warn: note, error: note };
  await run({ middlewares: [retry({ attempts: 3, delay: 0 })] }, (run) => {
    throw new Error(`${run}`);
  }, { logger });
  assert.deepEqual(reported, [
    ["actor.attempt.error", 1, "1"],
    ["actor.attempt.error", 2, "2"],
    ["actor.run.error", undefined, "3"],
  ]);
});

test("retry() does not try again what the actor settled itself", async () => {
  let runs = 0;
  const server = new InMemoryServer();
  const app = new Repid({ logger: silentLogger });
  app.servers.register("memory", server);
  const router = new Router({ middlewares: [retry({ delay: 0 })] });
  const actor = router.actor({ name: "work" }, async (_, { message }) => {
    runs++;
    await message.ack();
    fail();
  });
  app.includeRouter(router);
  await using _connection = await server.connect();
  await app.send(actor, undefined);
  await app.runWorker({ messagesLimit: 1, osSignals: [] });
  assert.equal(runs, 1);
});

test("retry() gives each attempt the time limit to itself", async () => {
  const { runs, dead, left } = await run(
    { timeout: 20, middlewares: [retry({ attempts: 3, delay: 0 })] },
    (run, signal) =>
      run < 3 ? new Promise((_, reject) => signal.addEventListener("abort", () => reject(signal.reason))) : 1,
  );
  assert.deepEqual({ runs, dead, left }, { runs: 3, dead: 0, left: 0 });
});

test("retry() stops waiting when the worker stops, and the message is put back", async () => {
  for (const timeout of [Infinity, 10]) {
    const stop = new AbortController();
    const middlewares = [retry({
      attempts: 2,
      delay: 3_600_000,
      when: () => {
        stop.abort();
        return true;
      },
    })];
    const handler = (_: number, signal: AbortSignal): unknown =>
      timeout === Infinity
        ? fail()
        : new Promise((_, reject) => signal.addEventListener("abort", () => reject(signal.reason)));
    const { runs, dead, left } = await run({ timeout, middlewares }, handler, {
      messagesLimit: Infinity,
      stop: stop.signal,
    });
    assert.deepEqual({ runs, dead, left }, { runs: 1, dead: 0, left: 1 });
  }
});

test("retry() refuses options out of range", () => {
  assert.throws(() => retry({ attempts: 0 }), RangeError);
  assert.throws(() => retry({ attempts: 1.5 }), RangeError);
  assert.throws(() => retry({ delay: -1 }), RangeError);
  assert.throws(() => retry({ backoff: 0.5 }), RangeError);
  assert.throws(() => retry({ jitter: 2 }), RangeError);
});

test("republish() sends a failed message again, and gives up in the end", async () => {
  const { runs, dead, left, retryHeaders } = await run({ onError: republish({ attempts: 3 }) }, fail, {
    messagesLimit: 3,
  });
  assert.deepEqual({ runs, dead, left }, { runs: 3, dead: 1, left: 0 });
  assert.deepEqual(retryHeaders, [undefined, "1", "2"]);
});

test("republish() does otherwise where `when` says no", async () => {
  const onError = republish({ when: () => false, otherwise: "ack" });
  const { runs, dead, left } = await run({ onError }, fail);
  assert.deepEqual({ runs, dead, left }, { runs: 1, dead: 0, left: 0 });
});

test("republish() tells the broker what `parameters` says, and puts the message back where sending fails", async () => {
  const retries: number[] = [];
  const onError = republish({
    parameters: (retry) => {
      retries.push(retry);
      return { message_id: "" };
    },
  });
  // The in-memory server refuses an empty id.
  const { dead, left } = await run({ onError }, fail);
  assert.deepEqual({ retries, dead, left }, { retries: [1], dead: 0, left: 1 });
});

test("republish() refuses options out of range", () => {
  assert.throws(() => republish({ attempts: 0 }), RangeError);
});
