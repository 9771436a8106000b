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

/** `own_server.ts` has an application only where it is run as a program; `isolated.ts` starts processes of its own. */
const NOT_IMPORTED: ReadonlySet<string> = new Set(["own_server.ts", "isolated.ts"]);

const examples = readdirSync(FOLDER).filter((file) =>
  file.endsWith(".ts") && !NOT_IMPORTED.has(file) &&
  readFileSync(new URL(file, FOLDER), "utf8").includes("new Repid(")
);

for (const file of examples) {
  test(`examples/${file}: its document is accepted by the official parser`, async () => {
    const applications = await applicationsOf(file);
    assert.notEqual(applications.length, 0);
    for (const app of applications) assert.deepEqual(await faultsOf(app.generateAsyncApiSchema()), []);
  });
}
