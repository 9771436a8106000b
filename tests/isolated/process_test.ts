import assert from "node:assert/strict";
import process from "node:process";
import { IsolatedError, ProcessPool } from "../../src/isolated/mod.ts";
import { test } from "../harness.ts";
import { exists, functionsUrl, listen } from "./fixtures/fixtures.ts";
import type * as Functions from "./fixtures/functions.ts";

test("IsolatedProcess kills a busy loop when its call is aborted", async () => {
  await using announcements = await listen();
  await using pool = new ProcessPool({ size: 1 });
  const functions = pool.module<typeof Functions>(functionsUrl);
  const pid = await functions.pid();
  assert.equal(exists(pid), true);

  const controller = new AbortController();
  const running = announcements.next();
  const call = functions.spin(announcements.port, { signal: controller.signal });
  await running;
  const reason = new DOMException("too slow", "TimeoutError");
  controller.abort(reason);
  await assert.rejects(call, (error) => error === reason);
  assert.equal(exists(pid), false);
  assert.notEqual(await functions.pid(), pid);
});

test("IsolatedProcess kills what awaits but ignores its signal", async () => {
  await using announcements = await listen();
  await using pool = new ProcessPool({ size: 1, killAfter: 0 });
  const functions = pool.module<typeof Functions>(functionsUrl);
  const pid = await functions.pid();
  const controller = new AbortController();
  const running = announcements.next();
  const call = functions.ignoreAbort(announcements.port, { signal: controller.signal });
  await running;
  controller.abort();
  await assert.rejects(call, { name: "AbortError" });
  assert.equal(exists(pid), false);
});

test("IsolatedProcess obeys AbortSignal.timeout()", async () => {
  await using pool = new ProcessPool({ size: 1 });
  const functions = pool.module<typeof Functions>(functionsUrl);
  await assert.rejects(functions.spin(undefined, { signal: AbortSignal.timeout(1) }), {
    name: "TimeoutError",
  });
});

test("IsolatedProcess lets a function stop by itself, and goes on", async () => {
  await using announcements = await listen();
  await using pool = new ProcessPool({ size: 1, killAfter: 60_000 });
  const functions = pool.module<typeof Functions>(functionsUrl);
  const pid = await functions.pid();
  const first = new AbortController();
  let running = announcements.next();
  const returned = functions.waitForAbort(announcements.port, { signal: first.signal });
  await running;
  first.abort(new DOMException("5000 ms are over", "TimeoutError"));
  assert.equal(await returned, "TimeoutError: 5000 ms are over", "what it returns counts");

  const second = new AbortController();
  running = announcements.next();
  const thrown = functions.throwOnAbort(announcements.port, { signal: second.signal });
  await running;
  second.abort("a reason that is no Error");
  await assert.rejects(thrown, (error) => error === "a reason that is no Error", "what it throws does not");
  assert.equal(await functions.pid(), pid);
});

test("IsolatedProcess does not begin a function whose call is aborted before", async () => {
  await using pool = new ProcessPool({ size: 1, killAfter: 60_000 });
  const functions = pool.module<typeof Functions>(functionsUrl);
  const controller = new AbortController();
  const call = functions.spin(undefined, { signal: controller.signal }); // the process is only starting
  const reason = new Error("changed my mind");
  controller.abort(reason);
  await assert.rejects(call, (error) => error === reason);
});

test("IsolatedProcess starts nothing for a call that is aborted before", async () => {
  await using pool = new ProcessPool({ size: 1 });
  const functions = pool.module<typeof Functions>(functionsUrl);
  const reason = new Error("before");
  await assert.rejects(
    functions.spin(undefined, { signal: AbortSignal.abort(reason) }),
    (error) => error === reason,
  );
});

test("IsolatedProcess stops listening to a signal when the call is over", async () => {
  await using pool = new ProcessPool({ size: 1 });
  const functions = pool.module<typeof Functions>(functionsUrl);
  const { signal } = new AbortController();
  const changes: string[] = [];
  const add = signal.addEventListener.bind(signal);
  const remove = signal.removeEventListener.bind(signal);
  signal.addEventListener = (type: string, listener: EventListener) => {
    changes.push(`add ${type}`);
    add(type, listener);
  };
  signal.removeEventListener = (type: string, listener: EventListener) => {
    changes.push(`remove ${type}`);
    remove(type, listener);
  };
  await functions.pid(undefined, { signal });
  await assert.rejects(functions.fail(undefined, { signal }));
  await assert.rejects(functions.exit(1, { signal }));
  const once = ["add abort", "remove abort"];
  assert.deepEqual(changes, [...once, ...once, ...once]);
});

test("IsolatedProcess that crashes rejects its call and is replaced", async () => {
  await using pool = new ProcessPool({ size: 1 });
  const functions = pool.module<typeof Functions>(functionsUrl);
  const crashes = [
    [() => functions.exit(3), "exit as its process ended: exit code 3"],
    [() => functions.exit(0), "exit as its process ended: exit code 0"],
    [() => functions.killItself(), "killItself as its process ended: signal SIGKILL"],
    [() => functions.disconnect(), "disconnect as its process ended: signal SIGKILL"],
  ] as const;
  for (const [crash, how] of crashes) {
    const pid = await functions.pid();
    const error = await crash().then(assert.fail, (error: unknown) => error);
    assert(error instanceof IsolatedError);
    assert.equal(error.name, "IsolatedError");
    assert.equal(error.message, `Cannot finish ${how}, running ${functionsUrl}`);
    assert.equal(exists(pid), false);
    assert.notEqual(await functions.pid(), pid);
  }
});

test("IsolatedProcess that ends between calls is replaced", async () => {
  await using pool = new ProcessPool({ size: 1 });
  const functions = pool.module<typeof Functions>(functionsUrl);
  const pid = await functions.pid();
  assert.equal(await functions.failLater(), "returned");
  // whether the next call still reaches the dying process is a race; the one after it does not
  await functions.overlap().catch((error: unknown) => assert(error instanceof IsolatedError));
  assert.notEqual(await functions.pid(), pid);
});

test("IsolatedProcess ignores messages that the function sends", async () => {
  await using pool = new ProcessPool({ size: 1 });
  const functions = pool.module<typeof Functions>(functionsUrl);
  assert.equal(await functions.chatter(), "returned");
  assert.equal(await functions.chatter(), "returned");
});

test("IsolatedProcess survives the signals that a terminal sends to the whole group", async () => {
  await using pool = new ProcessPool({ size: 1 });
  const functions = pool.module<typeof Functions>(functionsUrl);
  const pid = await functions.pid();
  process.kill(pid, "SIGINT");
  process.kill(pid, "SIGTERM");
  assert.equal(await functions.overlap(), 1);
  assert.equal(await functions.pid(), pid);
});

test("IsolatedProcess goes on after a rejection that nobody waited for: it is no other call's fault", async () => {
  await using pool = new ProcessPool({ size: 1 });
  const functions = pool.module<typeof Functions>(functionsUrl);
  const pid = await functions.pid();
  assert.equal(await functions.forgetAndGoOn(), "returned");
  for (let i = 0; i < 5; i++) {
    assert.equal(await functions.forget(), "returned");
    assert.equal(await functions.pid(), pid);
  }
});
