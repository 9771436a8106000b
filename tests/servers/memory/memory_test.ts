/**
 * The in-memory server is held against the suite for servers.
 * @module
 */
import { InMemoryServer } from "@repid/core";
import { testServer } from "@repid/core/conformance";
import { test } from "../../harness.ts";

const server = new InMemoryServer({ deadLetterChannel: (channel) => `${channel}.dead` });

testServer(test, "InMemoryServer", {
  create: () => server,
  channel: (suffix = "") => `${crypto.randomUUID()} ${suffix}`,
  broker: "it lives in this process",
  async deadLetters(channel) {
    const connection = await server.connect();
    const subscription = await server.subscribe([`${channel}.dead`]);
    const deliveries = await subscription.take(100, 1);
    await subscription.close();
    await connection.close();
    return deliveries;
  },
});
