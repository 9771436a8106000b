/**
 * For authors of servers: what Repid expects of a broker adapter. Implement {@linkcode Server}, and test it with
 * `testServer` of `@repid/core/conformance`.
 *
 * @example
 * ```ts
 * import { SharedConnection } from "@repid/core/server";
 *
 * const shared = new SharedConnection({
 *   open: () => Promise.resolve(console.log("connect to the broker")),
 *   shut: () => Promise.resolve(console.log("disconnect from the broker")),
 * });
 * const connection = await shared.connect();
 * await connection.close();
 * ```
 * @module
 */
export type {
  BaseMessage,
  Capabilities,
  Connection,
  ConnectOptions,
  Delivery,
  DeliveryResult,
  MessageData,
  MessageHeaders,
  Server,
  ServerSpecificParameters,
  Settlement,
  SubscribeOptions,
  Subscription,
} from "./server.ts";
export { SharedConnection, type SharedConnectionOptions } from "./connection.ts";
export { NotConnectedError } from "./errors.ts";
export type * from "./metadata.ts";
export type { TlsOptions } from "./tls.ts";
