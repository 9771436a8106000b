/**
 * The AMQP server is held against the suite for servers, on real brokers.
 * @module
 */
import { AmqpServer, type AmqpServerOptions } from "@repid/core/amqp";
import { testServer } from "@repid/core/conformance";
import { provideRabbit, type RabbitFlavour, startRabbit } from "../../brokers/rabbitmq.ts";
import { skip, test } from "../../harness.ts";
import process from "node:process";

const FLAVOURS: readonly (readonly [RabbitFlavour, AmqpServerOptions])[] = [
  ["RabbitMQ 4", {}],
  ["RabbitMQ 3", { names: "rabbitmq-v1" }],
  // Not part of the gate, as its packages move.
  ...process.env["REPID_TEST_RABBITMQ43"] ? [["RabbitMQ 4.3", {}] as const] : [],
];
/** RabbitMQ 3 alone takes a minute for its restarts, so that the gate leaves them out. */
const RESTARTS = process.env["REPID_TEST_RABBITMQ3"] !== undefined;

for (const [flavour, options] of FLAVOURS) {
  const found = await provideRabbit(flavour);
  if (found.kind !== "program") {
    skip(
      `AmqpServer on ${flavour}`,
      found.kind === "url" ? "its tests need a broker of their own" : found.reason,
    );
    continue;
  }
  // Outside of any test, as it outlives them; it ends with the test run.
  const rabbit = await startRabbit(found);
  const register = (name: string, fn: () => Promise<void>): void =>
    test(name, fn, { sanitizeOps: false, sanitizeResources: false });
  testServer(register, `AmqpServer on ${flavour}`, {
    create: () => new AmqpServer(rabbit.url, options),
    async channel(suffix = "") {
      const name = `${crypto.randomUUID()}${suffix}`;
      await rabbit.declareWithDeadLetters(name);
      return name;
    },
    deadLetters: (channel) => rabbit.peek(`${channel}.dead`),
    broker: flavour === "RabbitMQ 3" && !RESTARTS
      ? "its restarts take a minute: set REPID_TEST_RABBITMQ3"
      : rabbit,
    // A node needs up to 10 s to come back.
    patience: 40_000,
    skip: flavour === "RabbitMQ 3"
      ? { "accepts channel names beyond ASCII": "its plugin breaks off the connection at such an address" }
      : {},
  });
}
