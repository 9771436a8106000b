/**
 * The servers that faults happen to, by name: worker processes are told only a name and a URL.
 * @module
 */
import type { Server } from "@repid/core";
import type { Address } from "./stage.ts";

/** How long a consumer may be silent before others take over from it, in milliseconds. */
export const LEASE = 2_000;

/** The server of an address. Each broker's client is loaded only where it is asked for. */
export async function createServer({ broker, url }: Address): Promise<Server> {
  switch (broker) {
    case "redis": {
      const { RedisServer } = await import("@repid/core/redis");
      return new RedisServer(url, { leaseDuration: LEASE });
    }
    default:
      throw new TypeError(`Cannot create a server as there is none of this name: ${broker}`);
  }
}
