/**
 * Google's own client, with its acknowledgements batched for 10 ms, as its publications are by default.
 * @module
 */
import { PubSub } from "@google-cloud/pubsub";
import { callInWindow } from "../../src/conformance/measuring/meter.ts";
import { type Body, decode, encode, newBody } from "../compare/body.ts";
import type { Contender, Handle, Place } from "../compare/contender.ts";

const FILL_WINDOW = 1_000;

export function open({ url, channel }: Place): Promise<Contender> {
  const client = new PubSub({ projectId: "tests", apiEndpoint: new URL(url).host, emulatorMode: true });
  const topic = client.topic(channel);
  const publish = (body: Body): Promise<unknown> => {
    const { buffer, byteOffset, byteLength } = encode(body);
    return topic.publishMessage({
      data: Buffer.from(buffer, byteOffset, byteLength),
      attributes: { "topic": "work", "content-type": "application/json" },
    });
  };
  return Promise.resolve(
    {
      publish,
      async fill(count, from = 0) {
        let id = from;
        await callInWindow(() => publish(newBody(id++)), { window: FILL_WINDOW, most: count });
      },
      consume(concurrency: number, handle: Handle) {
        const subscription = client.subscription(channel, {
          flowControl: { maxMessages: concurrency, allowExcessMessages: false },
          batching: { maxMilliseconds: 10, maxMessages: 1_000 },
        });
        subscription.on("message", async (message) => {
          await handle(decode(message.data));
          message.ack();
        });
        subscription.on("error", (error) => {
          throw error;
        });
        return Promise.resolve(() => subscription.close());
      },
      close: () => client.close(),
    } satisfies Contender,
  );
}
