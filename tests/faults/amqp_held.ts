/**
 * One message is held for long while many others pass.
 * @module
 */
import { Repid, Router, silentLogger } from "@repid/core";
import { AmqpServer } from "@repid/core/amqp";
import type { PrivateRabbit } from "../brokers/rabbitmq.ts";
import { Progress } from "./progress.ts";
import { pause, publishFirmly } from "./stage.ts";

const WINDOW = 200;
const PATIENCE = 30_000;

/** What came of it. */
export interface HeldFigures {
  /** Others that were handled while it was held. */
  readonly passed: number;
  /** Handled more than once, counting each time but the first. */
  readonly duplicates: number;
  /** How long it was held, in milliseconds. */
  readonly held: number;
}

/** Holds the first message until the others have passed, and for so many seconds at least. */
export async function holdOne(
  rabbit: PrivateRabbit,
  { others, seconds }: { readonly others: number; readonly seconds: number },
): Promise<HeldFigures> {
  const channel = crypto.randomUUID();
  await rabbit.declareQueue(channel);
  const server = new AmqpServer(rabbit.url);
  const passed = new Progress(PATIENCE);
  const [holding, released] = [Promise.withResolvers<void>(), Promise.withResolvers<void>()];
  const app = new Repid({ logger: silentLogger });
  app.servers.register("amqp", server);
  const router = new Router({ channel });
  router.actor({ name: "work" }, async (_, { message }) => {
    if (message.text() !== "held") return passed.add(message.text());
    holding.resolve();
    await released.promise;
  });
  app.includeRouter(router);
  const connection = await server.connect();
  // Exactly as many as there are: handled again, one of them would be missing.
  const running = app.runWorker({ tasksLimit: 50, messagesLimit: others + 1, osSignals: [] });
  await publishFirmly(server, channel, "held");
  await holding.promise;
  const since = performance.now();
  for (let next = 0; next < others; next += WINDOW) {
    const count = Math.min(WINDOW, others - next);
    await Promise.all(
      Array.from({ length: count }, (_, index) => publishFirmly(server, channel, `${next + index}`)),
    );
  }
  await passed.reaches(others);
  await pause(Math.max(0, seconds * 1_000 - (performance.now() - since)));
  const held = performance.now() - since;
  released.resolve();
  await running;
  await connection.close();
  return { passed: passed.size, duplicates: passed.duplicates, held };
}
