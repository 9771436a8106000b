/**
 * Cases: a message arrives as it was published.
 * @module
 */
import type { ConformanceCase } from "./case.ts";
import type { Delivery, MessageData } from "../contract/server.ts";
import { assert, assertBytes, assertEqual } from "./assert.ts";
import { numbered, textOf, toBytes, toMessage } from "./bodies.ts";
import type { Trial } from "./trial.ts";

const MEGABYTE = 1_048_576;
const BODIES: Readonly<Record<string, Uint8Array>> = {
  "JSON": toBytes('{"name":"größe","of":[1,null]}'),
  "an empty body": new Uint8Array(),
  "every byte": Uint8Array.from({ length: 256 }, (_, index) => index),
  "what is not UTF-8": Uint8Array.of(0xff, 0xfe, 0xc3, 0x28, 0x00, 0x80),
};

/** Cases about the parts of a message. */
export const contentCases: readonly ConformanceCase[] = [
  {
    name: "delivers payloads unchanged, also empty ones and those that are not UTF-8",
    run: async (trial) => {
      for (const [what, payload] of Object.entries(BODIES)) {
        assertBytes((await roundTrip(trial, { payload })).payload, payload, what);
      }
    },
  },
  {
    name: "delivers a payload of 1 MB unchanged",
    run: async (trial) => {
      const payload = Uint8Array.from({ length: MEGABYTE }, (_, index) => (index * 31 + (index >> 8)) & 255);
      assertBytes((await roundTrip(trial, { payload })).payload, payload, "1 MB");
    },
  },
  {
    name: "delivers headers unchanged",
    run: (trial) =>
      sendsHeaders(trial, {
        "topic": "a",
        "X-Mixed-Case": "b=c; d",
        "long": "x".repeat(1_000),
        "number": "01",
      }),
  },
  {
    name: "delivers headers with empty values",
    run: (trial) => sendsHeaders(trial, { "topic": "a", "empty": "" }),
  },
  {
    name: "delivers header values beyond ASCII unchanged",
    run: (trial) => sendsHeaders(trial, { "greeting": "Grüße, 世界 🌍", "quotes": `"'\\\n` }),
  },
  {
    name: "delivers {} if there are no headers, and no headers that are undefined",
    run: async (trial) => {
      await sendsHeaders(trial, {});
      const { headers } = await roundTrip(trial, { headers: { there: "yes", absent: undefined } });
      assertEqual(headers, { there: "yes" }, "headers");
    },
  },
  {
    name: "delivers the content type, or none",
    run: async (trial) => {
      for (const contentType of ["application/json", "text/plain; charset=utf-8", undefined]) {
        assertEqual((await roundTrip(trial, { contentType })).contentType, contentType, "content type");
      }
    },
  },
  {
    name: "delivers replyTo, or none",
    run: async (trial) => {
      for (const replyTo of [await trial.channel(), undefined]) {
        assertEqual((await roundTrip(trial, { replyTo })).replyTo, replyTo, "reply to");
      }
    },
  },
  {
    name: "delivers all parts of a message together",
    run: async (trial) => {
      const message = toMessage({
        payload: toBytes("[1]"),
        headers: { topic: "a", other: "b" },
        contentType: "application/json",
        replyTo: await trial.channel(),
      });
      const { payload, headers, contentType, replyTo } = await roundTrip(trial, message);
      assertEqual(
        { payload: textOf({ payload }), headers, contentType, replyTo },
        { ...message, payload: "[1]" },
        "the message",
      );
    },
  },
  {
    name: "gives messages an id of their own, or none",
    run: async (trial) => {
      const [server, channel] = [await trial.server(), await trial.channel()];
      const consumer = await trial.consumer(server, channel);
      await trial.publish(server, channel, "same", "same", "same");
      const ids = (await consumer.collect(3)).map(({ messageId }) => messageId);
      if (ids.every((id) => id === undefined)) return;
      assert(ids.every((id) => typeof id === "string" && id !== ""), `ids are text: ${JSON.stringify(ids)}`);
      assertEqual(new Set(ids).size, 3, "number of different ids");
    },
  },
  {
    name: "accepts channel names beyond ASCII",
    run: async (trial) => {
      const suffix = "größe 世界/a+b%2F";
      const channel = await trial.channel(suffix);
      assert(channel.endsWith(suffix), `the harness made another channel: ${channel}`);
      await roundTrip(trial, {}, channel);
    },
  },
  {
    name: "delivers a channel's messages in their order",
    capabilities: ["ordered"],
    run: async (trial) => {
      const [server, channel, bodies] = [await trial.server(), await trial.channel(), numbered(100)];
      await trial.publish(server, channel, ...bodies);
      const consumer = await trial.consumer(server, channel);
      const each = (delivery: Delivery): Promise<void> => consumer.settle(delivery, "ack");
      const deliveries = await consumer.collect(bodies.length, { max: 7, each });
      assertEqual(deliveries.map(textOf), bodies, "order");
    },
  },
  {
    name: "accepts concurrent publications",
    run: async (trial) => {
      const [server, channel, bodies] = [await trial.server(), await trial.channel(), numbered(200)];
      await Promise.all(bodies.map((body) => trial.publish(server, channel, body)));
      const consumer = await trial.consumer(server, channel);
      const texts = (await consumer.collect(bodies.length)).map(textOf);
      assertEqual(texts.toSorted(), bodies.toSorted(), "messages");
    },
  },
];

async function sendsHeaders(trial: Trial, headers: Readonly<Record<string, string>>): Promise<void> {
  assertEqual((await roundTrip(trial, { headers })).headers, headers, "headers");
}

/** The message as it arrives. */
async function roundTrip(trial: Trial, parts: Partial<MessageData>, on?: string): Promise<Delivery> {
  const [server, channel] = [await trial.server(), on ?? await trial.channel()];
  const consumer = await trial.consumer(server, channel);
  await trial.send(server, channel, parts);
  const delivery = await consumer.next();
  assertEqual(delivery.channel, channel, "the channel's name");
  await consumer.settle(delivery, "ack");
  await consumer.close();
  return delivery;
}
