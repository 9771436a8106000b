/**
 * Handlers, middlewares and neighbours that misbehave: the message is settled as it was decided all the same.
 * @module
 */
import assert from "node:assert/strict";
import { setTimeout } from "node:timers/promises";
import {
  type ActorMiddleware,
  catchAllRoutingStrategy,
  dependency,
  type EventName,
  InMemoryServer,
  type Logger,
  Repid,
  republish,
  retry,
  Router,
  type WorkerOptions,
} from "@repid/core";
import { systemClock } from "../../src/_internal/clock.ts";
import type { DeliveryResult } from "../../src/contract/server.ts";
import { MessageSettlement } from "../../src/execution/message_settlement.ts";
import { test } from "../harness.ts";

interface Stage {
  readonly app: Repid;
  readonly server: InMemoryServer;
  readonly events: EventName[];
  send(headers?: Record<string, string>): Promise<void>;
  run(options?: WorkerOptions): Promise<unknown>;
}

async function onStage(
  addActors: (router: Router) => void,
  play: (stage: Stage) => Promise<void>,
  server: InMemoryServer = new InMemoryServer({ deadLetterChannel: "dead" }),
): Promise<void> {
  const events: EventName[] = [];
  const write = (event: EventName): void => void events.push(event);
  const logger: Logger = { debug: write, info: write, warn: write, error: write };
  const app = new Repid({ logger });
  app.servers.register("memory", server);
  const router = new Router({ channel: "c" });
  addActors(router);
  app.includeRouter(router);
  const connection = await server.connect();
  await play({
    app,
    server,
    events,
    send: (headers = { topic: "a" }) => app.sendMessage({ channel: "c", payload: "p", headers }),
    run: (options) => app.runWorker({ messagesLimit: 1, osSignals: [], cancellationTimeout: 1, ...options }),
  });
  await connection.close();
}

test("Message.ack() of a handler that was given up does nothing, while the message is tried again", async () => {
  const givenUp = Promise.withResolvers<void>();
  const answer = Promise.withResolvers<boolean>();
  let attempts = 0;
  await onStage((router) => {
    router.actor(
      { name: "a", timeout: 1, middlewares: [retry({ attempts: 2, delay: 0 })], onTimeout: "nack" },
      async (_, { message }) => {
        if (++attempts > 1) {
          givenUp.resolve();
          await answer.promise;
          throw new Error("the second attempt fails");
        }
        await givenUp.promise;
        answer.resolve(await message.ack());
      },
    );
  }, async ({ send, run, server }) => {
    await send();
    await run();
    assert.equal(await answer.promise, false);
    assert.equal(server.size("dead"), 1);
  });
});

test("Message.reply() that fails after it was decided otherwise leaves the message to that decision", async () => {
  const publishing = Promise.withResolvers<void>();
  const replied = Promise.withResolvers<unknown>();
  await onStage(
    (router) => {
      router.actor({ name: "a", timeout: 1, onTimeout: "nack" }, async (_, { message }) => {
        await message.replyJson({ channel: "answers", payload: 1 }).catch(replied.resolve);
      });
    },
    async ({ app, server, send, run }) => {
      const inner = server.subscribe.bind(server);
      // A broker that is away when the reply is to be sent.
      server.subscribe = async (channels, options) => {
        const subscription = await inner(channels, options);
        const take = subscription.take.bind(subscription);
        subscription.take = async (max, wait) =>
          (await take(max, wait)).map((delivery) => {
            delivery.reply = () => publishing.promise.then(() => Promise.reject(new Error("away")));
            return delivery;
          });
        return subscription;
      };
      await send();
      await run();
      publishing.resolve();
      assert.match(String(await replied.promise), /away/);
      // Given back, as the worker that would have nacked it has ended.
      assert.equal(server.size("c") + server.size("dead"), 1);
      assert.equal(app.servers.default, server);
    },
  );
});

test("ActorMiddleware cannot run the actor once it has ended itself", async () => {
  let runs = 0;
  const late = Promise.withResolvers<unknown>();
  let again: (() => Promise<unknown>) | undefined;
  const forgetful: ActorMiddleware = (_, next) => {
    again = next;
  };
  await onStage((router) => {
    router.actor({ name: "a", middlewares: [forgetful] }, () => void runs++);
  }, async ({ send, run }) => {
    await send();
    await run();
    await again?.().catch(late.resolve);
    assert.match(String(await late.promise), /Cannot run the actor as its middlewares have ended/);
    assert.equal(runs, 0);
  });
});

test("republish() sends the message as it arrived, whatever middlewares made of it", async () => {
  const seen: string[] = [];
  const wrap: ActorMiddleware = (call, next) => {
    const text = new TextDecoder().decode(call.message.payload);
    return next({ message: { payload: new TextEncoder().encode(`<${text}>`) } });
  };
  await onStage((router) => {
    router.actor(
      { name: "a", middlewares: [wrap], onError: republish({ attempts: 3 }) },
      (_, { message }) => {
        seen.push(message.text());
        throw new Error("again");
      },
    );
  }, async ({ send, run, server }) => {
    await send();
    await run({ messagesLimit: 3 });
    assert.deepEqual(seen, ["<p>", "<p>", "<p>"]);
    assert.equal(server.size("dead"), 1);
  });
});

test("InMemoryServer keeps a message whose dead-letter channel cannot be named", async () => {
  const server = new InMemoryServer({
    deadLetterChannel: () => {
      throw new Error("no name");
    },
  });
  await onStage((router) => {
    router.actor({ name: "a" }, () => {
      throw new Error("fails");
    });
  }, async ({ send, run, events }) => {
    await send();
    await run();
    assert.ok(events.includes("message.settle.error"));
    assert.equal(server.size("c"), 1);
  }, server);
});

test("Repid.runWorker() puts back what actors rejected often, however often, where no actor takes it", async () => {
  let rejected = 0;
  const server = new InMemoryServer();
  await onStage((router) => {
    router.actor({ name: "a" }, async (_, { message }) => {
      rejected++;
      await message.reject();
    });
  }, async ({ send, run }) => {
    await send();
    await run({ messagesLimit: 12 });
    assert.equal(rejected, 12);
    await onStage((router) => {
      router.actor({ name: "other" }, () => {});
    }, async ({ run, events }) => {
      const controller = new AbortController();
      const running = run({ messagesLimit: Infinity, signal: controller.signal });
      while (!events.includes("actor.route.not_found")) {
        await setTimeout(1);
      }
      controller.abort();
      await running;
      assert.ok(!events.includes("actor.route.poison_message"));
      assert.equal(server.size("c"), 1);
    }, server);
  }, server);
});

test("Repid.runWorker() stops at once while messages wait to be put back", async () => {
  await onStage((router) => {
    router.actor({ name: "other" }, () => {});
  }, async ({ send, run, events, server }) => {
    await send();
    const controller = new AbortController();
    const running = run({ messagesLimit: Infinity, signal: controller.signal });
    while (!events.includes("actor.route.not_found")) await setTimeout(1);
    controller.abort();
    await running;
    assert.equal(server.size("c"), 1);
  });
});

test("Repid.runWorker() lets go of its port when it cannot run", async () => {
  await onStage((router) => {
    router.actor({ name: "a" }, () => {});
  }, async ({ app }) => {
    const bad = {
      signal: {} as AbortSignal,
      osSignals: [],
      healthCheckServer: { port: 0, hostname: "127.0.0.1" },
    };
    await assert.rejects(app.runWorker(bad), TypeError);
  });
});

test("Router.actor() and ServerRegistry.register() refuse what is none", () => {
  const router = new Router();
  assert.throws(
    () => router.actor({ name: "a", routingStrategy: {} as never }, () => {}),
    /no method matches/,
  );
  assert.throws(
    () => router.actor({ name: "a", deps: { d: undefined } as never }, () => {}),
    /dependency\(\)/,
  );
  assert.throws(
    () => new Repid().servers.register("m", undefined as never),
    /Cannot register the server "m"/,
  );
});

test("Actors with a time limit do not wait longer than that for a policy or a clean-up that never ends", async () => {
  const never = (): Promise<never> => new Promise(() => {});
  const hanging = dependency({}, ({ defer }) => defer(never));
  await onStage((router) => {
    router.actor({ name: "a", timeout: 5, onError: never, deps: { hanging } }, () => {
      throw new Error("fails");
    });
  }, async ({ send, run, events, server }) => {
    await send();
    await run({ gracefulShutdownTime: 600_000 });
    assert.ok(events.includes("actor.policy.error") && events.includes("actor.defer.error"), String(events));
    assert.equal(server.size("c"), 1);
  });
});

test("Message.reply() answers a message that ack_first has acknowledged, once", async () => {
  const answers: boolean[] = [];
  await onStage((router) => {
    router.actor({ name: "a", confirmationMode: "ack_first" }, async (_, { message }) => {
      for (let i = 0; i < 2; i++) answers.push(await message.replyJson({ channel: "answers", payload: i }));
      answers.push(await message.nack());
    });
  }, async ({ send, run, server }) => {
    await send();
    await run();
    assert.deepEqual(answers, [true, false, false]);
    assert.equal(server.size("answers"), 1);
  });
});

test("republish() whose send fails says so, and does not try again at once", async () => {
  await onStage((router) => {
    // The in-memory server refuses an empty id.
    const onError = republish({ parameters: () => ({ message_id: "" }) });
    router.actor({ name: "a", timeout: 100, onError }, () => {
      throw new Error("fails");
    });
  }, async ({ send, run, events, server }) => {
    await send();
    await run();
    assert.ok(events.includes("actor.policy.error"), String(events));
    assert.equal(server.size("c"), 1);
  });
});

test("Repid.runWorker() says which actors no message can reach", async () => {
  await onStage((router) => {
    router.actor({ name: "a" }, () => {});
    router.actor({ name: "a" }, () => assert.fail("the first one that matches takes it"));
    router.actor({ name: "b" }, () => {});
  }, async ({ send, run, events }) => {
    await send();
    await run();
    assert.equal(events.filter((event) => event === "actor.route.unreachable").length, 1);
  });
  await onStage((router) => {
    router.actor({ name: "all", routingStrategy: catchAllRoutingStrategy }, () => {});
    router.actor({ name: "b" }, () => assert.fail("the first one that matches takes it"));
  }, async ({ send, run, events }) => {
    await send({ topic: "b" });
    await run();
    assert.equal(events.filter((event) => event === "actor.route.unreachable").length, 1);
  });
});

/** Waits as one does: until the time is over or the signal is aborted. */
const WAITS: readonly ((signal: AbortSignal) => Promise<unknown>)[] = [
  (signal) => new Promise((_, reject) => signal.addEventListener("abort", () => reject(signal.reason))),
  // What it rejects with was caused by the signal's reason.
  (signal) => setTimeout(600_000, undefined, { signal }),
];

for (const [i, wait] of WAITS.entries()) {
  test(`ActorMiddleware that obeys its signal puts the message back when the worker stops (${i + 1})`, async () => {
    const stop = new AbortController();
    const waits: ActorMiddleware = async ({ signal }, next) => {
      const waiting = wait(signal);
      stop.abort();
      await waiting;
      return await next();
    };
    await onStage((router) => {
      router.actor({ name: "a", middlewares: [waits] }, () => {});
    }, async ({ send, run, server }) => {
      await send();
      await run({ signal: stop.signal, gracefulShutdownTime: 0, cancellationTimeout: 1_000 });
      assert.deepEqual([server.size("c"), server.size("dead")], [1, 0]);
    });
  });
}

test("InMemoryServer keeps a message as it was sent, whatever becomes of the sender's bytes", async () => {
  const bytes = new TextEncoder().encode("first");
  let seen = "";
  await onStage((router) => {
    router.actor({ name: "a" }, (_, { message }) => void (seen = message.text()));
  }, async ({ app, run }) => {
    await app.sendMessage({ channel: "c", payload: bytes, headers: { topic: "a" } });
    bytes.set(new TextEncoder().encode("later"));
    await run();
    assert.equal(seen, "first");
  });
});

test("Message.reply() that nobody waits for is waited for before the worker ends", async () => {
  await onStage((router) => {
    router.actor({ name: "a" }, (_, { message }) => {
      message.replyJson({ channel: "answers", payload: 1 }).catch(() => {});
    });
  }, async ({ app, server, send, run }) => {
    await send();
    assert.equal(app.servers.default, server);
    await run();
    assert.deepEqual([server.size("answers"), server.size("c")], [1, 0]);
  }, slowly(new InMemoryServer()));
});

test("MessageSettlement.sent waits for what is done instead of a reply that failed", async () => {
  const [sending, answer] = [Promise.withResolvers<undefined>(), Promise.withResolvers<DeliveryResult>()];
  const delivery = {
    payload: new Uint8Array(),
    headers: {},
    contentType: undefined,
    replyTo: undefined,
    channel: "c",
    messageId: "1",
    deliveryCount: 1,
    settle: () => answer.promise,
  };
  const options = { clock: systemClock, report: () => {}, isRetriable: () => false };
  const settlement = new MessageSettlement(delivery, options);
  settlement.reply(() => sending.promise).catch(() => {});
  settlement.verdict = "ack";
  settlement.commit();
  let isOver = false;
  const over = settlement.sent?.then(() => isOver = true);
  sending.reject(new Error("nobody there"));
  await setTimeout(0);
  assert.deepEqual([settlement.action, isOver], ["acked", false]);
  answer.resolve("done");
  await over;
});

test("ActorMiddleware that answers something awaitable that fails ends no process, whoever waits for it", async () => {
  const failing: ActorMiddleware = () => ({
    then: (_: unknown, reject: (error: Error) => void) => reject(new Error("fails")),
  });
  const careless: ActorMiddleware = (_, next) => void next();
  await onStage((router) => {
    router.actor({ name: "a", middlewares: [careless, failing] }, () => assert.fail());
  }, async ({ send, run, server }) => {
    await send();
    await run();
    // Whatever nobody has heard of by now ends the process.
    await setTimeout(0);
    assert.equal(server.size("c"), 0);
  });
});

test("OnErrorHandler is asked once, also where a middleware gives up meanwhile", async () => {
  let asked = 0;
  const deciding = Promise.withResolvers<void>();
  const impatient: ActorMiddleware = (_, next) =>
    Promise.race([next(), deciding.promise.then(() => Promise.reject(new Error("impatient")))]);
  await onStage((router) => {
    const onError = async (): Promise<"nack"> => {
      asked++;
      deciding.resolve();
      await setTimeout(5);
      return "nack";
    };
    router.actor({ name: "a", middlewares: [impatient], onError }, () => {
      throw new Error("fails");
    });
  }, async ({ send, run, server }) => {
    await send();
    await run();
    assert.deepEqual([asked, server.size("dead")], [1, 1]);
  });
});

test("Repid.runWorker() calls nothing unsettled that was acknowledged, whatever goes on behind it", async () => {
  const stop = new AbortController();
  const hanging = dependency(({ defer }) => defer(() => (stop.abort(), new Promise(() => {}))));
  await onStage((router) => {
    router.actor({ name: "a", deps: { hanging } }, () => {});
  }, async ({ send, run, events, server }) => {
    await send();
    await run({ signal: stop.signal, gracefulShutdownTime: 0 });
    assert.ok(events.includes("actor.run.abandoned"), String(events));
    assert.ok(!events.includes("worker.close.timeout"), String(events));
    assert.equal(server.size("c"), 0);
  });
});

test("Schemas that answer what can be awaited, but is no promise of the runtime's, are waited for", async () => {
  const thenable = { then: (resolve: (result: object) => void) => resolve({ issues: [{ message: "no" }] }) };
  const payload = { "~standard": { version: 1, vendor: "test", validate: () => thenable } };
  await onStage((router) => {
    router.actor({ name: "a", payload: payload as never }, () => assert.fail("it is not valid"));
  }, async ({ app, send, run, server }) => {
    assert.ok(app);
    await send();
    await run();
    assert.equal(server.size("dead"), 1);
  });
});

/** A broker that takes its time to publish what is a reply. */
function slowly(server: InMemoryServer): InMemoryServer {
  const subscribe = server.subscribe.bind(server);
  server.subscribe = async (channels, options) => {
    const subscription = await subscribe(channels, options);
    const take = subscription.take.bind(subscription);
    subscription.take = async (max, wait) =>
      (await take(max, wait)).map((delivery) => {
        const reply = delivery.reply?.bind(delivery);
        if (reply) delivery.reply = async (...args) => (await setTimeout(5), await reply(...args));
        return delivery;
      });
    return subscription;
  };
  return server;
}
