/**
 * The table of events, read from where they are declared.
 * @module
 */
import { EVENT_LEVELS } from "@repid/core";
import { read } from "./markdown.ts";

/** What the types that several events share consist of. */
const SHARED: Readonly<Record<string, readonly string[]>> = {
  RunningMessage: ["actor", "channel", "messageId"],
  SettledMessage: ["channel", "messageId", "action"],
};

/** An event in words. */
interface Described {
  readonly name: string;
  readonly level: string;
  readonly words: string;
  readonly fields: readonly string[];
}

/** The rows of the table, its head first. */
export function eventRows(): string[][] {
  const rows = describedEvents().map(({ name, level, words, fields }) => [
    `\`${name}\``,
    level,
    words,
    fields.map((field) => `\`${field}\``).join(", "),
  ]);
  return [["event", "level", "when", "fields"], ...rows];
}

function describedEvents(): Described[] {
  const [, declared = ""] =
    /export interface EventFields \{\n(.*?)\n\}/s.exec(read("src/contract/events.ts")) ?? [];
  const each = /\/\*\*(?<text>.*?)\*\/\s+"(?<name>[\w.]+)":(?<type>.*?);(?=\n {2}\/\*\*|$)/gs;
  const found = [...declared.matchAll(each)].map(({ groups: { text = "", name = "", type = "" } = {} }) => {
    const [level = "", ...words] = text.replaceAll(/\s*\n\s*\* ?|\s+/g, " ").trim().split(": ");
    return { name, level, words: firstSentence(words.join(": ")), fields: fieldsOf(type) };
  });
  const declaredLevels = Object.fromEntries(found.map(({ name, level }) => [name, level]));
  if (JSON.stringify(declaredLevels) !== JSON.stringify(EVENT_LEVELS)) {
    throw new Error("Cannot make the table of events as their comments do not say what EVENT_LEVELS does");
  }
  return found;
}

function firstSentence(text: string): string {
  return /^.*?(?=[.;](?:\s|$))/.exec(text)?.[0] ?? text;
}

function fieldsOf(type: string): string[] {
  const shared = Object.keys(SHARED).find((name) => new RegExp(`^\\s*${name}\\b`).test(type));
  const own = [...type.matchAll(/readonly (\w+):/g)].map(([, name = ""]) => name);
  return [...SHARED[shared ?? ""] ?? [], ...own];
}
