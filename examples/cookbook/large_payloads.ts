/**
 * Large payloads by reference: one middleware uploads them to a store, another one downloads them. Senders and handlers
 * stay unchanged.
 */
import type { ActorMiddleware, ProducerMiddleware } from "@repid/core";

/** A store for bytes, by key. */
export interface PayloadStore {
  put(key: string, bytes: Uint8Array, options?: StoreOptions): Promise<void>;
  get(key: string, options?: StoreOptions): Promise<Uint8Array>;
  delete(key: string, options?: StoreOptions): Promise<void>;
}

/** Options of each call. */
export interface StoreOptions {
  /** Cancels the call when aborted. */
  readonly signal?: AbortSignal;
}

/** The header that carries the key of the payload. */
const HEADER = "x-payload-key";

/** Options of {@linkcode largePayloads}. */
export interface LargePayloadOptions {
  readonly store: PayloadStore;
  /** Payloads larger than this many bytes go to the store. Defaults to 64 KiB. */
  readonly above?: number;
}

/** Both middlewares. Producers need the first one, workers need both. */
export interface LargePayloadMiddlewares {
  readonly producerMiddleware: ProducerMiddleware;
  readonly actorMiddleware: ActorMiddleware;
}

/**
 * Creates the two middlewares. An object is deleted after its message was handled successfully. It is kept if the message
 * was rejected, republished by a policy or dead-lettered, so give the bucket a lifecycle rule that deletes old objects.
 */
export function largePayloads({ store, above = 64 * 1024 }: LargePayloadOptions): LargePayloadMiddlewares {
  return {
    producerMiddleware: async ({ message }, next) => {
      if (message.payload.length <= above) return await next();
      const key = `payloads/${crypto.randomUUID()}`;
      await store.put(key, message.payload);
      const headers = { ...message.headers, [HEADER]: key };
      await next({ message: { ...message, payload: new Uint8Array(), headers } });
    },
    actorMiddleware: async ({ message, signal }, next) => {
      const { [HEADER]: key, ...headers } = message.headers;
      if (key === undefined) return await next();
      const payload = await store.get(key, { signal });
      // Handlers do not see the header: they may copy their headers to other messages.
      const result = await next({ message: { payload, headers } });
      if (message.action === "acked" || message.action === "replied") await store.delete(key);
      return result;
    },
  };
}
