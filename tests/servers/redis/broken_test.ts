/**
 * The suite's cases about leases and outages can fail: a Redis server with one rule broken is caught. (Servers that go silent
 * about an outage are caught as well, but only after a minute.)
 * @module
 */
import assert from "node:assert/strict";
import { RedisServer } from "@repid/core/redis";
import { CONFORMANCE_CASES, ConformanceError, runCase } from "@repid/core/conformance";
import { breakServer, changed, type Fault } from "../../conformance/broken_server.ts";
import { onRedis } from "./private_redis.ts";

/** How long a lease lasts, in milliseconds. */
const LEASE = 300;

/** Each fault, with a case that must catch it. */
const FAULTS: readonly (readonly [what: string, caughtBy: string, fault: Fault])[] = [
  ["extends no lease", "keeps a message as long as its lease is extended", {
    delivery: (delivery) => changed(delivery, { extendLease: () => Promise.resolve("done") }),
  }],
  ["keeps leases for ever", "answers that an expired lease is lost", {
    delivery: (delivery) =>
      changed(delivery, { extendLease: async () => (await delivery.extendLease?.(), "done") }),
  }],
  ["gives up for good when its broker goes", "calls the loss of its broker retriable", {
    isRetriable: () => false,
  }],
];

for (const [what, caughtBy, fault] of FAULTS) {
  onRedis(`testServer() catches a server that ${what}`, ["--appendonly", "yes"], async ({ redis }) => {
    const { url, process } = redis;
    const one = CONFORMANCE_CASES.find(({ name }) => name === caughtBy);
    assert.ok(one, `there is no such case: ${caughtBy}`);
    let created = 0;
    const harness = {
      create: () => breakServer(new RedisServer(url), fault),
      channel: () => crypto.randomUUID(),
      leases: {
        // The first does not take over from itself, so that it is the second that does.
        create: () => {
          const reclaim = created++ % 2 === 1;
          return breakServer(
            new RedisServer(url, { leaseDuration: LEASE, readTimeout: 100, reclaim }),
            fault,
          );
        },
        duration: LEASE,
      },
      broker: {
        stop: () => process.stop(),
        start: () => process.pid === undefined ? process.start() : Promise.resolve(),
        kill: () => process.kill(),
      },
      patience: 3_000,
    };
    await assert.rejects(runCase(one, harness), ConformanceError);
  });
}
