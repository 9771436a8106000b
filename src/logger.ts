/**
 * The loggers that come with Repid.
 * @module
 */
import type { LogFunction, Logger, LogLevel } from "./events.ts";

const ORDER: readonly LogLevel[] = ["debug", "info", "warn", "error"];

/** Options of {@linkcode consoleLogger}. */
export interface ConsoleLoggerOptions {
  /** The least level that is written. Defaults to `"warn"`. */
  readonly level?: LogLevel;
}

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
 */
export function consoleLogger(options: ConsoleLoggerOptions = {}): Logger {
  const { level = "warn" } = options;
  const write = (at: LogLevel): LogFunction =>
    ORDER.indexOf(at) < ORDER.indexOf(level)
      ? () => {}
      : (event, fields) => console.error(...format(at, event, fields));
  return { debug: write("debug"), info: write("info"), warn: write("warn"), error: write("error") };
}

/** Says nothing. */
export const silentLogger: Logger = { debug() {}, info() {}, warn() {}, error() {} };

function format(level: LogLevel, event: string, fields: object): unknown[] {
  const { error, reason = error, ...rest } = fields as Readonly<Record<string, unknown>>;
  const words = Object.entries(rest).filter(([, value]) => value !== undefined)
    .map(([key, value]) => `${key}=${typeof value === "object" ? JSON.stringify(value) : String(value)}`);
  const line = [new Date().toISOString(), level.toUpperCase(), event, ...words].join(" ");
  // Bun writes the constants of every DOMException, and the stack of an abort says nothing.
  const shown = reason instanceof DOMException ? String(reason) : reason;
  return reason === undefined ? [line] : [line, shown];
}
