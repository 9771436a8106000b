/**
 * Who is compared, on which servers, and where.
 * @module
 */

/** The brokers. `pubsub` is Google's emulator, `pubsub-fake` a peer of ours that only counts. */
export type ServerName = "memory" | "redis" | "amqp" | "pubsub" | "pubsub-fake";

/** The runtimes. */
export type RuntimeName = "deno" | "bun" | "node";

/** One of those who are compared. */
export interface Entrant {
  /** As it is called in tables. */
  readonly name: string;
  readonly servers: readonly ServerName[];
  /** The module, from this folder. */
  readonly file: string;
  /** Which of the ways the module knows. */
  readonly variant?: string;
  /** Somebody else's library, with packages of its own. */
  readonly isPeer?: boolean;
  /** Its rate beside that of the others, about: so many messages fewer are sent to it. Defaults to 1. */
  readonly pace?: number;
  /** The root of another checkout of this project, which it is measured from. */
  readonly checkout?: string;
  /** Runs only where it is asked for by name. */
  readonly isExtra?: boolean;
}

const ALL: readonly ServerName[] = ["memory", "redis", "amqp", "pubsub", "pubsub-fake"];

/** Everybody. */
export const ENTRANTS: readonly Entrant[] = [
  { name: "repid", servers: ALL, file: "repid.ts", variant: "full" },
  { name: "repid plain", servers: ALL, file: "repid.ts", variant: "plain", isExtra: true },
  { name: "repid seam", servers: ALL, file: "repid.ts", variant: "seam", isExtra: true },
  { name: "bare loop", servers: ["memory"], file: "bare.ts" },
  { name: "p-queue", servers: ["memory"], file: "../peers/p_queue.ts", isPeer: true },
  { name: "ioredis by hand", servers: ["redis"], file: "raw_redis.ts" },
  { name: "ioredis deleting", servers: ["redis"], file: "raw_redis.ts", variant: "deleting", isExtra: true },
  { name: "ioredis eager", servers: ["redis"], file: "raw_redis.ts", variant: "eager", isExtra: true },
  { name: "BullMQ", servers: ["redis"], file: "../peers/bullmq.ts", isPeer: true, pace: 0.2 },
  { name: "Bee-Queue", servers: ["redis"], file: "../peers/bee_queue.ts", isPeer: true, pace: 0.25 },
  { name: "rhea by hand", servers: ["amqp"], file: "raw_amqp.ts" },
  { name: "amqplib", servers: ["amqp"], file: "../peers/amqplib.ts", isPeer: true },
  { name: "rabbitmq-client", servers: ["amqp"], file: "../peers/rabbitmq_client.ts", isPeer: true },
  { name: "gRPC by hand", servers: ["pubsub", "pubsub-fake"], file: "raw_pubsub.ts" },
  {
    name: "@google-cloud/pubsub",
    servers: ["pubsub", "pubsub-fake"],
    file: "../peers/google_pubsub.ts",
    isPeer: true,
    pace: 0.3,
  },
];

/** The framework of another checkout, such as the code before a change. */
export function repidOf(checkout: string): Entrant {
  return { name: "repid before", servers: ALL, file: "repid.ts", variant: "full", checkout };
}
