/**
 * Testing an application without a broker: messages pass its producer middlewares and validation, actors run as in a worker,
 * and everything is recorded.
 * @module
 */
import type {
  Destination,
  Sendable,
  SendArguments,
  SendMessageJsonOptions,
  SendMessageOptions,
  SendOptions,
} from "../declaration/sending.ts";
import type { MessageRegistry } from "../declaration/message_registry.ts";
import type { Overrides } from "../declaration/declared_inputs.ts";
import { systemClock } from "../_internal/clock.ts";
import { type KnownOptions, refuseUnknown } from "../_internal/known_options.ts";
import type { Actor, AnyHandler } from "../declaration/actor.ts";
import { internalsOf, Repid } from "../app.ts";
import { Dispatch } from "../worker/dispatch.ts";
import { reportTo } from "../contract/events.ts";
import { Execution } from "../execution/execution.ts";
import { type Ending, MessageRun } from "../execution/message_run.ts";
import type { ProducerCall } from "../declaration/middleware.ts";
import type { Producer, PublishTarget } from "../producing/producer.ts";
import { toWorkerLimits } from "../worker/limits.ts";
import type { DependencyOverride } from "./override.ts";
import { RecordedDelivery, RecordedMessage, type TestMessage } from "./test_message.ts";

/** Options of {@linkcode TestClient}. */
export interface TestClientOptions {
  /** Handle messages when they are sent. Messages that actors send always wait for {@linkcode TestClient.processNext}. Defaults to `true`. */
  readonly autoProcess?: boolean | undefined;
  /** Throw if no actor matches a message; otherwise it stays unprocessed. Defaults to `true`. */
  readonly throwOnActorNotFound?: boolean | undefined;
  /** Throw what an actor throws, after recording it. Defaults to `true`. */
  readonly throwOnActorError?: boolean | undefined;
  /** Throw if an operation is not registered; otherwise nothing is sent. Defaults to `true`. */
  readonly throwOnOperationNotFound?: boolean | undefined;
  /** Dependencies to replace, for this client only. */
  readonly overrides?: readonly DependencyOverride[] | undefined;
}

/** After how many messages `processAll()` assumes that they never end. */
const ENDLESS = 10_000;

const FILTER: KnownOptions<TestMessageFilter> = { channel: true, operationId: true };

const OPTIONS: KnownOptions<TestClientOptions> = {
  autoProcess: true,
  throwOnActorNotFound: true,
  throwOnActorError: true,
  throwOnOperationNotFound: true,
  overrides: true,
};

/** What an actor returns, awaited; `unknown` for a contract. */
export type ResultOf<T> = T extends Actor<infer F extends AnyHandler> ? Awaited<ReturnType<F>> : unknown;

/** What is sent to a target. Looked up, because inferring it from a contract is too deep for the compiler. */
export type Sent<T extends Sendable> = NonNullable<T["~sends"]>;

/** Which messages to list: those of a channel, or those of an operation. If both are given, the operation counts. */
export interface TestMessageFilter {
  /** The address of their channel. */
  readonly channel?: string | undefined;
  /** Their {@linkcode TestMessage.operationId}. */
  readonly operationId?: string | undefined;
}

/**
 * Replaces the broker and the worker of an application. It needs no server and does not change the application. It does not
 * see actors that are registered after it was created. It does not redeliver rejected messages.
 *
 * @example
 * ```ts
 * import { Repid, Router } from "@repid/core";
 * import { TestClient } from "@repid/core/testing";
 * import { type } from "arktype";
 * import assert from "node:assert/strict";
 *
 * const router = new Router();
 * const double = router.actor({ name: "double", payload: type({ n: "number" }) }, ({ n }) => n * 2);
 * const app = new Repid().includeRouter(router);
 *
 * await using client = new TestClient(app);
 * const message = await client.send(double, { n: 2 });
 * assert.equal(message.result, 4);
 * assert.equal(message.acked, true);
 * ```
 */
export class TestClient implements AsyncDisposable {
  readonly #app: Repid;
  readonly #options: TestClientOptions;
  readonly #overrides: Overrides;
  /** The application's own, with this client's overrides. */
  readonly #producer: Producer;
  readonly #dispatch: Dispatch;
  #sent: RecordedMessage[] = [];
  #processed: RecordedMessage[] = [];
  #queue: RecordedMessage[] = [];
  #abandoned = 0;

  /**
   * Creates a client for the actors that the application has now.
   *
   * @throws {TypeError} If `app` is not an application, or an option is unknown.
   */
  constructor(app: Repid, options: TestClientOptions = {}) {
    if (!(app instanceof Repid)) {
      throw new TypeError(
        `Cannot make a test client as the first argument is not an application: ${typeof app}`,
      );
    }
    refuseUnknown("make a test client", options, OPTIONS);
    const { actors, logger, producer } = internalsOf(app);
    this.#app = app;
    this.#options = options;
    this.#overrides = new Map(options.overrides?.map(({ dependency, resolve }) => [dependency, resolve]));
    this.#producer = producer.through(() => NOWHERE, this.#overrides);
    const report = reportTo(logger);
    const shared = {
      clock: systemClock,
      report,
      producer: this.#producerInto((call) => void this.#record(call, undefined)),
      isRetriable: () => false,
      cancellationTimeout: toWorkerLimits({}).cancellationTimeout,
      countAbandoned: (change: 1 | -1) => this.#abandoned += change,
      jsonSchemaConverters: app.options.jsonSchemaConverters,
      overrides: this.#overrides,
    };
    this.#dispatch = new Dispatch(actors().map((actor) => new Execution(actor, shared)), report);
  }

  /** The application's operations. */
  get messages(): MessageRegistry {
    return this.#app.messages;
  }

  /**
   * As {@linkcode Repid.send}. The `result` of the message has the type that the actor returns. The server's name is ignored.
   *
   * @throws What {@linkcode Repid.send} throws, and what the options of the client say.
   */
  async send<T extends Sendable>(
    target: T,
    ...args: SendArguments<Sent<T>["payload"], Sent<T>["headers"]>
  ): Promise<TestMessage<ResultOf<T>>> {
    const [payload, options] = args as readonly [unknown, SendOptions?];
    const operationId = this.messages.has(target?.name) ? target.name : undefined;
    const message = await this.#sendThrough(
      (producer) => producer.send(target, payload, options),
      operationId,
    );
    return message as TestMessage<ResultOf<T>>;
  }

  /** As {@linkcode Repid.sendMessage}. */
  async sendMessage(options: SendMessageOptions): Promise<TestMessage> {
    if (this.#isUnknown(options)) return new RecordedMessage();
    return await this.#sendThrough((producer) => producer.sendMessage(options), options?.operationId);
  }

  /** As {@linkcode Repid.sendMessageJson}. */
  async sendMessageJson(options: SendMessageJsonOptions): Promise<TestMessage> {
    if (this.#isUnknown(options)) return new RecordedMessage();
    return await this.#sendThrough((producer) => producer.sendMessageJson(options), options?.operationId);
  }

  /** Handles the message that has waited longest. Resolves to `undefined` if no message waits. */
  async processNext(): Promise<TestMessage | undefined> {
    const message = this.#queue.shift();
    return message && await this.#process(message);
  }

  /**
   * Handles every waiting message, and the messages that actors send meanwhile. If one throws, the others keep waiting.
   *
   * @throws {Error} If more messages wait after 10 000 were handled.
   */
  async processAll(): Promise<TestMessage[]> {
    const processed: TestMessage[] = [];
    for (let next = await this.processNext(); next; next = await this.processNext()) {
      processed.push(next);
      if (processed.length === ENDLESS && this.#queue.length > 0) {
        throw new Error(`Cannot process all messages as more of them keep coming: ${ENDLESS} were processed`);
      }
    }
    return processed;
  }

  /** The messages sent so far by the test, by actors and as replies, in the order in which they were sent. */
  getSentMessages(filter: TestMessageFilter = {}): TestMessage[] {
    refuseUnknown("list messages", filter, FILTER);
    return this.#sent.filter((message) => fits(message, filter));
  }

  /** The messages that actors have handled so far, in the order in which they ended. */
  getProcessedMessages(filter: TestMessageFilter = {}): TestMessage[] {
    refuseUnknown("list messages", filter, FILTER);
    return this.#processed.filter((message) => fits(message, filter));
  }

  /** Forgets every message, including those that wait. */
  clear(): void {
    this.#sent = [];
    this.#processed = [];
    this.#queue = [];
  }

  /** As {@linkcode clear}. */
  [Symbol.asyncDispose](): Promise<void> {
    this.clear();
    return Promise.resolve();
  }

  /** Resolves to the message that was sent. If a producer middleware did not send it, that message is not listed anywhere. */
  async #sendThrough(
    send: (producer: Producer) => Promise<void>,
    operationId: string | undefined,
  ): Promise<TestMessage> {
    const published: RecordedMessage[] = [];
    await send(this.#producerInto((call) => void published.push(this.#record(call, operationId))));
    if (this.#options.autoProcess ?? true) {
      const due = published.filter((message) => this.#queue.includes(message));
      this.#queue = this.#queue.filter((message) => !due.includes(message));
      for (const message of due) await this.#process(message);
    }
    return published[0] ?? new RecordedMessage({ operationId });
  }

  /** A producer that sends to this client instead of a server. */
  #producerInto(record: (call: ProducerCall) => void): Producer {
    const server = {
      publish: (channel: string, message: ProducerCall["message"], parameters: object): Promise<void> => {
        record({ channel, message, serverSpecificParameters: { ...parameters } });
        return Promise.resolve();
      },
    };
    return this.#producer.through(() => server);
  }

  #record(call: ProducerCall, operationId = this.#operationOf(call.channel)): RecordedMessage {
    const message = new RecordedMessage({ ...call, operationId });
    this.#sent.push(message);
    this.#queue.push(message);
    return message;
  }

  async #process(message: RecordedMessage): Promise<TestMessage> {
    const { throwOnActorNotFound = true, throwOnActorError = true } = this.#options;
    const delivery = new RecordedDelivery(message, (call) => void this.#record(call));
    const execution = this.#dispatch.find(delivery);
    if (!execution) {
      if (!throwOnActorNotFound) return message;
      throw new Error(`Cannot process the message as no actor matches it: channel "${message.channel}"`);
    }
    const outcome = await new Promise<Ending>((resolve) =>
      new MessageRun(execution, delivery).start(resolve)
    );
    message.end(outcome);
    this.#processed.push(message);
    if (outcome.kind !== "returned" && throwOnActorError) throw outcome.error;
    return message;
  }

  #isUnknown(options: Partial<Destination>): boolean {
    const { operationId, channel } = options ?? {};
    const { throwOnOperationNotFound = true } = this.#options;
    if (throwOnOperationNotFound || operationId === undefined || channel !== undefined) return false;
    return !this.messages.has(operationId);
  }

  #operationOf(address: string): string | undefined {
    return [...this.messages.entries()].find(([, { channel }]) => channel.address === address)?.[0];
  }
}

/** A server that nothing is sent to. */
const NOWHERE: PublishTarget = { publish: () => Promise.reject(new Error("Cannot publish to nowhere")) };

function fits(message: TestMessage, { channel, operationId }: TestMessageFilter): boolean {
  if (operationId !== undefined) return message.operationId === operationId;
  return channel === undefined || message.channel === channel;
}
