/**
 * What the official parser says of the documents of the examples.
 * @module
 */
import assert from "node:assert/strict";
import { readdirSync, readFileSync } from "node:fs";
import { Repid } from "../../mod.ts";
import { test } from "../harness.ts";
import { faultsOf } from "./parser.ts";

const FOLDER = new URL("../../examples/", import.meta.url);

/** The applications that a module runs, none of which gets to run: only what it declares is of interest. */
async function applicationsOf(file: string): Promise<Repid[]> {
  const found = new Set<Repid>();
  const { runWorker } = Repid.prototype;
  Repid.prototype.runWorker = function (this: Repid) {
    found.add(this);
    return Promise.resolve({ processed: 0 });
  };
  try {
    const { app } = await import(new URL(file, FOLDER).href);
    if (app instanceof Repid) found.add(app);
  } finally {
    Repid.prototype.runWorker = runWorker;
  }
  return [...found];
}

/** They start processes of their own, wait for what their worker does, need a broker, or set up what is global. */
const NOT_IMPORTED: ReadonlySet<string> = new Set([
  "isolated.ts",
  "opentelemetry.ts",
  "progress.ts",
  "rabbitmq_request_reply.ts",
  "rabbitmq_retries.ts",
  "request_reply.ts",
]);

/** Whether there is an application where the example is not run as a program. */
function hasApplication(file: string): boolean {
  const text = readFileSync(new URL(file, FOLDER), "utf8");
  return text.includes("export const app") ||
    (text.includes("new Repid(") && !text.includes("import.meta.main"));
}

const examples = readdirSync(FOLDER).filter((file) =>
  file.endsWith(".ts") && !NOT_IMPORTED.has(file) && hasApplication(file)
);

for (const file of examples) {
  test(`examples/${file}: its document is accepted by the official parser`, async () => {
    const applications = await applicationsOf(file);
    assert.notEqual(applications.length, 0);
    for (const app of applications) assert.deepEqual(await faultsOf(app.asyncApiDocument()), []);
  });
}
