/** @module */
import fc from "fast-check";
import assert from "node:assert/strict";
import { parse } from "yaml";
import { toYaml } from "../../src/asyncapi/yaml.ts";
import { test } from "../harness.ts";
import { everyFeature } from "./every_feature.ts";

const WORDS = [
  "",
  " ",
  "true",
  "No",
  "null",
  "~",
  "1",
  "1e3",
  "0x1",
  ".5",
  "2020-01-01",
  "a: b",
  "a #b",
  "- a",
  "? a",
  "a:",
  "&a",
  "*a",
  "!a",
  "%a",
  "@a",
  "`a",
  "|",
  ">",
  "'a",
  '"a',
  "{a",
  "[a",
  "a\nb",
  "a\n",
  "\na",
  "a\n\n",
  " a\nb",
  "a\n b\n  c",
  "a \nb",
  "a\tb\n",
  "a\r\nb",
  "\u0085",
  "\u2028",
  "\ufeff",
  "\u0000",
  "\ud800",
  "☃",
  "😀\n",
  "Ü ber",
  "---",
  "...",
  "<<",
  "=",
  "x, y",
  "it's; so",
  "$ref",
  "/a/b",
  "a\n\n\nb",
  "__proto__",
];

const text = fc.oneof(
  fc.constantFrom(...WORDS),
  fc.string(),
  fc.string({ unit: "binary" }),
  fc.string({ unit: fc.constantFrom("a", " ", "\n", ":", "#", "-", "\t", "ü") }),
);

const json: fc.Arbitrary<unknown> = fc.letrec((tie) => ({
  value: fc.oneof(
    { maxDepth: 4 },
    text,
    fc.integer(),
    fc.double({ noNaN: true, noDefaultInfinity: true }),
    fc.boolean(),
    fc.constant(null),
    fc.array(tie("value"), { maxLength: 4 }),
    fc.dictionary(text, tie("value"), { maxKeys: 4 }),
  ),
})).value;

test("toYaml() writes what a YAML reader reads as the same value", () => {
  fc.assert(
    fc.property(json, (value) => {
      const plain = JSON.parse(JSON.stringify(value));
      assert.deepEqual(parse(toYaml(plain), { version: "1.2" }), plain);
    }),
    { numRuns: 2_000, examples: WORDS.map((word) => [{ [word]: [word, { key: word }] }] as [unknown]) },
  );
});

test("toYaml() marks keys that are longer than YAML lets them be", () => {
  const value = { ["k".repeat(3_000)]: { [`"${"é".repeat(1_200)}`]: 1 }, list: [{ ["x".repeat(2_000)]: 2 }] };
  assert.deepEqual(parse(toYaml(value)), value);
});

test("toYaml() is for people: plain words, blocks of lines, no quotes without need", () => {
  const written = toYaml({
    title: "My app, for all",
    version: "1.0.0",
    text: "one\ntwo\n",
    empty: { list: [], record: {} },
    list: [{ $ref: "#/a", b: [1, [2]] }, "c"],
  });
  assert.equal(
    written,
    `title: My app, for all
version: "1.0.0"
text: |
  one
  two
empty:
  list: []
  record: {}
list:
  - $ref: "#/a"
    b:
      - 1
      - - 2
  - c
`,
  );
});

test("toYaml() writes the document of an application with every feature", () => {
  const document = everyFeature().asyncApiDocument();
  assert.deepEqual(parse(toYaml(document)), document);
});
