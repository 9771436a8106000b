/**
 * A message in a test: what was sent, and how it was handled.
 * @module
 */
import type { Ending } from "../execution/message_run.ts";
import type { MessageAction, ReceivedMessage } from "../declaration/message.ts";
import type { ProducerCall } from "../declaration/middleware.ts";
import type {
  BaseMessage,
  Delivery,
  DeliveryResult,
  MessageData,
  MessageHeaders,
  ServerSpecificParameters,
  Settlement,
} from "../contract/server.ts";

/** A message that was sent through a {@linkcode TestClient}, and how it was handled. */
export interface TestMessage<R = unknown> extends ReceivedMessage {
  /** The operation through which it was sent; otherwise the first registered operation that sends to its channel. */
  readonly operationId: string | undefined;
  /** When it was sent, in milliseconds since 1970. */
  readonly timestamp: number;
  /** The parameters that were passed for the broker. */
  readonly serverSpecificParameters: ServerSpecificParameters;
  /** Whether an actor ran. */
  readonly processed: boolean;
  /** Whether an actor ran and did not fail. */
  readonly success: boolean;
  /** What the actor and its middlewares returned. */
  readonly result: R | undefined;
  /** What the actor or its middlewares threw. */
  readonly error: unknown;
  /** Whether it was acknowledged; a reply acknowledges. */
  readonly acked: boolean;
  /** Whether it was nacked. */
  readonly nacked: boolean;
  /** Whether it was rejected. A test client does not redeliver it. */
  readonly rejected: boolean;
}

const PAST: Readonly<Record<Settlement, MessageAction>> = {
  ack: "acked",
  nack: "nacked",
  reject: "rejected",
};

const NOTHING: BaseMessage = {
  payload: new Uint8Array(),
  headers: Object.freeze({}),
  contentType: undefined,
  replyTo: undefined,
};

/** The parts of a recorded message. */
export interface RecordedMessageOptions extends Partial<Omit<ProducerCall, "message">> {
  readonly message?: MessageData | undefined;
  readonly operationId?: string | undefined;
}

/** Records how one message is handled. Only the first action has an effect, as with a broker. */
export class RecordedMessage implements TestMessage {
  readonly channel: string;
  readonly payload: Uint8Array;
  readonly headers: MessageHeaders;
  readonly contentType: string | undefined;
  readonly replyTo: string | undefined;
  readonly serverSpecificParameters: ServerSpecificParameters;
  readonly operationId: string | undefined;
  readonly messageId: string = crypto.randomUUID();
  readonly deliveryCount = 1;
  readonly timestamp: number = Date.now();
  #action: MessageAction | undefined;
  #ending: Ending | undefined;

  constructor(options: RecordedMessageOptions = {}) {
    const { channel = "test", message = NOTHING, serverSpecificParameters = {}, operationId } = options;
    this.channel = channel;
    this.payload = message.payload;
    this.headers = message.headers;
    this.contentType = message.contentType;
    this.replyTo = message.replyTo;
    this.serverSpecificParameters = serverSpecificParameters;
    this.operationId = operationId;
  }

  get action(): MessageAction | undefined {
    return this.#action;
  }

  get isActedOn(): boolean {
    return this.#action !== undefined;
  }

  get acked(): boolean {
    return this.#action === "acked" || this.#action === "replied";
  }

  get nacked(): boolean {
    return this.#action === "nacked";
  }

  get rejected(): boolean {
    return this.#action === "rejected";
  }

  get processed(): boolean {
    return this.#ending !== undefined;
  }

  get success(): boolean {
    return this.#ending?.kind === "returned";
  }

  get result(): unknown {
    return this.#ending?.kind === "returned" ? this.#ending.value : undefined;
  }

  get error(): unknown {
    return this.#ending && this.#ending.kind !== "returned" ? this.#ending.error : undefined;
  }

  ack(): Promise<boolean> {
    return Promise.resolve(this.act("acked"));
  }

  nack(): Promise<boolean> {
    return Promise.resolve(this.act("nacked"));
  }

  reject(): Promise<boolean> {
    return Promise.resolve(this.act("rejected"));
  }

  /** Whether this is the first action. */
  act(action: MessageAction): boolean {
    if (this.#action !== undefined) return false;
    this.#action = action;
    return true;
  }

  /** Records how its handling ended. */
  end(ending: Ending): void {
    this.#ending = ending;
  }
}

/** Delivers a recorded message as a server with native replies does. */
export class RecordedDelivery implements Delivery {
  readonly channel: string;
  readonly payload: Uint8Array;
  readonly headers: MessageHeaders;
  readonly contentType: string | undefined;
  readonly replyTo: string | undefined;
  readonly messageId: string;
  readonly deliveryCount: number;
  readonly #message: RecordedMessage;
  readonly #publish: (call: ProducerCall) => void;

  constructor(message: RecordedMessage, publish: (call: ProducerCall) => void) {
    this.channel = message.channel;
    this.payload = message.payload;
    this.headers = message.headers;
    this.contentType = message.contentType;
    this.replyTo = message.replyTo;
    this.messageId = message.messageId;
    this.deliveryCount = message.deliveryCount;
    this.#message = message;
    this.#publish = publish;
  }

  settle(settlement: Settlement): Promise<DeliveryResult> {
    return Promise.resolve(this.#message.act(PAST[settlement]) ? "done" : "lost");
  }

  reply(
    channel: string,
    message: MessageData,
    serverSpecificParameters: ServerSpecificParameters,
  ): Promise<DeliveryResult> {
    if (!this.#message.act("replied")) return Promise.resolve("lost");
    this.#publish({ channel, message, serverSpecificParameters });
    return Promise.resolve("done");
  }
}
