/**
 * Pub/Sub by hand, over gRPC: one streaming pull, the acknowledgements and the publications of a turn of the event loop in
 * one request each. The messages are encoded as the framework encodes them.
 * @module
 */
import { Client, type ClientDuplexStream, credentials } from "@grpc/grpc-js";
import {
  acknowledge,
  type Method,
  publish,
  streamingPull,
  type StreamingPullRequest,
  type StreamingPullResponse,
} from "../../src/servers/pubsub/protocol.ts";
import { callInWindow } from "../../src/conformance/measuring/meter.ts";
import { type Body, decode, encode, newBody } from "./body.ts";
import type { Contender, Handle, Place } from "./contender.ts";
import { handleThen } from "./slots.ts";

const FILL_WINDOW = 1_000;
/** The most that the service takes in one request. */
const MOST = 1_000;

interface Publication {
  readonly data: Uint8Array;
  readonly resolve: () => void;
  readonly reject: (error: unknown) => void;
}

export function open({ url, channel }: Place): Promise<Contender> {
  return Promise.resolve(new RawPubsub(new Client(new URL(url).host, credentials.createInsecure()), channel));
}

class RawPubsub implements Contender {
  readonly #client: Client;
  readonly #topic: string;
  readonly #subscription: string;
  #waiting: Publication[] = [];

  constructor(client: Client, channel: string) {
    this.#client = client;
    this.#topic = `projects/tests/topics/${channel}`;
    this.#subscription = `projects/tests/subscriptions/${channel}`;
  }

  publish(body: Body): Promise<void> {
    return new Promise((resolve, reject) => {
      const count = this.#waiting.push({ data: encode(body), resolve, reject });
      if (count === 1) setImmediate(() => void this.#send());
      if (count === MOST) void this.#send();
    });
  }

  async fill(count: number, from = 0): Promise<void> {
    let id = from;
    await callInWindow(() => this.publish(newBody(id++)), { window: FILL_WINDOW, most: count });
  }

  consume(concurrency: number, handle: Handle): Promise<() => Promise<void>> {
    const { path, request, response } = streamingPull;
    const stream: ClientDuplexStream<StreamingPullRequest, StreamingPullResponse> = this.#client
      .makeBidiStreamRequest(path, (value) => toBuffer(request.encode(value)), response.decode);
    let ackIds: string[] = [];
    const flush = (): void => {
      const done = ackIds;
      ackIds = [];
      for (let from = 0; from < done.length; from += MOST) {
        const some = done.slice(from, from + MOST);
        void this.#call(acknowledge, { subscription: this.#subscription, ackIds: some });
      }
    };
    stream.on("data", ({ receivedMessages }: StreamingPullResponse) => {
      for (const { ackId, message } of receivedMessages) {
        handleThen(handle, decode(message?.data ?? new Uint8Array()), () => {
          if (ackIds.push(ackId) === 1) setImmediate(flush);
        });
      }
    });
    stream.on("error", () => {});
    stream.write({
      subscription: this.#subscription,
      streamAckDeadlineSeconds: 60,
      maxOutstandingMessages: concurrency,
    });
    return Promise.resolve(() => {
      stream.cancel();
      return Promise.resolve();
    });
  }

  close(): Promise<void> {
    this.#client.close();
    return Promise.resolve();
  }

  async #send(): Promise<void> {
    const some = this.#waiting.splice(0);
    if (some.length === 0) return;
    const attributes = { "topic": "work", "content-type": "application/json" };
    try {
      const messages = some.map(({ data }) => ({ data, attributes }));
      await this.#call(publish, { topic: this.#topic, messages });
      for (const { resolve } of some) resolve();
    } catch (error) {
      for (const { reject } of some) reject(error);
    }
  }

  #call<Request, Response>(
    { path, request, response }: Method<Request, Response>,
    value: Request,
  ): Promise<unknown> {
    return new Promise((resolve, reject) => {
      const encoded = (one: Request): Buffer => toBuffer(request.encode(one));
      this.#client.makeUnaryRequest(
        path,
        encoded,
        response.decode,
        value,
        (error, answer) => error ? reject(error) : resolve(answer),
      );
    });
  }
}

function toBuffer({ buffer, byteOffset, byteLength }: Uint8Array): Buffer {
  return Buffer.from(buffer, byteOffset, byteLength);
}
