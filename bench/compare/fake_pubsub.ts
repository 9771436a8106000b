/**
 * A peer that speaks as much of Pub/Sub as is measured, far faster than Google's emulator: it keeps messages in memory, and
 * hands over no more than a stream may hold unacknowledged. It never delivers again. Prints its port; answers each line of
 * standard input with its counts.
 * @module
 */
import process from "node:process";
import { createInterface } from "node:readline";
import { type handleUnaryCall, Server, ServerCredentials, type ServerDuplexStream } from "@grpc/grpc-js";
import {
  acknowledge,
  type AcknowledgeRequest,
  type Method,
  modifyAckDeadline,
  publish,
  type PublishRequest,
  type PublishResponse,
  type PubsubMessage,
  streamingPull,
  type StreamingPullRequest,
  type StreamingPullResponse,
} from "../../src/servers/pubsub/protocol.ts";

/** How many messages go into one response at most. */
const MOST = 500;
/** Acknowledgement ids of the service are about that long. */
const ID_PADDING = "x".repeat(160);

type Stream = ServerDuplexStream<StreamingPullRequest, StreamingPullResponse>;

/** What waits on a channel, and who wants it. */
class Channel {
  #messages: PubsubMessage[] = [];
  #next = 0;
  readonly #streams = new Map<Stream, { free: number; writable: boolean }>();

  add(messages: readonly PubsubMessage[]): void {
    for (const message of messages) this.#messages.push(message);
    this.pump();
  }

  join(stream: Stream, free: number): void {
    this.#streams.set(stream, { free, writable: true });
    this.pump();
  }

  leave(stream: Stream): void {
    this.#streams.delete(stream);
  }

  freed(stream: Stream): void {
    const state = this.#streams.get(stream);
    if (state) state.free++;
  }

  /** Hands over what may be handed over. */
  pump(): void {
    for (const [stream, state] of this.#streams) {
      while (state.writable && state.free > 0 && this.#next < this.#messages.length) {
        const taken = this.#messages.slice(this.#next, this.#next + Math.min(state.free, MOST));
        this.#next += taken.length;
        state.free -= taken.length;
        const receivedMessages = taken.map((message) => ({
          ackId: newAckId(this, stream),
          message,
          deliveryAttempt: 0,
        }));
        state.writable = stream.write({ receivedMessages });
        if (!state.writable) {
          stream.once("drain", () => {
            state.writable = true;
            this.pump();
          });
        }
      }
    }
    if (this.#next === this.#messages.length) [this.#messages, this.#next] = [[], 0];
  }
}

const channels = new Map<string, Channel>();
const held = new Map<string, { channel: Channel; stream: Stream }>();
const counts = { publishRequests: 0, ackRequests: 0, modifyRequests: 0 };
let ids = 0;

function newAckId(channel: Channel, stream: Stream): string {
  const id = `${ids++}-${ID_PADDING}`;
  held.set(id, { channel, stream });
  return id;
}

/** Topics and subscriptions of the same name belong together; the last part of their path is that name. */
function channelOf(path: string): Channel {
  const name = path.slice(path.lastIndexOf("/") + 1);
  const known = channels.get(name);
  if (known) return known;
  const channel = new Channel();
  channels.set(name, channel);
  return channel;
}

const onPublish: handleUnaryCall<PublishRequest, PublishResponse> = ({ request }, answer) => {
  const { topic, messages } = request;
  counts.publishRequests++;
  channelOf(topic).add(messages);
  answer(null, { messageIds: messages.map(() => String(ids++)) });
};

const onAcknowledge: handleUnaryCall<AcknowledgeRequest, unknown> = ({ request }, answer) => {
  counts.ackRequests++;
  const touched = new Set<Channel>();
  for (const id of request.ackIds) {
    const one = held.get(id);
    if (!one) continue;
    held.delete(id);
    one.channel.freed(one.stream);
    touched.add(one.channel);
  }
  for (const channel of touched) channel.pump();
  answer(null, {});
};

/** Leases never end here. */
const onModify: handleUnaryCall<unknown, unknown> = (_call, answer) => {
  counts.modifyRequests++;
  answer(null, {});
};

function onPull(stream: Stream): void {
  let channel: Channel | undefined;
  stream.on("data", ({ subscription, maxOutstandingMessages }: StreamingPullRequest) => {
    // Only the first request names it.
    if (!subscription) return;
    channel = channelOf(subscription);
    channel.join(stream, Number(maxOutstandingMessages) || 1_000);
  });
  const over = (): void => {
    channel?.leave(stream);
    stream.end();
  };
  stream.on("end", over);
  stream.on("cancelled", over);
  stream.on("error", over);
}

/** How gRPC is told of a method; the codecs are ours. */
function definition<Request, Response>(
  { path, request, response }: Method<Request, Response>,
  isStream: boolean,
) {
  return {
    path,
    requestStream: isStream,
    responseStream: isStream,
    requestSerialize: (value: Request): Buffer => Buffer.from(request.encode(value)),
    requestDeserialize: (bytes: Buffer): Request => request.decode(bytes),
    responseSerialize: (value: Response): Buffer => Buffer.from(response.encode(value)),
    responseDeserialize: (bytes: Buffer): Response => response.decode(bytes),
  };
}

const server = new Server({ "grpc.max_receive_message_length": -1, "grpc.max_send_message_length": -1 });
server.addService({
  publish: definition(publish, false),
  acknowledge: definition(acknowledge, false),
  modifyAckDeadline: definition(modifyAckDeadline, false),
  streamingPull: definition(streamingPull, true),
}, { publish: onPublish, acknowledge: onAcknowledge, modifyAckDeadline: onModify, streamingPull: onPull });
server.bindAsync("127.0.0.1:0", ServerCredentials.createInsecure(), (error, port) => {
  if (error) throw error;
  console.log(port);
});
createInterface({ input: process.stdin })
  .on("line", () => console.log(JSON.stringify(counts)))
  .on("close", () => process.exit(0));
