/** @module */
import assert from "node:assert/strict";
import { createHash } from "node:crypto";
import { readFileSync } from "node:fs";
import { createRequire } from "node:module";
import { tmpdir } from "node:os";
import { parse } from "yaml";
import { InMemoryServer, Repid, Router, silentLogger } from "../../mod.ts";
import { CDN_ASSETS, UI_FILES, UI_PACKAGE, UI_VERSION } from "../../src/asyncapi/page.ts";
import { documentHandler } from "../../src/asyncapi/serve.ts";
import { readInstalledUi } from "../../src/asyncapi/ui_package.ts";
import { test } from "../harness.ts";

const app = new Repid({ title: "Grüße ☃", description: "</script><b>" });
const handler = app.asyncApiHandler();

function ask(path: string, init?: RequestInit): Response | Promise<Response> {
  return handler(new Request(`http://localhost${path}`, init));
}

test("asyncApiHandler() serves the page, the JSON and the YAML, with lengths in bytes", async () => {
  const page = await ask("/");
  assert.equal(page.headers.get("content-type"), "text/html; charset=utf-8");
  const json = await ask("/asyncapi.json?x=1");
  const yaml = await ask("/asyncapi.yaml");
  for (const response of [page, json, yaml]) {
    const bytes = await response.clone().arrayBuffer();
    assert.equal(response.status, 200);
    assert.equal(response.headers.get("content-length"), String(bytes.byteLength));
  }
  assert.match(await page.text(), /<title>Grüße ☃ AsyncAPI<\/title>/);
  assert.deepEqual(JSON.parse(await json.text()), app.asyncApiDocument());
  assert.deepEqual(parse(await yaml.text()), app.asyncApiDocument());
});

test("asyncApiHandler() answers HEAD with the headers of GET and no body", async () => {
  const [head, get] = [await ask("/", { method: "HEAD" }), await ask("/")];
  assert.equal(await head.text(), "");
  assert.deepEqual([...head.headers], [...get.headers]);
});

test("asyncApiHandler() answers 304 to who has it already", async () => {
  const etag = (await ask("/asyncapi.json")).headers.get("etag") ?? "";
  const statusFor = async (tag: string): Promise<number> =>
    (await ask("/asyncapi.json", { headers: { "if-none-match": tag } })).status;
  assert.match(etag, /^"[0-9a-f]{64}"$/);
  assert.deepEqual(await Promise.all([etag, `"x", W/${etag}`, "*", '"x"'].map(statusFor)), [
    304,
    304,
    304,
    200,
  ]);
});

test("asyncApiHandler() answers 404 to other paths and 405 to other methods", async () => {
  assert.equal((await ask("/other")).status, 404);
  assert.equal((await ask("/%")).status, 404);
  const response = await ask("/", { method: "POST" });
  assert.equal(response.status, 405);
  assert.equal(response.headers.get("allow"), "GET, HEAD");
});

test("asyncApiHandler() serves below a path, whose page refers to its own files", async () => {
  const below = app.asyncApiHandler({ path: "/internal/docs/" });
  const page = await below(new Request("http://localhost/internal/docs"));
  const [, script = ""] = /<script src="([^"]+)"/.exec(await page.text()) ?? [];
  const found = await below(new Request(new URL(script, "http://localhost/internal/docs")));
  assert.equal(found.status, 200);
  assert.match(found.headers.get("content-type") ?? "", /javascript/);
  assert.equal((await below(new Request("http://localhost/internal/docs/asyncapi.json"))).status, 200);
  assert.equal((await below(new Request("http://localhost/"))).status, 404);
});

test("asyncApiHandler() refuses a path without a slash", () => {
  assert.throws(() => app.asyncApiHandler({ path: "docs" }), TypeError);
});

test("documentHandler() refers to the CDN where the UI is not installed", async () => {
  const remote = documentHandler(() => app.asyncApiDocument(), {}, () => readInstalledUi(tmpdir()));
  const page = await (await remote(new Request("http://localhost/"))).text();
  const { script, style } = CDN_ASSETS;
  assert.ok(
    page.includes(`<script src="${script.url}" integrity="${script.integrity}" crossorigin="anonymous">`),
  );
  assert.ok(page.includes(`href="${style.url}" integrity="${style.integrity}" crossorigin="anonymous"`));
  assert.equal((await remote(new Request("http://localhost/asyncapi-ui.js"))).status, 404);
});

test("CDN_ASSETS holds the hashes of the files of the npm package", () => {
  const require = createRequire(import.meta.url);
  const hash = (file: string): string =>
    `sha384-${
      createHash("sha384").update(readFileSync(require.resolve(`${UI_PACKAGE}/${file}`))).digest("base64")
    }`;
  assert.equal(require(`${UI_PACKAGE}/package.json`).version, UI_VERSION);
  assert.equal(CDN_ASSETS.script.integrity, hash(UI_FILES.script));
  assert.equal(CDN_ASSETS.style.integrity, hash(UI_FILES.style));
});

test("asyncApiHtml() lets no text become markup or script", () => {
  const evil = `</script><img src=x onerror="alert('1')">\u2028&`;
  const page = new Repid({ title: evil, description: evil }).asyncApiHtml();
  assert.ok(!page.includes("<img"));
  assert.equal(page.match(/<\/script>/g)?.length, 2);
  assert.ok(!page.includes("\u2028&quot;") && !/render\([^\n]*[\u2028<]/.test(page));
  const [, settings = ""] = /render\((.*), document/.exec(page) ?? [];
  assert.equal(JSON.parse(settings).schema.info.title, evil);
});

test("asyncApiHtml() has eight switches, all on", () => {
  const configOf = (page: string) => JSON.parse(/render\((.*), document/.exec(page)?.[1] ?? "").config;
  const off = {
    sidebar: false,
    info: false,
    servers: false,
    operations: false,
    messages: false,
    schemas: false,
    errors: false,
  };
  const on = Object.fromEntries(Object.keys(off).map((name) => [name, true]));
  assert.deepEqual(configOf(app.asyncApiHtml()).show, on);
  assert.deepEqual(configOf(app.asyncApiHtml()).expand, { messageExamples: true });
  const config = configOf(app.asyncApiHtml({ ...off, expandMessageExamples: false }));
  assert.deepEqual(config.show, off);
  assert.deepEqual(config.expand, { messageExamples: false });
});

test("runWorker() serves the AsyncAPI page while it runs, and the lengths survive the runtime's server", async () => {
  const stop = new AbortController();
  const listening = Promise.withResolvers<string>();
  const logger = {
    ...silentLogger,
    // deno-lint-ignore no-explicit-any -- one event of many
    info: (event: string, fields: any) => event === "asyncapi.server.start" && listening.resolve(fields.url),
  };
  const worked = new Repid({ title: "Grüße", logger });
  const server = worked.servers.register("memory", new InMemoryServer());
  const router = new Router();
  router.actor({ name: "a" }, () => {});
  worked.includeRouter(router);
  const connection = await server.connect();
  const running = worked.runWorker({
    signal: stop.signal,
    osSignals: [],
    asyncApiServer: { hostname: "127.0.0.1", port: 0, path: "/docs", sidebar: false },
  });
  const url = await listening.promise;
  const get = await fetch(`${url}/docs`);
  const page = await get.arrayBuffer();
  const head = await fetch(`${url}/docs`, { method: "HEAD" });
  assert.equal(Number(head.headers.get("content-length")), page.byteLength);
  assert.match(new TextDecoder().decode(page), /"sidebar":false/);
  assert.deepEqual(await (await fetch(`${url}/docs/asyncapi.json`)).json(), worked.asyncApiDocument());
  stop.abort();
  await running;
  await assert.rejects(fetch(url));
  await connection.close();
});
