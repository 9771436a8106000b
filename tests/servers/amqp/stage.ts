/**
 * What the tests of the AMQP server have in common.
 * @module
 */
import type { Delivery, Subscription } from "@repid/core/server";
import type { MessageData } from "@repid/core";
import { AmqpServer, type AmqpServerOptions } from "@repid/core/amqp";
import type { PrivateRabbit } from "../../brokers/rabbitmq.ts";
import { test } from "../../harness.ts";

/** The node that they use, and how to register a test that has a connection to it. */
export interface Stage {
  readonly rabbit: PrivateRabbit;
  readonly register: (name: string, fn: (connected: Connected) => Promise<void>) => void;
}

/** rhea's connections keep timers for a while, and a broker that is started anew outlives its test. */
export const LENIENT = { sanitizeOps: false, sanitizeResources: false };

/** For tests of one node. */
export function stageFor(rabbit: PrivateRabbit): Stage {
  return {
    rabbit,
    register: (name, fn) =>
      test(name, async () => {
        const connected = await connect(rabbit);
        try {
          await fn(connected);
        } finally {
          await connected.close();
        }
      }, LENIENT),
  };
}

/** A server that is connected, and what it subscribes to. */
export interface Connected {
  readonly server: AmqpServer;
  subscribe(...channels: string[]): Promise<Subscription>;
  close(): Promise<void>;
}

/** Connects a server; to the node itself, unless another URL is given. */
export async function connect(
  rabbit: PrivateRabbit,
  url: string = rabbit.url,
  options: AmqpServerOptions = {},
): Promise<Connected> {
  const server = new AmqpServer(url, options);
  const connection = await server.connect();
  const subscriptions: Subscription[] = [];
  return {
    server,
    async subscribe(...channels) {
      const subscription = await server.subscribe(channels);
      subscriptions.push(subscription);
      return subscription;
    },
    async close() {
      await Promise.all(subscriptions.map((subscription) => subscription.close()));
      await connection.close();
    },
  };
}

/** Declares a quorum queue with dead letters. */
export async function newQueue(rabbit: PrivateRabbit): Promise<string> {
  const name = crypto.randomUUID();
  await rabbit.declareWithDeadLetters(name);
  return name;
}

/** Closes all connections of the node. The management API hears of them a moment after they were made. */
export async function closeAll(rabbit: PrivateRabbit): Promise<void> {
  while (await rabbit.closeConnections() === 0);
}

/** Publishes texts, all at once. */
export async function publish(
  server: AmqpServer,
  channel: string,
  bodies: readonly string[],
  topic = "work",
): Promise<void> {
  await Promise.all(bodies.map((body) => server.publish(channel, toMessage(body, topic), {})));
}

/** A message of text. */
export function toMessage(body: string, topic = "work"): MessageData {
  return {
    payload: new TextEncoder().encode(body),
    headers: { topic },
    contentType: undefined,
    replyTo: undefined,
  };
}

/** The text of a message. */
export function textOf({ payload }: Delivery): string {
  return new TextDecoder().decode(payload);
}

/** So many texts, all different. */
export function numbered(count: number): string[] {
  return Array.from({ length: count }, (_, index) => String(index).padStart(5, "0"));
}
