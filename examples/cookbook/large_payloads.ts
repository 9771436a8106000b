/**
 * Payloads above a size travel by reference: a pair of middlewares puts them into a store and fetches them again. Neither
 * who sends nor who handles knows of it.
 */
import type { ActorMiddleware, ProducerMiddleware } from "@repid/core";

/** A place for bytes. */
export interface PayloadStore {
  put(key: string, bytes: Uint8Array, options?: StoreOptions): Promise<void>;
  get(key: string, options?: StoreOptions): Promise<Uint8Array>;
  delete(key: string, options?: StoreOptions): Promise<void>;
}

/** Options of every call. */
export interface StoreOptions {
  /** Gives up when aborted. */
  readonly signal?: AbortSignal;
}

/** Says where the payload is. */
const HEADER = "x-payload-key";

/** Options of {@linkcode largePayloads}. */
export interface LargePayloadOptions {
  readonly store: PayloadStore;
  /** What is larger than this many bytes goes to the store. Defaults to 64 KiB. */
  readonly above?: number;
}

/** The two halves: producers need one, workers both. */
export interface LargePayloadMiddlewares {
  readonly producerMiddleware: ProducerMiddleware;
  readonly actorMiddleware: ActorMiddleware;
}

/**
 * Makes the pair. An object is deleted once its message was handled well. It stays while the message may come back (put
 * back, sent again by a policy, dead-lettered), so give the bucket a rule that removes what is older than that can take.
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
      // Handlers do not see the header: what they send on with the headers they got is another message.
      const result = await next({ message: { payload, headers } });
      if (message.action === "acked" || message.action === "replied") await store.delete(key);
      return result;
    },
  };
}
