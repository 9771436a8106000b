/**
 * Handles one message as a worker would, with a broker that only takes notes and a time that stands still.
 * @module
 */
import { MessageRegistry } from "../../src/declaration/message_registry.ts";
import type { Overrides } from "../../src/declaration/declared_inputs.ts";
import type { Clock, Timer } from "../../src/_internal/clock.ts";
import type { AnyHandler } from "../../src/declaration/actor.ts";
import type { EventFields, EventName } from "../../src/contract/events.ts";
import { Execution } from "../../src/execution/execution.ts";
import { type Ending, MessageRun } from "../../src/execution/message_run.ts";
import type { MessageAction } from "../../src/declaration/message.ts";
import type { ActorMiddleware, ProducerCall, ProducerMiddleware } from "../../src/declaration/middleware.ts";
import { Producer } from "../../src/producing/producer.ts";
import { resolveActors, Router } from "../../src/declaration/router.ts";
import type { BaseMessage, Delivery, DeliveryResult, Settlement } from "../../src/contract/server.ts";

/** A clock whose calls are made by hand. */
export class ManualClock implements Clock {
  readonly #calls = new Map<object, () => void>();

  /** How many calls wait. */
  get waiting(): number {
    return this.#calls.size;
  }

  now(): number {
    return 0;
  }

  schedule(_ms: number, call: () => void): Timer {
    const timer = {};
    this.#calls.set(timer, call);
    return timer;
  }

  cancel(timer: Timer | undefined): void {
    this.#calls.delete(timer as object);
  }

  /** Makes every call that waits now. */
  fire(): void {
    const calls = [...this.#calls.values()];
    this.#calls.clear();
    for (const call of calls) call();
  }
}

/** What {@linkcode handleOne} is told. */
export interface HandleOptions {
  readonly middlewares?: readonly ActorMiddleware[];
  readonly producerMiddlewares?: readonly ProducerMiddleware[];
  readonly message?: Partial<BaseMessage>;
  readonly overrides?: Overrides;
  /** The broker can answer in one step. Defaults to `false`. */
  readonly nativeReply?: boolean;
  /** What the broker answers to settlements. Defaults to `"done"`. */
  readonly answer?: DeliveryResult;
  /** Called when the handling has begun; what it answers is called when it has ended. */
  readonly meanwhile?: (
    abort: (kind: "timed-out" | "interrupted") => void,
    clock: ManualClock,
  ) => (() => void) | void;
}

/** What became of one message. */
export interface Handled {
  readonly outcome: Ending;
  readonly action: MessageAction | undefined;
  /** What the broker was told, in order. */
  readonly settlements: readonly (Settlement | "reply")[];
  readonly events: readonly EventName[];
  readonly published: readonly ProducerCall[];
  /** Calls that still wait for their time. */
  readonly timers: number;
}

const encoder = new TextEncoder();

/** A message whose body is JSON. */
export function json(value: unknown, headers: Record<string, string> = {}): Partial<BaseMessage> {
  return { payload: encoder.encode(JSON.stringify(value)), contentType: "application/json", headers };
}

/** Runs one actor for one message. Options are unchecked, as a JavaScript user's are. */
export async function handleOne(
  actor: Readonly<Record<string, unknown>>,
  handler: AnyHandler,
  options: HandleOptions = {},
): Promise<Handled> {
  const {
    middlewares,
    producerMiddlewares,
    message,
    overrides,
    nativeReply = false,
    answer = "done",
    meanwhile,
  } = options;
  const router = new Router({ middlewares });
  router.actor<AnyHandler>({ name: "actor", channel: "c", timeout: 1_000, ...actor } as never, handler);
  const [resolved] = resolveActors(router);
  const events: EventName[] = [];
  const published: ProducerCall[] = [];
  const settlements: (Settlement | "reply")[] = [];
  const clock = new ManualClock();
  const producer = new Producer({
    middlewares: producerMiddlewares,
    operations: new MessageRegistry(),
    defaultsOf: () => undefined,
    serverOf: () => ({
      publish(channel, message, serverSpecificParameters) {
        published.push({ channel, message, serverSpecificParameters });
        return Promise.resolve();
      },
    }),
  });
  const delivery: Delivery = {
    payload: new Uint8Array(),
    headers: {},
    contentType: undefined,
    replyTo: undefined,
    ...message,
    channel: "c",
    messageId: "1",
    settle(settlement) {
      settlements.push(settlement);
      return Promise.resolve(answer);
    },
    ...(nativeReply && {
      reply(channel, message, serverSpecificParameters) {
        settlements.push("reply");
        published.push({ channel, message, serverSpecificParameters });
        return Promise.resolve("done");
      },
    }),
  };
  if (!resolved) throw new Error("There is no actor");
  const execution = new Execution(resolved, {
    clock,
    report: <E extends EventName>(event: E, _fields: EventFields[E]) => void events.push(event),
    producer,
    isRetriable: () => false,
    cancellationTimeout: 1,
    countAbandoned: () => 1,
    overrides,
  });
  const run = new MessageRun(execution, delivery);
  const handled = new Promise<Ending>((resolve) => run.start(resolve));
  const abort = (kind: "timed-out" | "interrupted"): void =>
    kind === "interrupted" ? run.interrupt(new Error(kind)) : clock.fire();
  const end = meanwhile?.(abort, clock);
  const outcome = await handled;
  end?.();
  const { action } = run.settlement;
  return { outcome, action, settlements, events, published, timers: clock.waiting };
}
