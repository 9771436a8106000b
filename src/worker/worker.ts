/**
 * The worker: subscribe → take as many messages as there is room for → find each one's actor → run it → free its slot, until
 * it is stopped. If the connection is lost, it reconnects with exponential backoff for as long as it runs.
 *
 * The order of the methods is the order of events: {@linkcode Worker.run} → `#consume` → `#take` → `#accept` → `#shutDown`.
 * @module
 */
import { type Clock, delay, settlesWithin } from "../_internal/clock.ts";
import { Dispatch } from "./dispatch.ts";
import type { Report, RunningMessage } from "../contract/events.ts";
import { Execution, type ExecutionOptions } from "../execution/execution.ts";
import { LeaseKeeper } from "./lease_keeper.ts";
import { UnmatchedMessages } from "./unmatched_messages.ts";
import type { ResolvedActor } from "../declaration/router.ts";
import { MessageRun } from "../execution/message_run.ts";
import type { Delivery, Server } from "../contract/server.ts";
import { type Held, Subscriptions } from "./subscriptions.ts";
import { MOST_AT_ONCE, SETTLE_TIMEOUT, type WorkerLimits } from "./limits.ts";
import { TAKE_WAIT, WorkerMonitor } from "./monitor.ts";

/** How long the consume loop may occupy the event loop, in milliseconds. */
const YIELD_INTERVAL = 50;

/** What a worker did. */
export interface WorkerResult {
  /** Messages whose handling came to an end, whatever end; not those that shutdown interrupted. */
  readonly processed: number;
}

/** What a worker is made of. */
export interface WorkerParts
  extends Omit<ExecutionOptions, "isRetriable" | "cancellationTimeout" | "countAbandoned" | "ended"> {
  readonly server: Server;
  readonly actors: readonly ResolvedActor[];
  readonly limits: WorkerLimits;
}

/** Consumes from one server. Can run once. */
export class Worker {
  /** The worker's condition, for health checks. */
  readonly monitor: WorkerMonitor;
  readonly #clock: Clock;
  readonly #report: Report;
  readonly #server: Server;
  readonly #limits: WorkerLimits;
  readonly #dispatch: Dispatch;
  readonly #leases: LeaseKeeper;
  readonly #subscriptions: Subscriptions;
  readonly #stopping = new AbortController();
  readonly #ended = new AbortController();
  readonly #stopped = Promise.withResolvers<void>();
  /** Messages being handled or settled. */
  readonly #runs = new Set<MessageRun>();
  readonly #unmatched: UnmatchedMessages;
  /** How many of them only wait for the broker's answer to an acknowledgement. */
  #acknowledging = 0;
  /** Resolved when a slot is free, or the worker is to stop. */
  #change: PromiseWithResolvers<void> | undefined;
  #yieldedAt = 0;
  #taken = 0;
  #processed = 0;

  constructor(parts: WorkerParts) {
    const { server, actors, limits, clock, report } = parts;
    this.#clock = clock;
    this.#report = report;
    this.#server = server;
    this.#limits = limits;
    this.monitor = new WorkerMonitor({
      clock,
      report,
      running: () => this.#running,
      connected: () => server.isConnected,
      consuming: () => this.#subscriptions.isActive,
    });
    const options: ExecutionOptions = {
      ...parts,
      isRetriable: (error) => server.isRetriable(error),
      cancellationTimeout: limits.cancellationTimeout,
      countAcknowledging: (change) => {
        this.#acknowledging += change;
        if (change > 0) this.#changed();
      },
      acknowledged: () => this.#changed(),
      countAbandoned: (change) => this.monitor.countAbandoned(change),
      ended: this.#ended.signal,
    };
    this.#dispatch = new Dispatch(actors.map((actor) => new Execution(actor, options)), report);
    this.#leases = new LeaseKeeper(clock, report, () => this.#runs);
    this.#unmatched = new UnmatchedMessages({
      ...options,
      stableIds: server.capabilities.stableMessageIds,
      stopping: this.#stopping.signal,
    });
    this.#subscriptions = new Subscriptions({ ...parts, channels: this.#dispatch.channels });
  }

  /** The names of the actors that are running. */
  get actors(): readonly string[] {
    return [...new Set(this.#runningMessages().map(({ actor }) => actor))];
  }

  /** Takes no more messages and lets running ones finish. Returns at once. Repeatable. */
  stop(): void {
    this.#stopping.abort();
    this.#stopped.resolve();
    this.#changed();
    this.#subscriptions.stop();
  }

  /**
   * Consumes until stopped, or until `messagesLimit` is reached, and settles everything it took. Rejects when consuming
   * failed for good.
   */
  async run(): Promise<WorkerResult> {
    const { tasksLimit, messagesLimit, gracefulShutdownTime } = this.#limits;
    const { channels } = this.#dispatch;
    this.#report("worker.run.start", { channels, tasksLimit, messagesLimit, gracefulShutdownTime });
    this.monitor.start();
    try {
      await this.#untilDone();
    } catch (error) {
      this.#report("worker.consumer.error", { error });
      throw error;
    } finally {
      this.monitor.enter("stopping");
      await this.#shutDown();
      this.monitor.stop();
      this.#report("worker.run.exit", { processed: this.#processed });
    }
    return { processed: this.#processed };
  }

  /** Until it is stopped, or until the last message of `messagesLimit` has been handled, which may take any time. */
  async #untilDone(): Promise<void> {
    await Promise.race([this.#consume().then(() => this.#untilIdle()), this.#stopped.promise]);
  }

  async #consume(): Promise<void> {
    const { signal } = this.#stopping;
    for (;;) {
      const held = await this.#subscriptions.open(signal);
      if (!held) return;
      this.#report("worker.consumer.start", { channels: this.#dispatch.channels });
      this.monitor.enter("consuming");
      try {
        await this.#take(held);
        return this.#subscriptions.stop();
      } catch (error) {
        this.monitor.enter("reconnecting");
        await this.#subscriptions.failed(error, signal);
      }
    }
  }

  /** The consume loop: room, demand, messages. */
  async #take(held: Held): Promise<void> {
    while (!this.#stopping.signal.aborted && !this.#isLimitReached()) {
      const room = this.#room();
      if (room <= 0) {
        await this.#nextChange();
        continue;
      }
      this.monitor.turn(true);
      const deliveries = await held.subscription.take(room, TAKE_WAIT);
      const now = this.monitor.turn(false);
      this.#subscriptions.succeeded();
      for (const delivery of deliveries) this.#accept(delivery, held);
      if (now - this.#yieldedAt >= YIELD_INTERVAL) await this.#yieldToLoop();
    }
  }

  /** Whether actors have got as many messages as they may. One that is yet to be acknowledged (`ack_first`) may be none. */
  #isLimitReached(): boolean {
    if (this.#taken < this.#limits.messagesLimit) return false;
    return ![...this.#runs].some((run) => run.phase === "acknowledging");
  }

  /** Lets timers, signals and health checks run: with a server that always has messages they would wait for ever. */
  async #yieldToLoop(): Promise<void> {
    await delay(this.#clock, 0, this.#stopping.signal);
    this.#yieldedAt = this.#clock.now();
  }

  /** How many messages may be taken now. Up to `tasksLimit` acknowledgements on their way to the broker take no slot. */
  #room(): number {
    const { tasksLimit, messagesLimit } = this.#limits;
    const running = this.#runs.size - Math.min(this.#acknowledging, tasksLimit);
    const room = tasksLimit - running - this.#unmatched.slots;
    return Math.min(room, messagesLimit - this.#taken, MOST_AT_ONCE);
  }

  #accept(delivery: Delivery, held: Held): void {
    this.#subscriptions.hold(held);
    if (this.#stopping.signal.aborted) return this.#unmatched.returnLate(delivery, () => this.#release(held));
    const execution = this.#dispatch.find(delivery);
    if (!execution) return this.#unmatched.returnUnmatched(delivery, () => this.#release(held));
    this.#taken++;
    const run = new MessageRun(execution, delivery);
    this.#keepLease(run);
    this.#runs.add(run);
    run.start(({ kind }) => {
      // No actor has seen it, and the broker redelivers it.
      if (kind === "unacknowledged") this.#taken--;
      else if (kind !== "interrupted") this.#processed++;
      this.#runs.delete(run);
      this.#release(held);
    });
  }

  /** A message has ended: its slot is free. */
  #release(held: Held): void {
    this.#subscriptions.release(held);
    this.#changed();
  }

  #keepLease(run: MessageRun): void {
    const { actor } = run.execution;
    if (!this.#server.capabilities.leases || actor.keepAlive === false) return;
    const interval = typeof actor.keepAlive === "number" ? actor.keepAlive : run.delivery.leaseInterval;
    if (interval !== undefined) this.#leases.keep(run, interval);
  }

  async #shutDown(): Promise<void> {
    const { gracefulShutdownTime, cancellationTimeout } = this.#limits;
    this.stop();
    this.#report("worker.shutdown.start", { running: this.#running });
    if (!await this.#idleWithin(gracefulShutdownTime)) {
      this.#report("worker.shutdown.timeout", { messages: this.#runningMessages() });
      const reason = new DOMException("The worker is shutting down", "AbortError");
      for (const run of this.#runs) run.interrupt(reason);
      if (!await this.#idleWithin(cancellationTimeout)) this.#releaseHanging();
    }
    // Settling is never cancelled, but it is bounded.
    const isIdle = await this.#idleWithin(SETTLE_TIMEOUT);
    const unsettled = [...this.#runningMessages(), ...this.#unmatched.unsettled];
    this.#leases.stop();
    const isClosed = await this.#subscriptions.close();
    this.#ended.abort();
    if (!isIdle || !isClosed) this.#report("worker.close.timeout", { unsettled });
  }

  /** Settles messages whose middlewares or clean-ups hang. The others only wait for the broker. */
  #releaseHanging(): void {
    for (const run of this.#runs) {
      if (run.phase !== "running") continue;
      void run.release().then(() => {
        this.#runs.delete(run);
        this.#changed();
      });
    }
  }

  /** How many messages are handled. Those that only wait for the answer to an acknowledgement are done. */
  get #running(): number {
    return Math.max(0, this.#runs.size - this.#acknowledging);
  }

  #runningMessages(): RunningMessage[] {
    return [...this.#runs].map((run) => run.where);
  }

  #idleWithin(ms: number): Promise<boolean> {
    return settlesWithin(this.#clock, ms, this.#untilIdle());
  }

  async #untilIdle(): Promise<void> {
    while (this.#runs.size > 0 || this.#unmatched.size > 0) await this.#nextChange();
  }

  #nextChange(): Promise<void> {
    this.#change ??= Promise.withResolvers();
    return this.#change.promise;
  }

  #changed(): void {
    this.#change?.resolve();
    this.#change = undefined;
  }
}
