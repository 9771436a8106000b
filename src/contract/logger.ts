/**
 * The loggers that come with Repid.
 * @module
 */
import { type KnownOptions, refuseUnknown } from "../_internal/known_options.ts";
import type { LogFunction, Logger, LogLevel } from "./events.ts";

const ORDER: readonly LogLevel[] = ["debug", "info", "warn", "error"];

/** Options of {@linkcode consoleLogger}. */
export interface ConsoleLoggerOptions {
  /** The lowest level that is written. Defaults to `"warn"`. */
  readonly level?: LogLevel | undefined;
}

const CONSOLE_LOGGER_OPTIONS: KnownOptions<ConsoleLoggerOptions> = { level: true };

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
  const { level = "warn" } = options;
  if (!ORDER.includes(level)) {
    throw new TypeError(`Cannot make a logger as its level is none of ${ORDER.join(", ")}: ${level}`);
  }
  const write = (at: LogLevel): LogFunction =>
    ORDER.indexOf(at) < ORDER.indexOf(level) ? () => {} : (event, fields) => {
      const { error, reason = error, ...rest } = fields as Readonly<Record<string, unknown>>;
      show(format(at, event, rest), reason);
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

function format(level: LogLevel, event: string, fields: object): string {
  const words = Object.entries(fields).filter(([, value]) => value !== undefined)
    .map(([key, value]) => `${key}=${typeof value === "object" ? JSON.stringify(value) : String(value)}`);
  return [new Date().toISOString(), level.toUpperCase(), event, ...words].join(" ");
}

/** Writes a line, and beside it what was thrown: that may be anything, even what does not let itself be looked at. */
function show(line: string, reason: unknown): void {
  if (reason === undefined) return console.error(line);
  try {
    // Bun writes the constants of every DOMException, and the stack of an abort says nothing.
    console.error(line, reason instanceof DOMException ? String(reason) : reason);
  } catch {
    console.error(line, `(a ${typeof reason} that cannot be shown)`);
  }
}
