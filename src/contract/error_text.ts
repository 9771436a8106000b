/**
 * Errors as text for a log: the message, where it was thrown, and what caused it.
 * @module
 */

/** Which frames of a stack are shown: those outside this library, or all. */
export type StackFrames = "own" | "full";

/** How deep causes are followed. */
const DEEPEST = 5;

/**
 * Where this library's modules are; `undefined` if they were bundled with the application's, as their frames cannot be told
 * apart then.
 */
const LIBRARY: string | undefined = /^(.*\/src\/)contract\/error_text\.[jt]s$/.exec(import.meta.url ?? "")
  ?.[1];
const LIBRARY_PLACES: readonly string[] = LIBRARY === undefined
  ? []
  : [LIBRARY, decodeURIComponent(LIBRARY.replace(/^file:\/\//, ""))];

/** The text of whatever was thrown, several lines of it indented. Never throws. */
export function textOfError(error: unknown, frames: StackFrames): string {
  try {
    return describe(error, frames, 0).map((line) => `  ${printable(line)}`).join("\n");
  } catch {
    return `  (something that cannot be shown)`;
  }
}

/** A carriage return or an escape sequence in an error must not erase a line of the log, or look like another one. */
function printable(line: string): string {
  return line.replace(
    // deno-lint-ignore no-control-regex -- these are what is looked for
    /[\u0000-\u0008\u000a-\u001f\u007f-\u009f\u2028\u2029]/g,
    (character) => `\\u${character.charCodeAt(0).toString(16).padStart(4, "0")}`,
  );
}

function describe(error: unknown, frames: StackFrames, depth: number): string[] {
  // Anything may be thrown. Other objects may hold a payload: they are only named.
  if (!(error instanceof Error)) {
    return typeof error === "object" && error !== null
      ? [Object.prototype.toString.call(error)]
      : String(error).split(/\r?\n/);
  }
  const header = `${error.name}: ${error.message}`.split(/\r?\n/);
  const lines = [...header, ...framesOf(error, frames)];
  if (depth === DEEPEST) return lines;
  const { cause } = error;
  if (cause !== undefined) lines.push(...labelled("caused by", cause, frames, depth));
  if (error instanceof AggregateError) {
    for (const one of error.errors) lines.push(...labelled("one of", one, frames, depth));
  }
  return lines;
}

function labelled(label: string, error: unknown, frames: StackFrames, depth: number): string[] {
  const [first = "", ...others] = describe(error, frames, depth + 1);
  return [`${label} ${first}`, ...others.map((line) => `  ${line}`)];
}

function framesOf(error: Error, frames: StackFrames): string[] {
  // The stack of an abort or a timeout only says where the signal was made.
  if (typeof DOMException !== "undefined" && error instanceof DOMException) return [];
  const lines = String(error.stack ?? "").split("\n").filter((line) => /^\s+at /.test(line));
  const shown = frames === "full" ? lines : lines.filter((line) => !isLibrary(line));
  return shown.map((line) => `  ${line.trim()}`);
}

function isLibrary(frame: string): boolean {
  return LIBRARY_PLACES.some((place) => frame.includes(place));
}
