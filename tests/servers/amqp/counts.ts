/**
 * How many frames and writes a message costs: counts that do not depend on the machine.
 * @module
 */
import { Repid, Router, silentLogger } from "@repid/core";
import { AmqpServer } from "@repid/core/amqp";
import assert from "node:assert/strict";
import { test } from "../../harness.ts";
import { SentFrames } from "./sent_frames.ts";
import { LENIENT, newQueue, numbered, publish, type Stage } from "./stage.ts";

const MESSAGES = 2_000;
const TASKS = 100;

/** Registers them. */
export function testCounts(stage: Stage): void {
  const { rabbit } = stage;
  testOneAtATime(stage);
  const handlers: readonly (readonly [string, () => () => Promise<void>])[] = [
    ["handlers that return at once", () => () => Promise.resolve()],
    ["handlers that wait, and go on together", inRows],
  ];
  for (const [what, create] of handlers) {
    test(`AmqpServer needs few frames for a message, with ${what}`, async () => {
      using frames = new SentFrames(rabbit.port);
      const server = new AmqpServer(rabbit.url);
      const connection = await server.connect();
      const queue = await newQueue(rabbit);
      await publish(server, queue, numbered(MESSAGES));
      assert.equal(frames.count("transfer"), MESSAGES);
      assert.ok(frames.writes <= MESSAGES / 20, `${frames.writes} writes for ${MESSAGES} publications`);
      frames.reset();
      const app = new Repid({ logger: silentLogger });
      app.servers.register("amqp", server);
      const router = new Router({ channel: queue });
      router.actor({ name: "work" }, create());
      app.includeRouter(router);
      await app.runWorker({ messagesLimit: MESSAGES, tasksLimit: TASKS, osSignals: [] });
      const each = (count: number): number => count / MESSAGES;
      const [dispositions, flows] = [each(frames.count("disposition")), each(frames.count("flow"))];
      const writes = each(frames.writes);
      await connection.close();
      assert.ok(dispositions <= 0.05, `${dispositions} dispositions a message`);
      assert.ok(flows <= 0.08, `${flows} flows a message`);
      assert.ok(writes <= dispositions + flows + 0.01, `${writes} writes a message`);
    }, LENIENT);
  }
}

/** Registers those of one message at a time. */
function testOneAtATime({ rabbit }: Stage): void {
  test(
    "AmqpServer needs one write for a message, one at a time: its settlement and the credit for the next one",
    async () => {
      using frames = new SentFrames(rabbit.port);
      const server = new AmqpServer(rabbit.url);
      const connection = await server.connect();
      const [queue, most] = [await newQueue(rabbit), 200];
      await publish(server, queue, numbered(most));
      frames.reset();
      const app = new Repid({ logger: silentLogger });
      app.servers.register("amqp", server);
      const router = new Router({ channel: queue });
      router.actor({ name: "work" }, () => {});
      app.includeRouter(router);
      await app.runWorker({ messagesLimit: most, tasksLimit: 1, osSignals: [] });
      await connection.close();
      assert.ok(frames.writes <= most * 1.1, `${frames.writes} writes for ${most} messages`);
    },
    LENIENT,
  );
}

/** Waits until all tasks do: as if all slept for the same time, and no more than that. */
function inRows(): () => Promise<void> {
  let row = Promise.withResolvers<void>();
  let size = 0;
  return async () => {
    const own = row;
    if (++size === TASKS) {
      size = 0;
      row = Promise.withResolvers();
      setImmediate(() => own.resolve());
    }
    await own.promise;
  };
}
