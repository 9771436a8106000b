/**
 * What RedisServer's errors say, what they keep to themselves, and how it judges them.
 * @module
 */
import assert from "node:assert/strict";
import { inspect } from "node:util";
import { RedisServer } from "@repid/core/redis";
import { until } from "../../faults/stage.ts";
import { test } from "../../harness.ts";
import { onEachRedis, onRedis } from "./private_redis.ts";

const EMPTY = { payload: new Uint8Array(), headers: {}, contentType: undefined, replyTo: undefined };
/** How long something may take, in milliseconds. */
const PATIENCE = 10_000;

onEachRedis("RedisServer repeats neither passwords nor messages in its errors", async ({ redis, client }) => {
  const { port } = redis;
  await client.acl("SETUSER", "me", "on", ">s3cret", "~*", "&*", "+@all", "-xadd");
  const wrong = new RedisServer(`redis://me:hunter2@127.0.0.1:${port}`);
  await assert.rejects(wrong.connect(), (error: Error) => isDiscreet(error, /^WRONGPASS/));
  const server = new RedisServer(`redis://me:s3cret@127.0.0.1:${port}`);
  const connection = await server.connect();
  const message = { ...EMPTY, payload: new TextEncoder().encode("hunter2"), headers: { token: "hunter2" } };
  await assert.rejects(server.publish("jobs", message, {}), (error: Error) => isDiscreet(error, /NOPERM/));
  await connection.close();
});

onRedis("RedisServer explains no loss by what was the matter before", [], async ({ redis, client }) => {
  await client.acl("SETUSER", "app", "on", ">old", "~*", "&*", "+@all");
  const server = new RedisServer(`redis://app:old@127.0.0.1:${redis.port}`);
  const connection = await server.connect();
  await client.acl("SETUSER", "app", "resetpass", ">new");
  await client.acl("LOG", "RESET");
  await client.client("KILL", "TYPE", "normal");
  await until("it was refused", async () => (await client.acl("LOG") as unknown[]).length > 0, PATIENCE);
  await client.acl("SETUSER", "app", ">old");
  await until("it is connected", () => server.isConnected, PATIENCE);
  await client.client("KILL", "TYPE", "normal");
  const error = await refusal(server);
  assert.doesNotMatch(error.message, /WRONGPASS/);
  assert.equal(server.isRetriable(error), true);
  await connection.close();
});

test("RedisServer.isRetriable() knows passing answers also where Redis 6.2 wraps those of a script", () => {
  const server = new RedisServer("redis://localhost");
  const wrapped = "ERR Error running script (call to f_1b0): @user_script:1: @user_script: 1: ";
  for (
    const [message, isRetriable] of [
      ["OOM command not allowed when used memory > 'maxmemory'.", true],
      [`${wrapped}-OOM command not allowed when used memory > 'maxmemory'.`, true],
      [`${wrapped}-READONLY You can't write against a read only replica.`, true],
      [`${wrapped}-MISCONF Redis is configured to save RDB snapshots`, true],
      ["ERR max number of clients reached", true],
      [`${wrapped}-WRONGTYPE Operation against a key holding the wrong kind of value`, false],
      ["ERR no such key as jobs-BUSY", false],
    ] as const
  ) assert.equal(server.isRetriable(new Error(message)), isRetriable, message);
});

/** Whether an error says why, and no secret. */
function isDiscreet(error: Error, why: RegExp): true {
  assert.match(error.message, why);
  assert.doesNotMatch(inspect(error, { depth: Infinity }), /hunter2/);
  assert.equal("command" in error, false);
  return true;
}

/** Publishes until that is refused. */
async function refusal(server: RedisServer): Promise<Error> {
  for (;;) {
    try {
      await server.publish("jobs", EMPTY, {});
    } catch (error) {
      assert.ok(error instanceof Error);
      return error;
    }
  }
}
