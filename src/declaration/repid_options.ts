/**
 * The options of an application.
 * @module
 */
import { type KnownOptions, refuseNoFunction, refuseUnknown } from "../_internal/known_options.ts";
import type { Logger } from "../contract/events.ts";
import type { JsonSchemaConverters } from "./json_schema.ts";
import { checkLogger } from "../contract/logger.ts";
import type { Contact, ExternalDocs, License, Tag } from "../contract/metadata.ts";
import type { ActorMiddleware, ProducerMiddleware } from "./middleware.ts";
import type { Serializer } from "../contract/serializer.ts";

/** Options of {@linkcode Repid}. */
export interface RepidOptions {
  /** The application's name. Defaults to `"Repid AsyncAPI"`. */
  readonly title?: string | undefined;
  /** The application's version. Defaults to `"0.0.1"`. */
  readonly version?: string | undefined;
  /** What it does, CommonMark allowed. */
  readonly description?: string | undefined;
  /** Where its terms of service are. */
  readonly termsOfService?: string | undefined;
  /** Who to ask about it. */
  readonly contact?: Contact | undefined;
  /** The terms it is offered under. */
  readonly license?: License | undefined;
  /** Labels. */
  readonly tags?: readonly Tag[] | undefined;
  /** Where to read more. */
  readonly externalDocs?: ExternalDocs | undefined;
  /** Turns values into payloads. Defaults to {@linkcode defaultSerializer}, JSON. */
  readonly defaultSerializer?: Serializer | undefined;
  /** Run around every actor, outside those of routers and actors. */
  readonly actorMiddlewares?: readonly ActorMiddleware[] | undefined;
  /** Run around every publication, those of actors and their replies included. */
  readonly producerMiddlewares?: readonly ProducerMiddleware[] | undefined;
  /** Converters for schema libraries without Standard JSON Schema, by vendor: `{ valibot: toJsonSchema }`. */
  readonly jsonSchemaConverters?: JsonSchemaConverters | undefined;
  /**
   * Where events go: an object with the methods `debug`, `info`, `warn` and `error`, such as `console`. Defaults to
   * {@linkcode consoleLogger}: warnings and errors, on standard error.
   */
  readonly logger?: Logger | undefined;
}

const REPID_OPTIONS: KnownOptions<RepidOptions> = {
  title: true,
  version: true,
  description: true,
  termsOfService: true,
  contact: true,
  license: true,
  tags: true,
  externalDocs: true,
  defaultSerializer: true,
  actorMiddlewares: true,
  producerMiddlewares: true,
  jsonSchemaConverters: true,
  logger: true,
};

/**
 * Refuses options that cannot work.
 *
 * @throws {TypeError} If one is not known, the logger is none, or the serializer or a converter is not a function.
 */
export function checkRepidOptions(options: RepidOptions): void {
  refuseUnknown("make an application", options, REPID_OPTIONS);
  const { logger, defaultSerializer, jsonSchemaConverters = {} } = options;
  if (logger !== undefined) checkLogger(logger);
  refuseNoFunction("make an application", { defaultSerializer });
  if (typeof jsonSchemaConverters !== "object" || jsonSchemaConverters === null) {
    throw new TypeError(
      `Cannot use the JSON Schema converters as they are not an object: ${typeof jsonSchemaConverters}`,
    );
  }
  refuseNoFunction("use the JSON Schema converters", jsonSchemaConverters);
}
