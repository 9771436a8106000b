/**
 * The house: who may import whom, and how big a room may be. The table is the one in the architecture.
 * @module
 */
import assert from "node:assert/strict";
import { readdirSync, readFileSync } from "node:fs";
import { dirname, join, relative } from "node:path";
import { fileURLToPath } from "node:url";
import { test } from "../harness.ts";

const ROOT = join(dirname(fileURLToPath(import.meta.url)), "../..");

/** From the bottom up: a file may import from its own layer and from those below it. */
const LAYERS: readonly (readonly [name: string, files: readonly string[]])[] = [
  ["_internal", ["_internal/"]],
  [
    "contract",
    [
      "channel.ts",
      "connection.ts",
      "errors.ts",
      "events.ts",
      "logger.ts",
      "metadata.ts",
      "serializer.ts",
      "server.ts",
      "standard_schema.ts",
    ],
  ],
  [
    "declaration",
    [
      "actor.ts",
      "confirmation.ts",
      "contradictions.ts",
      "converter.ts",
      "dependency.ts",
      "json_schema.ts",
      "message.ts",
      "middleware.ts",
      "registry.ts",
      "router.ts",
      "routing.ts",
      "schema.ts",
      "closed_schemas.ts",
      "validation.ts",
    ],
  ],
  [
    "execution",
    [
      "context.ts",
      "decision.ts",
      "dispatch.ts",
      "execution.ts",
      "handling.ts",
      "in_flight.ts",
      "injection.ts",
      "keep_alive.ts",
      "pending_attempt.ts",
      "policies/",
      "producer.ts",
      "refusals.ts",
      "run.ts",
      "run_call.ts",
      "send_options.ts",
      "settling.ts",
      "unrouted.ts",
    ],
  ],
  [
    "worker",
    [
      "health.ts",
      "signals.ts",
      "subscriptions.ts",
      "worker.ts",
      "worker_limits.ts",
      "worker_monitor.ts",
    ],
  ],
  ["app", ["app.ts", "app_options.ts"]],
];

/** Rooms beside the stairs: what they may import, by layer or by folder. `mod.ts` is the public face. */
const SIDE_ROOMS: readonly (readonly [folder: string, mayImport: readonly string[]])[] = [
  ["servers/", ["contract", "_internal"]],
  ["asyncapi/", ["declaration", "contract", "_internal"]],
  ["testing/", [
    "app",
    "worker",
    "execution",
    "declaration",
    "contract",
    "_internal",
    "mod",
    "servers/memory.ts",
  ]],
  ["workers/", ["_internal"]],
  ["opentelemetry/", ["mod", "declaration", "contract", "_internal"]],
  ["cli", ["mod", "app", "asyncapi/", "declaration", "contract", "_internal"]],
];

/** Who may reach into a side room. */
const OPEN_ROOMS: Readonly<Record<string, readonly string[]>> = { app: ["asyncapi/"] };

/** The longest a file may be without a word about it in its module doc. */
const LONGEST = 300;

const files = list(join(ROOT, "src"));

function list(folder: string): string[] {
  return readdirSync(folder, { recursive: true, encoding: "utf8" })
    .filter((path) => path.endsWith(".ts"))
    .map((path) => path.replaceAll("\\", "/"))
    .sort();
}

function read(file: string): string {
  return readFileSync(join(ROOT, "src", file), "utf8");
}

interface Import {
  readonly specifier: string;
  readonly isType: boolean;
}

function importsOf(text: string): Import[] {
  const code = text.replaceAll(/\/\*[\s\S]*?\*\//g, "").replaceAll(/^\s*\/\/.*$/gm, "");
  const statements = code.matchAll(
    /^(?:import|export)\s(?<type>type\s)?[^;"']*?from\s*["'](?<specifier>[^"']+)["']/gm,
  );
  const bare = code.matchAll(/\bimport\s*\(?\s*["'](?<specifier>[^"']+)["']/g);
  return [...statements, ...bare].map(({ groups }) => ({
    specifier: groups?.specifier ?? "",
    isType: groups?.type !== undefined,
  }));
}

/** The file that a relative import means, from `src/`. */
function resolve(file: string, specifier: string): string {
  return relative(join(ROOT, "src"), join(ROOT, "src", dirname(file), specifier)).replaceAll("\\", "/");
}

function isIn(file: string, place: string): boolean {
  return file === place || (place.endsWith("/") && file.startsWith(place)) ||
    (!place.includes(".") && !place.endsWith("/") &&
      (file === `${place}.ts` || file.startsWith(`${place}/`)));
}

function layerOf(file: string): string | undefined {
  return LAYERS.find(([, places]) => places.some((place) => isIn(file, place)))?.[0];
}

/** What a file may import: names of layers, and places. */
function allowed(file: string): readonly string[] {
  const room = SIDE_ROOMS.find(([place]) => isIn(file, place));
  if (room) return [...room[1], room[0]];
  const index = LAYERS.findIndex(([name]) => name === layerOf(file));
  const below = LAYERS.slice(0, index + 1).map(([name]) => name);
  return [...below, ...OPEN_ROOMS[layerOf(file) ?? ""] ?? []];
}

test("src: every file has a layer", () => {
  const homeless = files.filter((file) => !layerOf(file) && !SIDE_ROOMS.some(([place]) => isIn(file, place)));
  assert.deepEqual(homeless, []);
});

test("src: imports go down the layers only", () => {
  const wrong = files.flatMap((file) =>
    importsOf(read(file)).filter(({ specifier }) => specifier.startsWith(".")).map(({ specifier }) => {
      const target = resolve(file, specifier);
      const place = target === "../../mod.ts" ? "mod" : layerOf(target);
      const may = allowed(file);
      const isAllowed = (place !== undefined && may.includes(place)) || may.some((one) => isIn(target, one));
      return isAllowed ? undefined : `${file} → ${target}`;
    }).filter((one) => one !== undefined)
  );
  assert.deepEqual(wrong, []);
});

/** `servers/redis/mod.ts` and `servers/memory_subscription.ts` belong to `redis` and `memory`. */
function serverOf(file: string): string | undefined {
  return /^servers\/([a-z]+)/.exec(file)?.[1];
}

test("src/servers: no server imports another", () => {
  const wrong = files.filter((file) => file.startsWith("servers/")).flatMap((file) => {
    const own = serverOf(file);
    return importsOf(read(file)).map(({ specifier }) => resolve(file, specifier))
      .filter((target) => target.startsWith("servers/") && serverOf(target) !== own)
      .map((target) => `${file} → ${target}`);
  });
  assert.deepEqual(wrong, []);
});

test("src: no file imports itself, by way of others, at run time", () => {
  const graph = new Map(files.map((file) => [
    file,
    importsOf(read(file)).filter(({ isType, specifier }) => !isType && specifier.startsWith("."))
      .map(({ specifier }) => resolve(file, specifier)).filter((target) => files.includes(target)),
  ]));
  const cycles: string[] = [];
  const done = new Set<string>();
  const visit = (file: string, path: readonly string[]): void => {
    if (path.includes(file)) return void cycles.push([...path.slice(path.indexOf(file)), file].join(" → "));
    if (done.has(file)) return;
    for (const target of graph.get(file) ?? []) visit(target, [...path, file]);
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
    for (const { specifier } of importsOf(readFileSync(join(ROOT, file), "utf8"))) {
      if (specifier.startsWith(".")) visit(join(dirname(file), specifier));
      else if (!specifier.startsWith("node:")) foreign.push(`${file} → ${specifier}`);
    }
  };
  visit("mod.ts");
  assert.ok(seen.size > 30, "the walk found the source");
  assert.deepEqual(foreign, []);
});

test("src: imports carry their extension, and no file imports from JSR", () => {
  const wrong = files.flatMap((file) =>
    importsOf(read(file)).map(({ specifier }) => specifier)
      .filter((specifier) =>
        specifier.startsWith("jsr:") || (specifier.startsWith(".") && !/\.(ts|js|json)$/.test(specifier))
      )
      .map((specifier) => `${file} → ${specifier}`)
  );
  assert.deepEqual(wrong, []);
});

test(`src: a file of more than ${LONGEST} lines says why`, () => {
  const wrong = files.filter((file) => {
    const text = read(file);
    const [moduleDoc = ""] = text.split("@module", 1);
    return text.split("\n").length > LONGEST + 1 && !/over 300 lines/i.test(moduleDoc);
  });
  assert.deepEqual(wrong, []);
});
