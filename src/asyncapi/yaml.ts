/**
 * Writes JSON values as YAML 1.2.
 * @module
 */

/** Text that every YAML reader reads as text: it starts like a word and contains no `: ` or ` #`. */
const PLAIN =
  /^[\p{L}$/_](?:[\p{L}\p{N}./$()+*=@&%!?~_,;'-]|[:#](?=[\p{L}\p{N}/])|[ ](?=[\p{L}\p{N}($/]))*$/u;

/** Words that are not text in YAML 1.1 or 1.2. */
const WORDS = /^(?:true|false|null|yes|no|on|off|y|n)$/i;

/** Text that a block keeps unchanged: printable, no white space at either end, at most one line break at the end. */
const BLOCK = /^[^\s\p{C}](?:(?:[^\p{C}\u2028\u2029]|\n)*[^\s\p{C}])?\n?$/u;

/** Characters that YAML requires to be escaped and JSON does not. */
const UNPRINTABLE = /[\x7f-\x9f\u2028\u2029\ufeff\ufffe\uffff]/g;

/** The longest key without `?`. The specification allows 1 024 characters, including quotes and escapes. */
const LONGEST_KEY = 1000;

/** A value of JSON as YAML: block style, two spaces, keys in their order. Ends with a line break. */
export function toYaml(value: unknown): string {
  if (typeof value === "string") return `${writeScalar(value)}\n`;
  return `${write(value, "").replace(/^\n/, "")}\n`;
}

/** What follows `key:` or `-`; a block starts with a line break. */
function write(value: unknown, indent: string): string {
  if (typeof value === "string") return writeText(value, indent);
  if (typeof value !== "object" || value === null) return JSON.stringify(value);
  if (Array.isArray(value)) {
    if (value.length === 0) return "[]";
    // A block in an item starts on the line of the item.
    return value.map((item) => `\n${indent}- ${write(item, `${indent}  `).trimStart()}`).join("");
  }
  const entries = Object.entries(value);
  if (entries.length === 0) return "{}";
  return entries.map(([key, field]) => `\n${indent}${writeKey(key, indent)}:${follow(field, `${indent}  `)}`)
    .join("");
}

function follow(value: unknown, indent: string): string {
  const written = write(value, indent);
  return written.startsWith("\n") ? written : ` ${written}`;
}

function writeKey(key: string, indent: string): string {
  const written = writeScalar(key);
  return written.length < LONGEST_KEY ? written : `? ${written}\n${indent}`;
}

function writeText(text: string, indent: string): string {
  if (!text.includes("\n") || !BLOCK.test(text)) return writeScalar(text);
  const lines = text.replace(/\n$/, "").split("\n").map((line) => line === "" ? "" : `${indent}${line}`);
  return `${text.endsWith("\n") ? "|" : "|-"}\n${lines.join("\n")}`;
}

function writeScalar(text: string): string {
  if (PLAIN.test(text) && !WORDS.test(text)) return text;
  return JSON.stringify(text).replace(
    UNPRINTABLE,
    (character) => `\\u${character.charCodeAt(0).toString(16).padStart(4, "0")}`,
  );
}
