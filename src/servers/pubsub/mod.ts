/**
 * Google Cloud Pub/Sub, over gRPC. Needs `@grpc/grpc-js` and `protobufjs`; with Google's own credentials also
 * `google-auth-library`.
 * @module
 */
export type { PublishBatch, PubsubNames, PubsubServerOptions, RetryDelay } from "./options.ts";
export type { TlsOptions } from "../../contract/tls.ts";
export type { PubsubParameters } from "./parameters.ts";
export { PubsubServer } from "./server.ts";
export { PubsubError } from "./status.ts";
