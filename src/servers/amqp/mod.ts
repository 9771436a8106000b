/**
 * AMQP 1.0: RabbitMQ 4, RabbitMQ 3 with its plugin, and other brokers that speak it. Needs `npm:rhea`.
 *
 * @example
 * ```ts
 * import { Repid } from "@repid/core";
 * import { AmqpServer } from "@repid/core/amqp";
 *
 * const app = new Repid();
 * app.servers.register("rabbitmq", new AmqpServer("amqp://localhost"));
 * ```
 * @module
 */
export type { TlsOptions } from "../../contract/tls.ts";
export type { AmqpNames, AmqpNaming } from "./address.ts";
export { AmqpError, type AmqpErrorOptions, type AmqpErrorScope } from "./errors.ts";
export { type AmqpModification, annotationsOf, modify } from "./modify.ts";
export type { AmqpServerOptions } from "./options.ts";
export type { AmqpMessageHeader, AmqpMessageProperties, AmqpParameters } from "./parameters.ts";
export { AmqpServer } from "./server.ts";
