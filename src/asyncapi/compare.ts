/**
 * The differences between two documents, as text.
 * @module
 */

/**
 * Every difference on a line of its own: `+` if only `after` has it, `-` if only `before` has it, `~` if it changed, and a JSON
 * pointer. The order of keys does not matter. Empty if nothing differs.
 */
export function compareDocuments(before: unknown, after: unknown, path: string = ""): string[] {
  if (isRecord(before) && isRecord(after)) {
    const keys = new Set([...Object.keys(before), ...Object.keys(after)]);
    return [...keys].flatMap((key) => {
      const below = `${path}/${key.replaceAll("~", "~0").replaceAll("/", "~1")}`;
      if (!Object.hasOwn(before, key)) return [`+ ${below}: ${show(after[key])}`];
      if (!Object.hasOwn(after, key)) return [`- ${below}: ${show(before[key])}`];
      return compareDocuments(before[key], after[key], below);
    });
  }
  if (Array.isArray(before) && Array.isArray(after)) {
    return compareDocuments({ ...before }, { ...after }, path);
  }
  const same = JSON.stringify(before) === JSON.stringify(after);
  return same ? [] : [`~ ${path || "/"}: ${show(before)} → ${show(after)}`];
}

/** The longest value that is shown in full. */
const LONGEST = 100;

function show(value: unknown): string {
  const text = JSON.stringify(value);
  return text.length <= LONGEST ? text : `${text.slice(0, LONGEST)}…`;
}

function isRecord(value: unknown): value is Record<string, unknown> {
  return typeof value === "object" && value !== null && !Array.isArray(value);
}
