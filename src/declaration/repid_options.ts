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
  /** The application's name in the AsyncAPI document. Defaults to `"Repid AsyncAPI"`. */
  readonly title?: string | undefined;
  /** The application's version in the AsyncAPI document. Defaults to `"0.0.1"`. */
  readonly version?: string | undefined;
  /** What the application does, CommonMark allowed. */
  readonly description?: string | undefined;
  /** The URL of its terms of service. */
  readonly termsOfService?: string | undefined;
  /** Contact information. */
  readonly contact?: Contact | undefined;
  /** Its license. */
  readonly license?: License | undefined;
  /** Labels. */
  readonly tags?: readonly Tag[] | undefined;
  /** Where to read more. */
  readonly externalDocs?: ExternalDocs | undefined;
  /** Turns values into payloads. Defaults to {@linkcode defaultSerializer}, JSON. */
  readonly defaultSerializer?: Serializer | undefined;
  /** Middlewares around every actor, outside those of routers and actors. */
  readonly actorMiddlewares?: readonly ActorMiddleware[] | undefined;
  /** Middlewares around every publication, including those of actors and their replies. */
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
 * Refuses invalid options.
 *
 * @throws {TypeError} If one is unknown, the logger is not a logger, or the serializer or a converter is not a function.
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
