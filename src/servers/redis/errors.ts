/**
 * Errors of the adapter itself. Those of Redis and of `ioredis` are thrown as they are.
 * @module
 */

/** Options of {@linkcode RedisError}. */
export interface RedisErrorOptions extends ErrorOptions {
  /** Whether trying again may help. */
  readonly isRetriable: boolean;
}

/** The adapter could not do what it was asked for. Redis' own errors are thrown as `ioredis` has them. */
export class RedisError extends Error {
  /** The name of the class, also after minification. */
  override readonly name = "RedisError";
  /** Whether trying again may help: `true` for a lost connection, `false` for a stream that may not be created. */
  readonly isRetriable: boolean;

  /** With a text and, as an option, a cause. */
  constructor(message: string, options: RedisErrorOptions) {
    super(message, options);
    this.isRetriable = options.isRetriable;
  }
}
