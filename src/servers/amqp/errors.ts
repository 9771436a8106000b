/**
 * What an AMQP broker, or the way to it, refused.
 * @module
 */
import type { RheaError } from "./rhea.ts";

/** What was refused or lost. */
export type AmqpErrorScope = "connection" | "session" | "link" | "message";

/** More about an {@linkcode AmqpError}. */
export interface AmqpErrorOptions extends ErrorOptions {
  /** What was refused or lost. */
  readonly scope: AmqpErrorScope;
  /** The broker's own name of the reason. */
  readonly condition?: string | undefined;
  /** Whether trying again may help. */
  readonly isRetriable: boolean;
}

/** Thrown when a broker cannot be reached, refuses something, or goes away. */
export class AmqpError extends Error {
  /** The class's name, also after minification. */
  override readonly name = "AmqpError";
  /** What was refused or lost. */
  readonly scope: AmqpErrorScope;
  /** The reason as AMQP names it, such as `amqp:not-found`; `undefined` where the broker gave none. */
  readonly condition: string | undefined;
  /** Whether trying again may help: after a lost connection yes, with wrong credentials no. */
  readonly isRetriable: boolean;

  /** Says what could not be done. */
  constructor(message: string, options: AmqpErrorOptions) {
    super(message, options);
    this.scope = options.scope;
    this.condition = options.condition;
    this.isRetriable = options.isRetriable;
  }
}

/** What the peer said, in words. */
export function describe(error: unknown): string {
  const { condition, description, message } = (error ?? {}) as RheaError & { message?: string };
  const text = description ?? message;
  if (!condition) return text ?? "no reason given";
  return text && text !== condition ? `${condition}: ${text}` : condition;
}

/** The condition of what the peer said. */
export function conditionOf(error: unknown): string | undefined {
  const condition = (error as RheaError | undefined)?.condition;
  return condition === undefined ? undefined : String(condition);
}
