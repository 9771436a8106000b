/**
 * The layout: which folder may import which, and how long a file may be.
 * @module
 */
import assert from "node:assert/strict";
import { readFileSync } from "node:fs";
import { dirname, join } from "node:path";
import { test } from "../harness.ts";
import { importsOf, isIn, listSources, localImportsOf, readLayers, readSource, ROOT } from "./layers.ts";

/** The longest a file may be unless its module comment says why. */
const LONGEST = 300;

const layers = readLayers();
const files = listSources();
const layerOf = (file: string) => layers.find(({ place }) => isIn(file, place));

test("docs/architecture.md: the table names what is in src/, and nothing else", () => {
  assert.deepEqual(files.filter((file) => !layerOf(file)), []);
  assert.deepEqual(layers.filter(({ place }) => !files.some((file) => isIn(file, place))), []);
  const places = layers.map(({ place }) => place);
  const isPlace = (name: string): boolean => places.some((place) => isIn(name, place));
  assert.deepEqual(layers.flatMap(({ mayImport }) => mayImport).filter((name) => !isPlace(name)), []);
});

test("docs/architecture.md: what a layer may import never leads back to it", () => {
  const reach = (place: string, seen = new Set<string>()): Set<string> => {
    for (const next of layers.find((layer) => layer.place === place)?.mayImport ?? []) {
      if (!seen.has(next)) reach(next, seen.add(next));
    }
    return seen;
  };
  assert.deepEqual(layers.filter(({ place }) => reach(place).has(place)), []);
});

test("src: only app.ts and cli.ts are not in a folder", () => {
  assert.deepEqual(files.filter((file) => !file.includes("/")), ["app.ts", "cli.ts"]);
});

test("src: imports go down the layers only", () => {
  const wrong = files.flatMap((file) =>
    localImportsOf(file)
      .filter((target) => layerOf(target) !== layerOf(file))
      .filter((target) => !layerOf(file)?.mayImport.some((place) => isIn(target, place)))
      .map((target) => `${file} → ${target}`)
  );
  assert.deepEqual(wrong, []);
});

test("src/servers: no server imports another", () => {
  const serverOf = (file: string): string | undefined => /^servers\/(\w+)\//.exec(file)?.[1];
  const wrong = files.filter((file) => file.startsWith("servers/")).flatMap((file) =>
    localImportsOf(file)
      .filter((target) => target.startsWith("servers/") && serverOf(target) !== serverOf(file))
      .map((target) => `${file} → ${target}`)
  );
  assert.deepEqual(wrong, []);
});

test("src: no file imports itself, by way of others; types included", () => {
  const cycles: string[] = [];
  const done = new Set<string>();
  const visit = (file: string, path: readonly string[]): void => {
    if (path.includes(file)) return void cycles.push([...path.slice(path.indexOf(file)), file].join(" → "));
    if (done.has(file)) return;
    for (const target of localImportsOf(file)) {
      if (files.includes(target)) visit(target, [...path, file]);
    }
    done.add(file);
  };
  for (const file of files) visit(file, []);
  assert.deepEqual(cycles, []);
});

test("mod.ts: loads no package", () => {
  const seen = new Set<string>();
  const foreign: string[] = [];
  const visit = (file: string): void => {
    if (seen.has(file)) return;
    seen.add(file);
    for (const specifier of importsOf(readFileSync(join(ROOT, file), "utf8"))) {
      if (specifier.startsWith(".")) visit(join(dirname(file), specifier));
      else if (!specifier.startsWith("node:")) foreign.push(`${file} → ${specifier}`);
    }
  };
  visit("mod.ts");
  assert.ok(seen.size > 30, "the walk found the source");
  assert.deepEqual(foreign, []);
});

test("src: imports carry their extension, and no file imports from JSR", () => {
  const isWrong = (specifier: string): boolean =>
    specifier.startsWith("jsr:") || (specifier.startsWith(".") && !/\.(ts|js|json)$/.test(specifier));
  const wrong = files.flatMap((file) =>
    importsOf(readSource(file)).filter(isWrong).map((specifier) => `${file} → ${specifier}`)
  );
  assert.deepEqual(wrong, []);
});

test(`src: a file of more than ${LONGEST} lines says why`, () => {
  const wrong = files.filter((file) => {
    const text = readSource(file);
    const [moduleComment = ""] = text.split("@module", 1);
    return text.split("\n").length > LONGEST + 1 && !/over 300 lines/i.test(moduleComment);
  });
  assert.deepEqual(wrong, []);
});
