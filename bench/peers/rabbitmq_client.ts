/**
 * rabbitmq-client, on AMQP 0-9-1, with its own consumer and publisher.
 * @module
 */
import { Connection } from "rabbitmq-client";
import { callInWindow } from "../../src/conformance/measuring/meter.ts";
import { type Body, decode, encode, newBody } from "../compare/body.ts";
import type { Contender, Handle, Place } from "../compare/contender.ts";

const FILL_WINDOW = 500;

export async function open({ url, channel: queue }: Place): Promise<Contender> {
  const connection = new Connection({ url, noDelay: true });
  await connection.onConnect();
  const publisher = connection.createPublisher({ confirm: true });
  const publish = (body: Body): Promise<void> => {
    const { buffer, byteOffset, byteLength } = encode(body);
    const envelope = {
      routingKey: queue,
      durable: true,
      contentType: "application/json",
      headers: { topic: "work" },
    };
    return publisher.send(envelope, Buffer.from(buffer, byteOffset, byteLength));
  };
  return {
    publish,
    async fill(count, from = 0) {
      let id = from;
      await callInWindow(() => publish(newBody(id++)), { window: FILL_WINDOW, most: count });
    },
    consume(concurrency: number, handle: Handle) {
      // With a content type of JSON it would parse by itself; the bytes are what the others get as well.
      const options = {
        queue,
        concurrency,
        qos: { prefetchCount: concurrency },
        queueOptions: { passive: true },
      };
      const consumer = connection.createConsumer(options, async ({ body }) => {
        await handle(body instanceof Uint8Array ? decode(body) : body as Body);
      });
      return Promise.resolve(() => consumer.close());
    },
    async close() {
      await publisher.close();
      await connection.close();
    },
  };
}
