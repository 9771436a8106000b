/**
 * Tests of the Pub/Sub server on a service of their own, which does whatever they want.
 * @module
 */
import type { Delivery } from "@repid/core/server";
import type { MessageData, ServerSpecificParameters } from "@repid/core";
import { PubsubServer, type PubsubServerOptions } from "@repid/core/pubsub";
import { PROJECT } from "../../brokers/pubsub.ts";
import { PubsubService, type ServiceOptions } from "../../brokers/pubsub_service.ts";
import { test } from "../../harness.ts";
import { collect } from "../collect.ts";

/** What a test has. */
export interface PubsubParts {
  readonly service: PubsubService;
  /** A connected server. */
  readonly server: PubsubServer;
  /** Publishes text, for the actor `work`. */
  readonly send: (
    channel: string,
    text: string,
    parameters?: ServerSpecificParameters,
    parts?: Partial<MessageData>,
  ) => Promise<void>;
}

/** How the test's server and service are made. */
export interface PubsubTestOptions {
  readonly server?: Partial<PubsubServerOptions>;
  readonly service?: ServiceOptions;
}

/** A test with a service and a server that is connected to it. */
export function onService(
  name: string,
  look: (parts: PubsubParts) => Promise<void>,
  options: PubsubTestOptions = {},
): void {
  test(name, async () => {
    await using service = await PubsubService.start(options.service);
    const server = new PubsubServer(`${service.url}/projects/${PROJECT}`, { ...options.server });
    await using _connection = await server.connect();
    await look({
      service,
      server,
      send: (channel, text, parameters = {}, parts = {}) =>
        server.publish(channel, toMessage(text, { headers: { topic: "work" }, ...parts }), parameters),
    });
  });
}

/** A message of text. */
export function toMessage(text: string, parts: Partial<MessageData> = {}): MessageData {
  const payload = new TextEncoder().encode(text);
  return { payload, headers: {}, contentType: undefined, replyTo: undefined, ...parts };
}

/** The text of a message. */
export function textOf({ payload }: { readonly payload: Uint8Array }): string {
  return new TextDecoder().decode(payload);
}

/** So many messages of a channel, each settled as it is told. */
export async function take(
  server: PubsubServer,
  channel: string,
  count: number,
  each: (delivery: Delivery) => Promise<unknown>,
): Promise<Delivery[]> {
  const subscription = await server.subscribe([channel]);
  const taken = await collect(subscription, count, each);
  await subscription.close();
  return taken;
}
