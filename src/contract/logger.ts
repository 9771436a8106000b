/**
 * The loggers that come with Repid.
 * @module
 */
import { type KnownOptions, refuseUnknown } from "../_internal/known_options.ts";
import { type StackFrames, textOfError } from "./error_text.ts";
import type { LogFunction, Logger, LogLevel } from "./events.ts";

const ORDER: readonly LogLevel[] = ["debug", "info", "warn", "error"];

/** Options of {@linkcode consoleLogger}. */
export interface ConsoleLoggerOptions {
  /** The lowest level that is written. Defaults to `"warn"`. */
  readonly level?: LogLevel | undefined;
  /**
   * Which frames of an error's stack are written below the line: `own` leaves out those inside this library, `full` writes
   * all. Defaults to `"own"`.
   */
  readonly stack?: StackFrames | undefined;
}

const CONSOLE_LOGGER_OPTIONS: KnownOptions<ConsoleLoggerOptions> = { level: true, stack: true };

/**
 * Writes one readable line per event to standard error, and the stack of an event's error below it. The default of an
 * application, at level `"warn"`.
 *
 * @example
 * ```ts
 * import { consoleLogger, Repid } from "@repid/core";
 *
 * const app = new Repid({ logger: consoleLogger({ level: "info" }) });
 * ```
 *
 * @throws {TypeError} If an option or the level is not known.
 */
export function consoleLogger(options: ConsoleLoggerOptions = {}): Logger {
  refuseUnknown("make a logger", options, CONSOLE_LOGGER_OPTIONS);
  const { level = "warn", stack = "own" } = options;
  if (!ORDER.includes(level)) {
    throw new TypeError(`Cannot make a logger as its level is none of ${ORDER.join(", ")}: ${level}`);
  }
  if (stack !== "own" && stack !== "full") {
    throw new TypeError(`Cannot make a logger as its stack is neither own nor full: ${String(stack)}`);
  }
  const write = (at: LogLevel): LogFunction =>
    ORDER.indexOf(at) < ORDER.indexOf(level) ? () => {} : (event, fields) => {
      const { error, reason = error, ...rest } = fields as Readonly<Record<string, unknown>>;
      const line = format(at, event, rest);
      console.error(reason === undefined ? line : `${line}\n${textOfError(reason, stack)}`);
    };
  return { debug: write("debug"), info: write("info"), warn: write("warn"), error: write("error") };
}

/** Writes nothing. */
export const silentLogger: Logger = { debug() {}, info() {}, warn() {}, error() {} };

/**
 * Refuses an object that is not a logger.
 *
 * @throws {TypeError} If one of the four methods is missing.
 */
export function checkLogger(logger: Logger): void {
  const missing = ORDER.filter((level) => typeof logger?.[level] !== "function");
  if (missing.length === 0) return;
  const methods = missing.length === 1 ? "method" : "methods";
  throw new TypeError(
    `Cannot use the logger as it has no ${methods} ${
      missing.join(", ")
    }: ${typeof logger}, where console would do`,
  );
}

/** One line, whatever the values are. */
function format(level: LogLevel, event: string, fields: object): string {
  const words = Object.entries(fields).filter(([, value]) => value !== undefined)
    .map(([key, value]) => `${key}=${textOf(value)}`);
  return [new Date().toISOString(), level.toUpperCase(), event, ...words].join(" ");
}

function textOf(value: unknown): string {
  if (typeof value === "object") return JSON.stringify(value);
  const text = String(value);
  // deno-lint-ignore no-control-regex -- a line break or an escape sequence in a value must not look like another line
  return /[\u0000-\u001f\u007f\u2028\u2029]/.test(text) ? JSON.stringify(text) : text;
}
