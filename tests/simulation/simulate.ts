/**
 * One simulated run of a worker, and whether everything held.
 * @module
 */
import { MessageRegistry } from "../../src/declaration/message_registry.ts";
import { reportTo } from "../../src/contract/events.ts";
import type { EventFields, EventName, Logger, Report } from "../../src/contract/events.ts";
import { Producer } from "../../src/producing/producer.ts";
import { resolveActors } from "../../src/declaration/router.ts";
import type { Server } from "../../src/contract/server.ts";
import { Worker } from "../../src/worker/worker.ts";
import { CLOSE_TIMEOUT, SETTLE_TIMEOUT, type WorkerLimits } from "../../src/worker/limits.ts";
import { channelOf, Troupe } from "./actors.ts";
import { type Fault, Ledger } from "./ledger.ts";
import { Random } from "./random.ts";
import { ACTORS, drawScenario, type Plan, type Scenario, WELL } from "./scenario.ts";
import { ScriptedServer } from "./scripted_server.ts";
import { VirtualTime } from "./virtual_time.ts";

/** Spoils something on purpose, to see that it is noticed. */
export interface Sabotage {
  readonly limits?: (limits: WorkerLimits) => WorkerLimits;
  readonly server?: (server: Server) => Server;
  readonly time?: (time: VirtualTime) => void;
}

/** What a run came to. */
export interface Finding {
  readonly seed: number;
  readonly violations: readonly string[];
  readonly faults: ReadonlyMap<Fault, number>;
  readonly deliveries: number;
  readonly handled: number;
  readonly abandoned: number;
  /** Milliseconds of simulated time. */
  readonly time: number;
}

/** A worker that was not told to stop ends by its limit, or is told so after this long. */
const PROBE_TIME = 20_000;

/** Simulates the run that belongs to a seed. */
export async function simulate(seed: number, sabotage: Sabotage = {}): Promise<Finding> {
  const scenario = drawScenario(seed);
  const run = new SimulatedRun(scenario, sabotage);
  return await run.toFinding();
}

class SimulatedRun {
  readonly #scenario: Scenario;
  readonly #time = new VirtualTime();
  readonly #ledger = new Ledger();
  readonly #server: ScriptedServer;
  readonly #troupe: Troupe;
  readonly #worker: Worker;
  #ended: "resolved" | "rejected" | undefined;
  #processed = 0;
  #endedAt = 0;
  /** When it was told to stop, or had to. */
  #stoppedAt: number | undefined;
  #abandoned = 0;
  #letters = 0;
  #listeners = 0;

  constructor(scenario: Scenario, sabotage: Sabotage) {
    this.#scenario = scenario;
    const world = this.#time.clock("world");
    const random = new Random(scenario.seed + 0x5eed);
    this.#server = new ScriptedServer(scenario, world, this.#ledger, random);
    this.#troupe = new Troupe(world, this.#ledger, scenario.tasksLimit);
    sabotage.time?.(this.#time);
    const server = this.#watched(sabotage.server?.(this.#server) ?? this.#server);
    const producer = new Producer({
      operations: new MessageRegistry(),
      serverOf: () => server,
      defaultsOf: () => undefined,
    });
    this.#worker = new Worker({
      server,
      actors: resolveActors(this.#troupe.router()),
      limits: sabotage.limits?.(scenario) ?? scenario,
      clock: this.#time.clock("worker"),
      report: this.#report(),
      producer,
      random: random.next,
    });
  }

  async toFinding(): Promise<Finding> {
    const { healsAt, stopsAt, seed } = this.#scenario;
    this.#script();
    void this.#worker.run().then(
      ({ processed }) => {
        this.#processed = processed;
        this.#end("resolved");
      },
      () => this.#end("rejected"),
    );
    const isOver = (): boolean => this.#ended !== undefined;
    if (stopsAt > healsAt) {
      if (!await this.#time.pass(healsAt, isOver)) await this.#probe(isOver);
    } else await this.#time.pass(stopsAt, isOver);
    const byItself = isOver();
    this.#stoppedAt ??= this.#time.now;
    this.#worker.stop();
    if (!await this.#time.pass(this.#time.now + 60_000, isOver)) {
      this.#ledger.violation("the worker never ended");
    }
    const time = this.#time.now;
    await this.#time.pass(time + 1);
    this.#judge(byItself);
    const { violations, faults, entries } = this.#ledger;
    const { handled } = this.#troupe;
    return {
      seed,
      violations,
      faults,
      deliveries: entries.length,
      handled,
      abandoned: this.#abandoned,
      time,
    };
  }

  #end(how: "resolved" | "rejected"): void {
    this.#ended = how;
    this.#endedAt = this.#time.now;
  }

  #script(): void {
    const { messages, drops, stalls, blocks, healsAt } = this.#scenario;
    const { schedule } = this.#time.clock("world");
    for (const { at, plan } of messages) schedule(at, () => this.#send(plan));
    for (const { at, outage } of drops) schedule(at, () => this.#server.drop(outage));
    for (const { at, ms } of stalls) schedule(at, () => this.#server.stall(ms));
    for (const { at, ms } of blocks) {
      schedule(at, () => {
        // Blocking while stopping would lengthen the stop itself.
        if (this.#stoppedAt !== undefined) return;
        this.#ledger.fault("event loop blocked");
        this.#time.jump(ms);
      });
    }
    schedule(healsAt, () => this.#server.heal());
  }

  #send(plan: Plan): string {
    const id = `m${this.#letters++}`;
    this.#troupe.plans.set(id, plan);
    const index = ACTORS.findIndex((name) => name === plan.actor);
    this.#server.enqueue({ id, actor: plan.actor, channel: channelOf(index), deliveries: 0 });
    return id;
  }

  /** Once nothing goes wrong any more, a worker that has room handles what comes. */
  async #probe(isOver: () => boolean): Promise<void> {
    const id = this.#send(WELL);
    const isDone = (): boolean => isOver() || this.#troupe.returned.has(id);
    await this.#time.pass(this.#time.now + PROBE_TIME / 2, isDone);
    const before = this.#ledger.entries.length;
    await this.#time.pass(this.#time.now + PROBE_TIME / 2, isDone);
    const isBusy = this.#ledger.entries.length > before;
    const { running } = this.#worker.monitor;
    const stuck = this.#ledger.entries.filter(({ state }) => state === "stuck").length;
    const isFull = running + stuck >= this.#scenario.tasksLimit;
    const isSpent = this.#ledger.routed >= this.#scenario.messagesLimit;
    if (isDone() || isBusy || isFull || isSpent) return;
    this.#ledger.violation(`did not resume: ${this.#worker.monitor.state}, ${running} running`);
  }

  #judge(byItself: boolean): void {
    const { messagesLimit } = this.#scenario;
    const { openConnections, openSubscriptions, entries } = this.#ledger;
    // What `ack_first` could not acknowledge never reached its middlewares.
    const { handled } = this.#troupe;
    const must = (holds: boolean, text: string): void => {
      if (!holds) this.#ledger.violation(text);
    };
    for (const { letter, number, state } of entries) {
      must(state !== "open", `delivery ${number} of ${letter.id} was forgotten`);
      must(state !== "ack" || this.#mayAck(letter.id), `${letter.id} was acknowledged, but nothing returned`);
    }
    must(handled <= messagesLimit, `${handled} messages were taken, the limit is ${messagesLimit}`);
    const ranOut = byItself && this.#ended === "resolved";
    must(
      !ranOut || handled === messagesLimit,
      `ended after ${handled} messages, the limit is ${messagesLimit}`,
    );
    must(this.#processed <= handled, `processed ${this.#processed} of ${handled}`);
    must(
      this.#endedAt <= this.#bound(),
      `ended at ${this.#endedAt}, no later than ${this.#bound()} expected`,
    );
    must(openConnections === 0, `${openConnections} connections were left open`);
    must(openSubscriptions === 0, `${openSubscriptions} subscriptions were left open`);
    must(this.#listeners === 0, `${this.#listeners} listeners were left`);
    const timers = this.#time.pending("worker");
    must(timers === 0, `${timers} timers were left`);
  }

  #bound(): number {
    if (this.#stoppedAt === undefined || this.#stoppedAt >= this.#endedAt) return Infinity;
    const { gracefulShutdownTime, cancellationTimeout } = this.#scenario;
    return this.#stoppedAt + gracefulShutdownTime + cancellationTimeout + SETTLE_TIMEOUT + 2 * CLOSE_TIMEOUT;
  }

  #mayAck(letter: string): boolean {
    const plan = this.#troupe.plans.get(letter) ?? WELL;
    const { itself, middleware, policy, actor } = plan;
    const mode = actor.split(" ")[0] ?? "";
    return this.#troupe.returned.has(letter) || itself === "ack" || middleware === "skips" ||
      policy === "ack" || mode === "always_ack" || mode === "ack_first";
  }

  #report(): Report {
    const report = <E extends EventName>(event: E, fields: EventFields[E]): void => {
      if (event === "worker.consumer.error") this.#stoppedAt ??= this.#time.now;
      if (event !== "actor.run.abandoned") return;
      this.#abandoned++;
      const { messageId, reason } = fields as EventFields["actor.run.abandoned"];
      this.#troupe.abandon(messageId, reason);
    };
    const logger: Logger = { debug: report, info: report, warn: report, error: report };
    return reportTo(logger);
  }

  /** Counts the listeners on the signals that a server is given. */
  #watched(server: Server): Server {
    const watch = ({ signal }: { signal?: AbortSignal | undefined } = {}): void => {
      if (!signal || Object.hasOwn(signal, "addEventListener")) return;
      const { addEventListener, removeEventListener } = signal;
      const listening = new Set<unknown>();
      Object.assign(signal, {
        addEventListener: (type: "abort", listener: () => void, options?: AddEventListenerOptions) => {
          listening.add(listener);
          this.#listeners++;
          addEventListener.call(signal, type, listener, options);
        },
        removeEventListener: (type: "abort", listener: () => void) => {
          if (listening.delete(listener)) this.#listeners--;
          removeEventListener.call(signal, type, listener);
        },
      });
    };
    return new Proxy(server, {
      get: (target, key) => {
        const value = Reflect.get(target, key, target);
        if (typeof value !== "function") return value;
        return (...args: unknown[]) => {
          if (key === "connect") watch(args[0] as object);
          if (key === "subscribe") watch(args[1] as object);
          return value.apply(target, args);
        };
      },
    });
  }
}
