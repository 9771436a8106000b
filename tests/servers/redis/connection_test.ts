/**
 * How RedisServer reaches Redis, and what it says where it cannot: TLS, users, databases, sockets, URLs and parameters.
 * @module
 */
import assert from "node:assert/strict";
import { RedisServer, type RedisServerOptions } from "@repid/core/redis";
import { freePorts } from "../../brokers/process.ts";
import { test } from "../../harness.ts";
import { onRedis, onTlsRedis } from "./private_redis.ts";

const EMPTY = { payload: new Uint8Array(), headers: {}, contentType: undefined, replyTo: undefined };
const STREAM = "repid:jobs";
/** How long a message may take to come, in milliseconds. */
const PATIENCE = 10_000;

onTlsRedis("RedisServer speaks TLS with an authority that it was told to trust", async (tls) => {
  const { url, port, authority } = tls;
  await roundTrip(url, { tls: { ca: authority } });
  // The option alone is enough.
  await roundTrip(`redis://127.0.0.1:${port}`, { tls: { ca: authority } });
});

onTlsRedis("RedisServer refuses a certificate that it was not told to trust, for good", async (tls) => {
  const { url, authority, stranger } = tls;
  for (
    const [options, why] of [
      [{}, /certificate/],
      [{ tls: { ca: stranger } }, /certificate/],
      [{ tls: { ca: authority, servername: "elsewhere" } }, /elsewhere/],
    ] as const
  ) {
    const { error, isRetriable } = await refusal(url, options);
    assert.match(error.message, why);
    assert.equal(isRetriable, false);
  }
});

const USERS = [
  ...["--user", "app", "on", ">s3cret", "~*", "&*", "+@all"],
  ...["--user", "reader", "on", ">s3cret", "~*", "&*", "+@read", "+@connection", "+info"],
];

onRedis(
  "RedisServer gives its user's name and password, from the URL or the options",
  USERS,
  async (parts) => {
    const { redis: { port }, client } = parts;
    await client.acl("SETUSER", "default", "-@stream", "-@scripting");
    assert.match(String((await refusal(`redis://127.0.0.1:${port}`)).error), /NOPERM.*xadd/);
    await roundTrip(`redis://app:s3cret@127.0.0.1:${port}`);
    await roundTrip(`redis://127.0.0.1:${port}`, { username: "app", password: "s3cret" });
  },
);

onRedis(
  "RedisServer.connect() rejects for a wrong password or user, once and for good",
  USERS,
  async (parts) => {
    const { redis: { port }, client } = parts;
    for (const user of ["app:wrong", "nobody:s3cret", ":wrong"]) {
      await client.acl("LOG", "RESET");
      if (user === ":wrong") await client.acl("SETUSER", "default", ">other");
      const server = new RedisServer(`redis://${user}@127.0.0.1:${port}`);
      await assert.rejects(server.connect(), (error: Error) => {
        assert.match(error.message, /^WRONGPASS/);
        assert.equal(server.isRetriable(error), false);
        return true;
      });
      assert.equal(server.isConnected, false);
      // Not tried again: a user may be locked out for that.
      const [entry = [], ...others] = await client.acl("LOG") as unknown[][];
      assert.deepEqual([entry[entry.indexOf("count") + 1], others.length], [1, 0]);
    }
  },
);

onRedis(
  "RedisServer says which command its user may not give, for good",
  USERS,
  async ({ redis: { port } }) => {
    const { error, isRetriable } = await refusal(`redis://reader:s3cret@127.0.0.1:${port}`);
    assert.match(error.message, /NOPERM.*xadd/);
    assert.equal(isRetriable, false);
  },
);

onRedis("RedisServer keeps to the database of its URL", [], async ({ redis: { url }, client }) => {
  const server = new RedisServer(`${url}/3`);
  assert.equal(server.pathname, "/3");
  const connection = await server.connect();
  await server.publish("jobs", EMPTY, {});
  await connection.close();
  assert.equal(await client.exists(STREAM), 0);
  await client.select(3);
  assert.equal(await client.xlen(STREAM), 1);
  await client.del(STREAM);
  await roundTrip(`${url}/3`);
});

onRedis(
  "RedisServer.connect() rejects where there is no such database",
  [],
  async ({ redis: { url }, client }) => {
    const { error, isRetriable } = await refusal(`${url}/99`);
    assert.match(error.message, /DB index is out of range/);
    assert.equal(isRetriable, false);
    assert.equal(await client.exists(STREAM), 0);
  },
);

onRedis("RedisServer connects to a unix socket, and to a database there", [], async ({ redis, client }) => {
  const options = { socketPath: redis.socket };
  await roundTrip("redis://localhost", options);
  const server = new RedisServer("redis://localhost/4", options);
  const connection = await server.connect();
  await server.publish("jobs", EMPTY, {});
  await connection.close();
  await client.select(4);
  assert.equal(await client.xlen(STREAM), 1);
  // Redis may yet start.
  const { error, isRetriable } = await refusal("redis://localhost", { socketPath: `${redis.socket}.no` });
  assert.match(error.message, /ENOENT/);
  assert.equal(isRetriable, true);
});

test("RedisServer refuses URLs that are not of a Redis, without repeating them", () => {
  for (
    const [url, why] of [
      ["", /its URL cannot be read/],
      ["localhost:6379/s3cret word", /neither redis: nor rediss:/],
      ["redis://:s3cret@host:no", /its URL cannot be read/],
      ["http://:s3cret@localhost", /neither redis: nor rediss: http:$/],
      ["redis://user/s3cret@localhost/0", /its URL names no database by number$/],
    ] as const
  ) {
    assert.throws(() => new RedisServer(url), (error: Error) => {
      assert.ok(error instanceof TypeError);
      assert.match(error.message, why);
      assert.doesNotMatch(error.message, /s3cret/);
      return true;
    });
  }
});

test("RedisServer refuses options out of range", () => {
  for (
    const name of [
      "readTimeout",
      "leaseDuration",
      "connectTimeout",
      "idleTimeout",
      "deadLetterMaxLength",
    ] as const
  ) {
    for (const value of [0, -1, 1.5, NaN, Infinity]) {
      const create = (): RedisServer => new RedisServer("redis://localhost", { [name]: value });
      assert.throws(create, { name: "RangeError", message: new RegExp(`${name}.*${value}$`) });
    }
  }
});

onRedis("RedisServer.connect() rejects where nobody listens, and may be tried again", [], async () => {
  const [port] = await freePorts(1);
  const { error, isRetriable } = await refusal(`redis://127.0.0.1:${port}`);
  assert.match(error.message, /ECONNREFUSED/);
  assert.equal(isRetriable, true);
});

onRedis(
  "RedisServer.publish() keeps to maxlen, about or exactly",
  ["--stream-node-max-entries", "10"],
  async ({ redis: { url }, client }) => {
    const server = new RedisServer(url);
    const connection = await server.connect();
    const publish = async (parameters: Record<string, unknown>): Promise<number> => {
      await client.del(STREAM);
      for (let i = 0; i < 55; i++) await server.publish("jobs", EMPTY, parameters);
      return await client.xlen(STREAM);
    };
    assert.equal(await publish({}), 55);
    // Whole nodes of ten only.
    assert.equal(await publish({ maxlen: 12 }), 15);
    assert.equal(await publish({ maxlen: 12, approximate: true }), 15);
    assert.equal(await publish({ maxlen: 12, approximate: false }), 12);
    assert.equal(await publish({ maxlen: 0, approximate: false }), 0);
    await connection.close();
  },
);

onRedis("RedisServer.publish() makes no stream with nomkstream", [], async ({ redis: { url }, client }) => {
  const server = new RedisServer(url);
  const connection = await server.connect();
  await assert.rejects(server.publish("jobs", EMPTY, { nomkstream: true }), (error: Error) => {
    assert.equal(
      error.message,
      `Cannot publish as the stream does not exist, and noMkStream forbids to create it: ${STREAM}`,
    );
    assert.equal(server.isRetriable(error), false);
    return true;
  });
  assert.equal(await client.exists(STREAM), 0);
  await server.publish("jobs", EMPTY, { nomkstream: false });
  await server.publish("jobs", EMPTY, { nomkstream: true });
  assert.equal(await client.xlen(STREAM), 2);
  await connection.close();
});

onRedis(
  "RedisServer.publish() gives an entry the id of stream_id",
  [],
  async ({ redis: { url }, client }) => {
    const server = new RedisServer(url);
    const connection = await server.connect();
    await server.publish("jobs", EMPTY, { stream_id: "7-1" });
    await server.publish("jobs", EMPTY, { stream_id: "7-*" });
    assert.deepEqual((await client.xrange(STREAM, "-", "+")).map(([id]) => id), ["7-1", "7-2"]);
    for (const [id, why] of [["7-2", /equal or smaller/], ["seven", /Invalid stream ID/]] as const) {
      await assert.rejects(server.publish("jobs", EMPTY, { stream_id: id }), (error: Error) => {
        assert.match(error.message, why);
        assert.equal(server.isRetriable(error), false);
        return true;
      });
    }
    assert.equal(await client.xlen(STREAM), 2);
    await connection.close();
  },
);

onRedis(
  "RedisServer.publish() refuses parameters that it does not know or of a wrong shape",
  [],
  async ({ redis: { url }, client }) => {
    const server = new RedisServer(url);
    const connection = await server.connect();
    const wrong: readonly [name: string, values: readonly unknown[]][] = [
      ["maxlen", ["2", -1, 1.5, NaN, null, true]],
      ["approximate", ["yes", 1, null]],
      ["nomkstream", ["yes", 1, null]],
      ["stream_id", ["", 7, null, ["7-1"]]],
    ];
    for (const [name, values] of wrong) {
      for (const value of values) {
        await assert.rejects(server.publish("jobs", EMPTY, { [name]: value }), {
          name: "TypeError",
          message: new RegExp(`^Cannot publish as the Redis parameter ${name} is not a`),
        });
      }
    }
    await assert.rejects(server.publish("jobs", EMPTY, { maxLenght: 1_000 }), {
      name: "TypeError",
      message: "Cannot publish as Redis has no such parameter: maxLenght, did you mean maxLength?",
    });
    assert.equal(await client.exists(STREAM), 0);
    await connection.close();
  },
);

/** Publishes and consumes one message: with both connections, and with scripts. */
async function roundTrip(url: string, options: RedisServerOptions = {}): Promise<void> {
  const server = new RedisServer(url, options);
  const connection = await server.connect();
  assert.equal(server.isConnected, true);
  const subscription = await server.subscribe(["jobs"]);
  await server.publish("jobs", { ...EMPTY, payload: new Uint8Array([1, 2]) }, {});
  const [delivery] = await subscription.take(1, PATIENCE);
  assert.deepEqual(delivery?.payload, new Uint8Array([1, 2]));
  assert.equal(await delivery?.settle("ack"), "done");
  await subscription.close();
  await connection.close();
}

/** What is said where connecting or publishing cannot work. */
async function refusal(
  url: string,
  options: RedisServerOptions = {},
): Promise<{ readonly error: Error; readonly isRetriable: boolean }> {
  const server = new RedisServer(url, options);
  try {
    const connection = await server.connect();
    try {
      await server.publish("jobs", EMPTY, {});
    } finally {
      await connection.close();
    }
  } catch (error) {
    assert.ok(error instanceof Error);
    return { error, isRetriable: server.isRetriable(error) };
  }
  return assert.fail("nothing was refused");
}

test("RedisServer refuses names that are none, TLS options that it does not know, and says which", () => {
  const create = (options: object) => (): RedisServer =>
    new RedisServer("redis://localhost", options as never);
  assert.throws(create({ names: "jobs" }), /as names is not a function: string/);
  assert.throws(create({ tls: { caa: "" } }), /with TLS as there is no such option: caa, but ca, /);
  assert.throws(create({ streamName: () => "jobs" }), /no such option: streamName/);
});

onRedis(
  "RedisServer.publish() refuses a channel whose name in Redis is none",
  [],
  async ({ redis: { url } }) => {
    for (
      const [answer, why] of [[{ stream: "" }, /no stream that is a non-empty/], [
        "jobs",
        /answers no object/,
      ]]
    ) {
      const server = new RedisServer(url, { names: () => answer as never });
      const connection = await server.connect();
      await assert.rejects(server.publish("jobs", EMPTY, {}), why as RegExp);
      await connection.close();
    }
  },
);

onRedis(
  "RedisServer takes Python's names of parameters and its own",
  [],
  async ({ redis: { url }, client }) => {
    const server = new RedisServer(url);
    const connection = await server.connect();
    await server.publish("jobs", EMPTY, { streamId: "7-1" });
    await server.publish("jobs", EMPTY, { stream_id: "8-1", maxLength: 1, approximate: false });
    assert.deepEqual((await client.xrange(STREAM, "-", "+")).map(([id]) => id), ["8-1"]);
    await connection.close();
  },
);

onRedis(
  "RedisServer({ keepDeadLetters: false }) deletes what is nacked",
  [],
  async ({ redis: { url }, client }) => {
    const server = new RedisServer(url, { keepDeadLetters: false });
    assert.equal(server.capabilities.deadLetter, false);
    const connection = await server.connect();
    await server.publish("jobs", EMPTY, {});
    const subscription = await server.subscribe(["jobs"]);
    const [delivery] = await subscription.take(1, 5_000);
    assert.equal(await delivery?.settle("nack"), "done");
    assert.deepEqual([await client.xlen(STREAM), await client.exists(`${STREAM}:dlq`)], [0, 0]);
    await subscription.close();
    await connection.close();
  },
);
