/**
 * Faults: what happens to messages while a broker and workers die. Starts brokers of its own.
 *
 * deno task faults redis   or   deno task faults redis --on Valkey --messages 20000 --outage 60
 *
 * Each broker's module says what else it takes.
 * @module
 */
import process from "node:process";

/** Each broker's module, loaded when it is asked for; its `breakIt` takes the rest of the command line. */
const BROKERS: Readonly<
  Record<string, () => Promise<{ breakIt(args: readonly string[]): Promise<void> }>>
> = {
  redis: () => import("./redis.ts"),
  amqp: () => import("./amqp.ts"),
  pubsub: () => import("./pubsub.ts"),
};

const [broker = "", ...args] = process.argv.slice(2);
const load = BROKERS[broker];
if (!load) {
  console.error(
    `Cannot break anything as the broker is none of ${Object.keys(BROKERS).join(", ")}: ${broker}`,
  );
  process.exit(1);
}
await (await load()).breakIt(args);
process.exit(0);
