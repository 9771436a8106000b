/**
 * The connection that RedisServer makes for each subscription: where it cannot be made, and where it is lost.
 * @module
 */
import assert from "node:assert/strict";
import { connect, createServer, type Socket } from "node:net";
import { RedisServer } from "@repid/core/redis";
import { until } from "../../faults/stage.ts";
import { onRedis } from "./private_redis.ts";

/** How long something may take, in milliseconds. */
const PATIENCE = 10_000;

onRedis("RedisServer.subscribe() gives up a peer that says nothing", [], async ({ redis }) => {
  const sockets: Socket[] = [];
  // The first connection is for commands; the second is taken, and that is all.
  const peer = createServer((socket) => {
    sockets.push(socket.on("error", () => {}));
    if (sockets.length > 1) return;
    const there = connect(redis.port, "127.0.0.1").on("error", () => {});
    socket.pipe(there).pipe(socket);
  });
  await new Promise<void>((resolve) => peer.listen(0, "127.0.0.1", resolve));
  const address = peer.address();
  assert.ok(typeof address === "object" && address);
  const server = new RedisServer(`redis://127.0.0.1:${address.port}`, { connectTimeout: 300 });
  const connection = await server.connect();
  await assert.rejects(server.subscribe(["jobs"]), (error: Error) => {
    assert.match(error.message, /timed out/);
    assert.equal(server.isRetriable(error), true);
    return true;
  });
  await connection.close();
  for (const socket of sockets) socket.destroy();
  await new Promise((resolve) => peer.close(resolve));
});

onRedis("RedisServer.subscribe() leaves no connection where it is refused", [], async ({ redis, client }) => {
  await client.acl("SETUSER", "app", "on", ">s3cret", "~*", "&*", "+@all", "-client|id");
  const server = new RedisServer(`redis://app:s3cret@127.0.0.1:${redis.port}`);
  const connection = await server.connect();
  await assert.rejects(server.subscribe(["jobs"]), /NOPERM/);
  const count = async (): Promise<number> =>
    [...String(await client.client("LIST")).matchAll(/ user=app /g)].length;
  await until("only the one for commands is left", async () => await count() === 1, PATIENCE);
  await connection.close();
});

onRedis("RedisServer wakes nobody by the id of a lost connection", [], async ({ redis, client }) => {
  const server = new RedisServer(redis.url);
  const connection = await server.connect();
  const subscription = await server.subscribe(["jobs"]);
  const taking = assert.rejects(subscription.take(1, PATIENCE));
  const reading = async (): Promise<string | undefined> =>
    /^id=(\d+) .* cmd=xreadgroup /m.exec(String(await client.client("LIST")))?.[1];
  await until("it reads", async () => await reading() !== undefined, PATIENCE);
  await client.client("KILL", "ID", await reading() ?? "");
  await taking;
  await client.config("RESETSTAT");
  await subscription.close();
  assert.doesNotMatch(await client.info("commandstats"), /cmdstat_client\|unblock/);
  await connection.close();
});
