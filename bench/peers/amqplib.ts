/**
 * amqplib, on AMQP 0-9-1: a confirm channel, a prefetch of the concurrency, an acknowledgement for each message.
 * @module
 */
import { connect } from "amqplib";
import { callInWindow } from "../../src/conformance/measuring/meter.ts";
import { type Body, decode, encode, newBody } from "../compare/body.ts";
import type { Contender, Handle, Place } from "../compare/contender.ts";
import { handleThen } from "../compare/slots.ts";

const FILL_WINDOW = 500;

export async function open({ url, channel: queue }: Place): Promise<Contender> {
  const connection = await connect(url, { noDelay: true });
  const confirming = await connection.createConfirmChannel();
  const publish = (body: Body): Promise<void> =>
    new Promise((resolve, reject) => {
      const { buffer, byteOffset, byteLength } = encode(body);
      const payload = Buffer.from(buffer, byteOffset, byteLength);
      const options = { persistent: true, contentType: "application/json", headers: { topic: "work" } };
      confirming.sendToQueue(queue, payload, options, (error) => error ? reject(error) : resolve());
    });
  return {
    publish,
    async fill(count, from = 0) {
      let id = from;
      await callInWindow(() => publish(newBody(id++)), { window: FILL_WINDOW, most: count });
    },
    async consume(concurrency: number, handle: Handle) {
      const channel = await connection.createChannel();
      await channel.prefetch(concurrency);
      const { consumerTag } = await channel.consume(queue, (message) => {
        if (message) handleThen(handle, decode(message.content), () => channel.ack(message));
      });
      return async () => void await channel.cancel(consumerTag);
    },
    close: () => connection.close(),
  };
}
