/**
 * What the faults have in common: a broker that can be broken, waiting with an end, and publishing.
 * @module
 */
import type { Server } from "@repid/core";
import type { BrokerProcess } from "../brokers/process.ts";

/** A broker of our own, to break. */
export interface Stage extends AsyncDisposable {
  /** What {@linkcode createServer} in `servers.ts` makes a server of, here and in worker processes. */
  readonly address: Address;
  /** What is killed, stopped and started again. */
  readonly process: Pick<BrokerProcess, "kill" | "start" | "signal">;
  /** Makes a channel ready for messages, where the server does not do that itself. */
  prepare?(channel: string): Promise<void>;
  /** Counts what is left of a channel, once everything should be gone. */
  leftovers(channel: string): Promise<Leftovers>;
}

/** Where a broker is. It goes to worker processes as text. */
export interface Address {
  /** Which of the servers in `servers.ts`. */
  readonly broker: string;
  readonly url: string;
}

/** What is left of a channel, by kind: messages that wait, that are in consumers' hands, dead letters. */
export type Leftovers = Readonly<Record<string, number>>;

/** Whether nothing at all is left. */
export function isNothing(left: Leftovers): boolean {
  return Object.values(left).every((count) => count === 0);
}

/** Asks again and again until it is so. Rejects when that takes too long. */
export async function until(what: string, isSo: () => Promise<boolean> | boolean, ms: number): Promise<void> {
  const end = performance.now() + ms;
  while (!await isSo()) {
    if (performance.now() > end) throw new Error(`Cannot wait longer than ${ms} ms until ${what}`);
    await pause(20);
  }
}

/** Waits. */
export function pause(ms: number): Promise<void> {
  return new Promise((resolve) => setTimeout(resolve, ms));
}

const encoder = new TextEncoder();

/** Publishes a message for the actor `work`, again and again until the broker has confirmed it. Answers how often that failed. */
export async function publishFirmly(server: Server, channel: string, body: string): Promise<number> {
  const message = {
    payload: encoder.encode(body),
    headers: { topic: "work" },
    contentType: undefined,
    replyTo: undefined,
  };
  for (let failures = 0;; failures++) {
    try {
      await server.publish(channel, message, {});
      return failures;
    } catch (error) {
      if (!server.isRetriable(error)) throw error;
      await pause(20);
    }
  }
}
