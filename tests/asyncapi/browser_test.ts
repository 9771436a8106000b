/**
 * The page in a real browser, with no network but this machine's own.
 * @module
 */
import assert from "node:assert/strict";
import { mkdirSync, mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { type Browser, chromium, type Page } from "playwright-core";
import { type } from "arktype";
import { InMemoryServer, Repid, Router } from "../../mod.ts";
import { listen } from "../../src/_internal/http_listener.ts";
import { provide } from "../brokers/provision.ts";
import { skip, test } from "../harness.ts";

const TITLE = "</script><img src=x onerror=document.title='owned'>";
const CHANNELS = ["orders/new", "default", "größe"];

function build(): Repid {
  const app = new Repid({ title: TITLE, version: "1.2.3", description: "What it does." });
  app.servers.register("memory", new InMemoryServer());
  const router = new Router();
  router.actor({
    name: "place_order",
    channel: "orders/new",
    summary: "Places an order",
    payload: type({ orderIdentifier: "string", "quantityOrdered?": "number.integer > 0" }),
    examples: [{ name: "one", payload: { orderIdentifier: "o-1" } }],
  }, () => {});
  router.actor({ name: "plain" }, () => {});
  router.actor({ name: "size", channel: "größe" }, () => {});
  return app.includeRouter(router);
}

/** Looked for, and installed where that is possible. */
const found = await provide({
  name: "Chromium",
  variable: "REPID_TEST_CHROMIUM",
  program: "chromium",
  debianPackage: "chromium",
});

async function withBrowser(
  executablePath: string,
  profile: string,
  use: (browser: Browser) => Promise<void>,
): Promise<void> {
  const browser = await chromium.launch({
    executablePath,
    args: [
      "--no-sandbox",
      "--disable-gpu",
      "--disable-quic",
      "--no-first-run",
      "--disable-background-networking",
      "--disable-component-update",
      "--disable-sync",
      `--disk-cache-dir=${profile}`,
    ],
  });
  try {
    await use(browser);
  } finally {
    await browser.close();
  }
}

/** Opens the page; every request that leaves this machine, and every error, is written down. */
async function openPage(browser: Browser, url: string, wrong: string[]): Promise<Page> {
  const page = await browser.newPage({ viewport: { width: 1400, height: 1600 } });
  page.on("console", (message) => {
    if (message.type() === "error") wrong.push(`console: ${message.text()}`);
  });
  page.on("pageerror", (error) => wrong.push(`page: ${error.message}`));
  await page.route("**/*", (route) => {
    const asked = route.request().url();
    if (asked.startsWith(url) || asked.startsWith("data:")) return route.continue();
    wrong.push(`network: ${asked}`);
    return route.abort();
  });
  await page.goto(url);
  await page.getByText("Places an order").first().waitFor();
  return page;
}

async function check(program: string): Promise<void> {
  const profile = mkdtempSync(join(tmpdir(), "asyncapi-"));
  const listener = await listen(build().asyncApiHandler(), { hostname: "127.0.0.1", port: 0 });
  try {
    await withBrowser(program, profile, async (browser) => {
      const wrong: string[] = [];
      const page = await openPage(browser, listener.url, wrong);
      assert.equal(await page.title(), `${TITLE} AsyncAPI`);
      assert.equal(await page.locator("img[src=x]").count(), 0);
      const text = await page.locator("#asyncapi").innerText();
      for (const shown of [TITLE, ...CHANNELS]) assert.ok(text.includes(shown), `${shown} is not on screen`);
      await unfold(page);
      const unfolded = await page.locator("#asyncapi").innerText();
      mkdirSync(".artifacts", { recursive: true });
      await page.screenshot({ path: ".artifacts/asyncapi.png", fullPage: true });
      for (const field of ["orderIdentifier", "quantityOrdered", "required"]) {
        assert.ok(unfolded.includes(field), `${field} is not on screen`);
      }
      assert.deepEqual(wrong, []);
    });
  } finally {
    await listener.close();
    rmSync(profile, { recursive: true, force: true });
  }
}

/** Opens the payload's schema of the first operation. */
async function unfold(page: Page): Promise<void> {
  const field = page.getByText("quantityOrdered").first();
  if (!await field.isVisible()) await page.getByText("Expand all").first().click();
  await field.waitFor();
}

const NAME = "asyncApiHandler() shows the document in a browser that has no network";
if (found.kind === "program") test(NAME, () => check(found.path));
else skip(NAME, found.kind === "missing" ? found.reason : `${found.url} is not the path of a program`);
