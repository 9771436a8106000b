/**
 * The web application with Hono, as a process that is asked and stopped: with its worker inside, and beside it on Redis.
 * @module
 */
import assert from "node:assert/strict";
import { provideRedis, startRedis } from "../brokers/redis.ts";
import { freePorts } from "../brokers/process.ts";
import { withBroker } from "../brokers/provision.ts";
import { test } from "../harness.ts";
import { installCookbook, start } from "./program.ts";

await installCookbook();

/** What a request is answered with. */
async function ask(url: string, body?: string): Promise<{ status: number; text: string }> {
  const response = await fetch(url, body === undefined ? {} : { method: "POST", body });
  return { status: response.status, text: await response.text() };
}

test("examples/cookbook/web.ts: sends from requests, handles in the same process, and stops when told", async () => {
  const web = start("web.ts", ["worker"], { env: { PORT: "0" } });
  try {
    const [, url] = await web.matching(/^Listening on (.*)$/);
    assert.deepEqual(await ask(`${url}/reports`, '{"month":"2026-01-01"}'), {
      status: 202,
      text: '{"status":"accepted"}',
    });
    await web.says("Report of 2026-01-01");

    const refused = await ask(`${url}/reports`, '{"month":"never"}');
    assert.equal(refused.status, 422);
    assert.deepEqual(JSON.parse(refused.text).issues[0].path, ["month"]);
    assert.equal((await ask(`${url}/reports`, '{"mon')).status, 400);

    assert.equal((await ask(`${url}/livez`)).status, 200);
    assert.equal((await ask(`${url}/readyz`)).status, 200);
    const { status, text } = await ask(`${url}/docs/asyncapi.json`);
    assert.equal(status, 200);
    assert.deepEqual(Object.keys(JSON.parse(text).channels), ["reports"]);
    assert.match((await ask(`${url}/docs`)).text, /<title>Reports AsyncAPI<\/title>/);

    // What was accepted is done before the end.
    await ask(`${url}/reports`, '{"month":"2026-03-01"}');
    web.kill("SIGTERM");
    const { code, lines } = await web.ends();
    assert.deepEqual(lines.slice(-2), ["Report of 2026-03-01", "Stopped"]);
    assert.equal(code, 0);
  } finally {
    web.kill("SIGTERM");
  }
});

await withBroker("examples/cookbook/web.ts on Redis", await provideRedis("Redis 7"), (found) => {
  test("examples/cookbook/web.ts and web_worker.ts: two programs, with Redis between them", async () => {
    const redis = found.kind === "program" ? await startRedis(found) : undefined;
    const env = { REDIS_URL: found.kind === "url" ? found.url : redis?.url ?? "" };
    const [port = 0] = await freePorts(1);
    const web = start("web.ts", [], { env: { ...env, PORT: "0" } });
    const worker = start("web_worker.ts", [], { env: { ...env, HEALTH_PORT: String(port) } });
    try {
      const [, url] = await web.matching(/^Listening on (.*)$/);
      assert.equal((await ask(`${url}/reports`, '{"month":"2026-02-01"}')).status, 202);
      await worker.says("Report of 2026-02-01");
      assert.equal((await ask(`${url}/readyz`)).status, 204);
      assert.equal((await ask(`http://127.0.0.1:${port}/readyz`)).status, 200);
      for (const child of [web, worker]) child.kill("SIGTERM");
      assert.deepEqual((await web.ends()).code, 0);
      const { code, lines } = await worker.ends();
      assert.deepEqual({ code, last: lines.at(-1) }, { code: 0, last: "Messages handled: 1" });
    } finally {
      for (const child of [web, worker]) child.kill("SIGTERM");
      await redis?.process.close();
    }
  }, { sanitizeOps: false, sanitizeResources: false });
});
