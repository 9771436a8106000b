/**
 * What only newer servers can do.
 * @module
 */
import type { Redis } from "ioredis";

/** Found out by asking, not by the version: Valkey counts its own. */
export interface RedisFeatures {
  /** `XACKDEL`, which deletes an entry with its last acknowledgement: Redis 8.2. */
  readonly xackdel: boolean;
  /** `XREADGROUP … CLAIM`, which also reads what fell silent: Redis 8.4. */
  readonly claim: boolean;
}

/** Of a server that is not known yet. */
export const NO_FEATURES: RedisFeatures = { xackdel: false, claim: false };

/** Asks. A server or a user that may not say counts as one without. Rejects where the connection is lost. */
export async function lookForFeatures(redis: Redis): Promise<RedisFeatures> {
  const [xackdel, xreadgroup] = await Promise.all([
    tell(redis, "INFO", "XACKDEL"),
    tell(redis, "DOCS", "XREADGROUP"),
  ]);
  return {
    xackdel: Array.isArray(xackdel) && Array.isArray(xackdel[0]),
    claim: JSON.stringify(xreadgroup).includes('"CLAIM"'),
  };
}

async function tell(redis: Redis, ...args: readonly string[]): Promise<unknown> {
  try {
    return await redis.call("COMMAND", ...args);
  } catch (error) {
    if (error instanceof Error && error.name === "ReplyError") return [];
    throw error;
  }
}
