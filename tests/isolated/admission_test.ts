import assert from "node:assert/strict";
import { InMemoryServer, Repid, Router, silentLogger, unchecked } from "../../mod.ts";
import { ProcessPool } from "../../src/isolated/mod.ts";
import { admissionTo } from "../../src/isolated/admission.ts";
import { test } from "../harness.ts";
import { functionsUrl, listen } from "./fixtures/fixtures.ts";
import type * as Functions from "./fixtures/functions.ts";

test("ProcessPool.admit: waiting for a process does not count against an actor's time limit", async () => {
  await using announcements = await listen();
  await using pool = new ProcessPool({ size: 1 });
  const functions = pool.module<typeof Functions>(functionsUrl);
  await functions.pid();
  const router = new Router({ middlewares: [pool.admit] });
  const options = { name: "spin", payload: unchecked<number>(), timeout: 1_000, onTimeout: "nack" } as const;
  const spin = router.actor(options, functions.spin);
  const app = new Repid({ logger: silentLogger }).includeRouter(router);
  await using _ = await app.servers.register("memory", new InMemoryServer()).connect();
  for (let i = 0; i < 2; i++) await app.send(spin, announcements.port);

  let begun = 0;
  const count = (): void => {
    begun++;
    void announcements.next().then(count);
  };
  void announcements.next().then(count);
  assert.deepEqual(await app.runWorker({ messagesLimit: 2, osSignals: [] }), { processed: 2 });
  assert.equal(begun, 2, "the second one had a process, and all of its time");
});

test("admissionTo(): runs begin in the order in which they came, so many at once", async () => {
  const admit = admissionTo(() => 2);
  const { signal } = new AbortController();
  const begun: number[] = [];
  const ends = [0, 1, 2, 3].map(() => Promise.withResolvers<void>());
  const runs = ends.map(({ promise }, i) =>
    admit({ signal }, async () => {
      begun.push(i);
      await promise;
      if (i === 0) throw new Error("failed");
      return i;
    })
  );
  const [first] = runs;
  await Promise.resolve();
  assert.deepEqual(begun, [0, 1]);
  ends[0]?.resolve();
  await assert.rejects(first ?? Promise.resolve(), { message: "failed" });
  await Promise.resolve();
  assert.deepEqual(begun, [0, 1, 2]);
  for (const { resolve } of ends) resolve();
  assert.deepEqual(await Promise.all(runs.slice(1)), [1, 2, 3]);
  assert.deepEqual(begun, [0, 1, 2, 3]);
});

test("admissionTo(): a run whose signal is aborted goes on at once, and takes no place", async () => {
  const admit = admissionTo(() => 1);
  const { signal } = new AbortController();
  const held = Promise.withResolvers<string>();
  const holder = admit({ signal }, () => held.promise);
  const stop = new AbortController();
  const next = (): Promise<string> => Promise.resolve("told");
  const waiting = admit({ signal: stop.signal }, next);
  const last = admit({ signal }, () => Promise.resolve("last"));
  stop.abort();
  assert.equal(await waiting, "told");
  assert.equal(await admit({ signal: stop.signal }, next), "told");
  held.resolve("held");
  assert.deepEqual(await Promise.all([holder, last]), ["held", "last"]);
});
