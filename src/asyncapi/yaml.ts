/**
 * YAML 1.2 for data: what a JSON value looks like to a reader.
 * @module
 */

/** Text that no YAML reader takes for anything else: it starts like a word, and no `: ` or ` #` is in it. */
const PLAIN =
  /^[\p{L}$/_](?:[\p{L}\p{N}./$()+*=@&%!?~_,;'-]|[:#](?=[\p{L}\p{N}/])|[ ](?=[\p{L}\p{N}($/]))*$/u;

/** Words that are no text in YAML 1.1 or 1.2. */
const WORDS = /^(?:true|false|null|yes|no|on|off|y|n)$/i;

/** Lines that a block keeps as they are: printable, no white space at either end, at most one line break after them. */
const BLOCK = /^[^\s\p{C}](?:(?:[^\p{C}\u2028\u2029]|\n)*[^\s\p{C}])?\n?$/u;

/** What JSON leaves as it is and YAML wants escaped. */
const UNPRINTABLE = /[\x7f-\x9f\u2028\u2029\ufeff\ufffe\uffff]/g;

/** How long a key may be without a mark, as the specification has it: 1 024 characters, quotes and escapes included. */
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
    // A block within an item starts on the item's own line.
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
