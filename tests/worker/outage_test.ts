/**
 * The worker on virtual time, with a scripted broker: bounds, orphans, leases, outages.
 * @module
 */
import assert from "node:assert/strict";
import { MessageRegistry } from "../../src/declaration/message_registry.ts";
import {
  type ActorContext,
  type ActorOptions,
  LeaseLostError,
  type UnsettledMessage,
  type WorkerResult,
} from "../../mod.ts";
import type { EventName } from "../../src/contract/events.ts";
import { Producer } from "../../src/producing/producer.ts";
import { resolveActors, Router } from "../../src/declaration/router.ts";
import { Worker } from "../../src/worker/worker.ts";
import { CLOSE_TIMEOUT, SETTLE_TIMEOUT, toWorkerLimits } from "../../src/worker/limits.ts";
import { test } from "../harness.ts";
import { Ledger } from "../simulation/ledger.ts";
import { Random } from "../simulation/random.ts";
import { drawScenario, type Scenario } from "../simulation/scenario.ts";
import { ScriptedServer } from "../simulation/scripted_server.ts";
import { VirtualTime } from "../simulation/virtual_time.ts";

type Handle = (context: ActorContext) => unknown;
type Logged = readonly [event: EventName, fields: Readonly<Record<string, unknown>>];

function untilAborted(signal: AbortSignal): Promise<never> {
  return new Promise((_, reject) => signal.addEventListener("abort", () => reject(signal.reason)));
}

const NO_CHANCES = Object.fromEntries(Object.keys(drawScenario(1).chances).map((kind) => [kind, 0]));

/** A worker with one actor, on a broker that does nothing wrong unless told to. */
class Stage {
  readonly time: VirtualTime = new VirtualTime();
  readonly ledger: Ledger = new Ledger();
  readonly events: Logged[] = [];
  readonly server: ScriptedServer;
  readonly worker: Worker;
  result: WorkerResult | undefined;
  endedAt: number | undefined;

  constructor(handle: Handle, script: Partial<Scenario> = {}, options: Partial<ActorOptions> = {}) {
    const scenario = { ...drawScenario(1), stableMessageIds: true, leases: false, ...script };
    const world = this.time.clock("world");
    const chances = { ...NO_CHANCES, ...script.chances } as Scenario["chances"];
    this.server = new ScriptedServer({ ...scenario, chances }, world, this.ledger, new Random(1));
    const router = new Router({ channel: "even" });
    router.actor(
      { ...options, name: "work" } as never,
      ((_: unknown, context: ActorContext) => handle(context)) as never,
    );
    this.worker = new Worker({
      server: this.server,
      actors: resolveActors(router),
      limits: toWorkerLimits(script),
      clock: this.time.clock("worker"),
      random: new Random(2).next,
      report: (event, fields) => void this.events.push([event, fields as Readonly<Record<string, unknown>>]),
      producer: new Producer({
        operations: new MessageRegistry(),
        serverOf: () => this.server,
        defaultsOf: () => undefined,
      }),
    });
  }

  send(count: number, actor = "work"): void {
    for (let index = 0; index < count; index++) {
      this.server.enqueue({ id: `m${index}`, channel: "even", actor, deliveries: 0 });
    }
  }

  start(): void {
    void this.worker.run().then((result) => {
      this.result = result;
      this.endedAt = this.time.now;
    });
  }

  states(): Record<string, number> {
    const counts: Record<string, number> = {};
    for (const { state } of this.ledger.entries) counts[state] = (counts[state] ?? 0) + 1;
    return counts;
  }

  fieldsOf(event: EventName): readonly Readonly<Record<string, unknown>>[] {
    return this.events.filter(([name]) => name === event).map(([, fields]) => fields);
  }
}

test("Worker.stop() ends within its bound with a thousand handlers that ignore their signal", async () => {
  const stage = new Stage(() => new Promise(() => {}));
  stage.send(1_000);
  stage.start();
  await stage.time.pass(5_000);
  assert.equal(stage.worker.monitor.running, 1_000);
  stage.worker.stop();
  await stage.time.pass(60_000);
  const bound = 5_000 + 25_000 + 1_000 + SETTLE_TIMEOUT + 2 * CLOSE_TIMEOUT;
  assert.ok(stage.endedAt !== undefined && stage.endedAt <= bound, `${stage.endedAt}`);
  assert.deepEqual(stage.result, { processed: 0 });
  assert.deepEqual(stage.states(), { reject: 1_000 });
  const [{ messages } = {}] = stage.fieldsOf("worker.shutdown.timeout");
  assert.equal((messages as unknown[]).length, 1_000);
  assert.equal(stage.fieldsOf("actor.run.abandoned").length, 1_000);
  assert.equal(stage.worker.monitor.abandoned, 1_000);
  assert.equal(stage.time.pending("worker"), 0);
});

test("Worker.stop() reports by id what it could not settle", async () => {
  const chances = { settleHangs: 1 } as Scenario["chances"];
  const stage = new Stage(() => {}, { chances });
  stage.send(2);
  stage.send(1, "nobody");
  stage.start();
  await stage.time.pass(2_000);
  stage.worker.stop();
  await stage.time.pass(60_000);
  const [{ unsettled = [] } = {}] = stage.fieldsOf("worker.close.timeout");
  const named = (unsettled as UnsettledMessage[]).map(({ actor, messageId }) => `${messageId} of ${actor}`);
  assert.deepEqual([...new Set(named)].sort(), ["m0 of undefined", "m0 of work", "m1 of work"]);
});

test("Worker.run() gives up an unrouted message the tenth time also where its id changes", async () => {
  for (const stableMessageIds of [true, false]) {
    const stage = new Stage(() => {}, { stableMessageIds });
    stage.send(1, "nobody");
    stage.start();
    await stage.time.pass(60_000);
    stage.worker.stop();
    await stage.time.pass(120_000);
    assert.deepEqual(stage.states(), { reject: 9, nack: 1 });
    assert.equal(stage.fieldsOf("actor.route.poison_message").length, 1);
  }
});

test("Worker.run() keeps the leases of running messages", async () => {
  const stage = new Stage(
    () => new Promise((resolve) => stage.time.clock("world").schedule(10_000, () => resolve(1))),
    {
      leases: true,
    },
  );
  stage.send(1);
  stage.start();
  await stage.time.pass(12_000);
  assert.deepEqual(stage.states(), { ack: 1 });
});

test("Worker.run() aborts the signal of a handler whose lease was lost, with its own reason", async () => {
  const reasons: unknown[] = [];
  const chances = { extendLost: 1 } as Scenario["chances"];
  const stage = new Stage(({ signal }) => untilAborted(signal).catch((reason) => void reasons.push(reason)), {
    leases: true,
    chances,
    messagesLimit: 1,
  });
  stage.send(1);
  stage.start();
  await stage.time.pass(5_000);
  assert.equal(reasons.length, 1);
  assert.ok(reasons[0] instanceof LeaseLostError && reasons[0].messageId === "m0");
  assert.equal(stage.fieldsOf("message.lease.lost").length, 1);
});

test("Worker.run() does not keep leases where an actor says so", async () => {
  const wait = (): Promise<void> =>
    new Promise((resolve) => void stage.time.clock("world").schedule(2_000, resolve));
  const stage: Stage = new Stage(wait, { leases: true, messagesLimit: 1 }, { keepAlive: false });
  stage.send(1);
  stage.start();
  await stage.time.pass(5_000);
  assert.deepEqual(stage.states(), { lost: 1 });
  assert.equal(stage.fieldsOf("message.settle.lost").length, 1);
});

test("Worker.run() resumes after outages, and forgets nothing", async () => {
  const stage = new Stage(() => {});
  stage.start();
  for (let at = 1_000; at <= 5_000; at += 1_000) {
    await stage.time.pass(at);
    stage.server.drop(700);
    stage.send(1);
  }
  await stage.time.pass(60_000);
  stage.worker.stop();
  await stage.time.pass(120_000);
  const { ack, open = 0 } = stage.states();
  assert.deepEqual({ ack, open }, { ack: 5, open: 0 });
  assert.ok(stage.fieldsOf("worker.consumer.retry").length >= 5);
  assert.deepEqual(stage.result, { processed: 5 });
});
