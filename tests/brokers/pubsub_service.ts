/**
 * A Pub/Sub service of our own, for what the fakes cannot be made to do: keep to the bound that a stream asks for, confirm
 * acknowledgements one by one, end streams, refuse whatever a test wants refused. It also counts what it is asked, and is
 * fast enough to measure a client.
 *
 * A channel is a topic with one subscription, both of its name. What is published waits in order, also of ordering keys.
 * @module
 */
import {
  Metadata,
  type sendUnaryData,
  Server,
  ServerCredentials,
  type ServerDuplexStream,
  type ServerUnaryCall,
  type ServiceError,
} from "@grpc/grpc-js";
import {
  acknowledge,
  type AcknowledgeRequest,
  errorInfo,
  type Method,
  modifyAckDeadline,
  type ModifyAckDeadlineRequest,
  publish,
  type PublishRequest,
  type PublishResponse,
  status,
  streamingPull,
  type StreamingPullRequest,
  type StreamingPullResponse,
} from "../../src/servers/pubsub/protocol.ts";
import { PubsubQueue, type QueueOptions } from "./pubsub_queue.ts";

/** What can be asked of it. */
export type MethodName = "publish" | "acknowledge" | "modify" | "pull";

/** A refusal. */
export interface Refusal {
  readonly code: number;
  readonly details: string;
  /** What became of single ids, as an exactly-once subscription says it. */
  readonly verdicts?: Readonly<Record<string, string>>;
}

/** What was asked. */
export interface Asked {
  readonly method: MethodName;
  /** The decoded request; of a stream the first one, and each later one. */
  readonly request: unknown;
  readonly authorization: string | undefined;
}

/** How it is started. */
export interface ServiceOptions {
  /** Whether {@linkcode PubsubService.asked} is kept; else it is only counted. Defaults to true. */
  readonly records?: boolean;
}

/** How often leases are looked at, in milliseconds. */
const TICK = 100;

type PullCall = ServerDuplexStream<StreamingPullRequest, StreamingPullResponse>;

/** One service, on a port of its own. */
export class PubsubService implements AsyncDisposable {
  /** Where it is. */
  readonly url: string;
  /** Everything that was asked, in its order. */
  readonly asked: Asked[] = [];
  /** How often each was asked. */
  readonly counts: Record<MethodName, number> = { publish: 0, acknowledge: 0, modify: 0, pull: 0 };
  /** Asked before anything is done; what it answers is refused. Tests set it. */
  refuse: (method: MethodName, request: unknown) => Refusal | undefined = () => undefined;
  readonly #server: Server;
  readonly #records: boolean;
  readonly #queues = new Map<string, PubsubQueue>();
  readonly #streams = new Map<PullCall, () => void>();
  readonly #ticking: ReturnType<typeof setInterval>;

  private constructor(server: Server, url: string, records: boolean) {
    this.#server = server;
    this.#records = records;
    this.url = url;
    this.#ticking = setInterval(() => this.#queues.forEach((queue) => queue.expire()), TICK);
    server.addService({
      publish: definition(publish, false),
      acknowledge: definition(acknowledge, false),
      modify: definition(modifyAckDeadline, false),
      pull: definition(streamingPull, true),
    }, {
      publish: this.#unary("publish", (request: PublishRequest) => this.#publish(request)),
      acknowledge: this.#unary("acknowledge", (request: AcknowledgeRequest) => this.#acknowledge(request)),
      modify: this.#unary("modify", (request: ModifyAckDeadlineRequest) => this.#modify(request)),
      pull: (call: PullCall) => this.#pull(call),
    });
  }

  /** Starts one. */
  static async start({ records = true }: ServiceOptions = {}): Promise<PubsubService> {
    const server = new Server({ "grpc.max_receive_message_length": 11_000_000 });
    const credentials = ServerCredentials.createInsecure();
    const port = await new Promise<number>((resolve, reject) => {
      server.bindAsync("127.0.0.1:0", credentials, (error, port) => error ? reject(error) : resolve(port));
    });
    return new PubsubService(server, `http://127.0.0.1:${port}`, records);
  }

  /** Makes a channel of the project `tests`; harmless where it exists. */
  create(name: string, options: QueueOptions = {}): string {
    if (!this.#queues.has(name)) this.#queues.set(name, new PubsubQueue(options));
    return name;
  }

  /** How many streams are open. */
  get streams(): number {
    return this.#streams.size;
  }

  /** What was asked of one method. */
  of<T>(method: MethodName): T[] {
    return this.asked.filter((one) => one.method === method).map(({ request }) => request as T);
  }

  /** Ends all streams, with a code and what it says; with none as if all had been said. */
  endStreams(refusal?: Refusal): void {
    for (const call of [...this.#streams.keys()]) {
      if (refusal) call.emit("error", toError(refusal));
      else call.end();
      this.#leave(call);
    }
  }

  /** Ends all leases, as if so much time had passed. */
  expireAll(): void {
    for (const queue of this.#queues.values()) queue.expire(Infinity);
  }

  /** Ends it, and every connection. */
  close(): Promise<void> {
    clearInterval(this.#ticking);
    for (const call of [...this.#streams.keys()]) this.#leave(call);
    for (const queue of this.#queues.values()) queue.close();
    this.#server.forceShutdown();
    return Promise.resolve();
  }

  /** The same as {@linkcode close}. */
  [Symbol.asyncDispose](): Promise<void> {
    return this.close();
  }

  #count(method: MethodName, request: unknown, metadata: Metadata): Refusal | undefined {
    this.counts[method]++;
    const [authorization] = metadata.get("authorization");
    if (this.#records) this.asked.push({ method, request, authorization: authorization?.toString() });
    return this.refuse(method, request);
  }

  #unary<Request, Response>(method: MethodName, answer: (request: Request) => Response | Refusal) {
    return (call: ServerUnaryCall<Request, Response>, done: sendUnaryData<Response>): void => {
      const refusal = this.#count(method, call.request, call.metadata);
      const answered = refusal ?? answer(call.request);
      if (isRefusal(answered)) done(toError(answered));
      else done(null, answered);
    };
  }

  #queue(path: string): PubsubQueue | undefined {
    return this.#queues.get(path.slice(path.lastIndexOf("/") + 1));
  }

  #publish({ topic, messages }: PublishRequest): PublishResponse | Refusal {
    const queue = this.#queue(topic);
    if (!queue) return missing(topic);
    return { messageIds: messages.map((message) => queue.add(message)) };
  }

  #acknowledge({ subscription, ackIds }: AcknowledgeRequest): unknown {
    return this.#judged(subscription, ackIds, (queue, id) => queue.acknowledge(id));
  }

  #modify({ subscription, ackIds, ackDeadlineSeconds = 0 }: ModifyAckDeadlineRequest): unknown {
    return this.#judged(subscription, ackIds, (queue, id) => queue.modify(id, ackDeadlineSeconds * 1_000));
  }

  /** Only an exactly-once subscription says what became of each id. */
  #judged(
    path: string,
    ackIds: readonly string[],
    tell: (queue: PubsubQueue, id: string) => boolean,
  ): unknown {
    const queue = this.#queue(path);
    if (!queue) return missing(path);
    const unknown = ackIds.filter((id) => !tell(queue, id));
    queue.flush();
    if (!queue.options.isExactlyOnce || unknown.length === 0) return {};
    const verdicts = Object.fromEntries(unknown.map((id) => [id, "PERMANENT_FAILURE_INVALID_ACK_ID"]));
    return { code: 9, details: "Some acknowledgement ids were invalid", verdicts };
  }

  #pull(call: PullCall): void {
    call.on("data", (request: StreamingPullRequest) => {
      const refusal = this.#count("pull", request, call.metadata);
      if (refusal) return void call.emit("error", toError(refusal));
      if (!this.#streams.has(call)) this.#join(call, request);
    });
    call.on("end", () => {
      this.#leave(call);
      call.end();
    });
    call.on("cancelled", () => this.#leave(call));
    call.on("error", () => this.#leave(call));
  }

  #join(call: PullCall, request: StreamingPullRequest): void {
    const { subscription = "", streamAckDeadlineSeconds, maxOutstandingMessages } = request;
    const queue = this.#queue(subscription);
    if (!queue) return void call.emit("error", toError(missing(subscription)));
    call.sendMetadata(new Metadata());
    const leave = queue.join({
      // 64-bit numbers are objects to the library.
      most: Number(maxOutstandingMessages) || Infinity,
      deadline: streamAckDeadlineSeconds * 1_000,
      send: (receivedMessages) => void call.write({ receivedMessages }),
    });
    this.#streams.set(call, leave);
  }

  #leave(call: PullCall): void {
    this.#streams.get(call)?.();
    this.#streams.delete(call);
  }
}

function missing(path: string): Refusal {
  return { code: 5, details: `Resource not found (resource=${path.slice(path.lastIndexOf("/") + 1)}).` };
}

function isRefusal(answer: unknown): answer is Refusal {
  return typeof answer === "object" && answer !== null && "code" in answer;
}

function toError({ code, details, verdicts }: Refusal): Partial<ServiceError> {
  const metadata = new Metadata();
  if (verdicts) {
    const info = { reason: "EXACTLY_ONCE_ACKID_FAILURE", metadata: verdicts };
    const value = errorInfo.encode(info);
    const typeUrl = "type.googleapis.com/google.rpc.ErrorInfo";
    metadata.set("grpc-status-details-bin", Buffer.from(status.encode({ details: [{ typeUrl, value }] })));
  }
  return { code, details, metadata };
}

function definition<Request, Response>(
  { path, request, response }: Method<Request, Response>,
  streams: boolean,
) {
  return {
    path,
    requestStream: streams,
    responseStream: streams,
    requestSerialize: (value: Request) => Buffer.from(request.encode(value)),
    requestDeserialize: (bytes: Buffer) => request.decode(bytes),
    responseSerialize: (value: Response) => Buffer.from(response.encode(value)),
    responseDeserialize: (bytes: Buffer) => response.decode(bytes),
  };
}
