/**
 * What the Sentry middleware reports, by Sentry's own SDK, to a Sentry that is played by this test.
 * @module
 */
import assert from "node:assert/strict";
import { createServer } from "node:http";
import type { AddressInfo } from "node:net";
import { test } from "../harness.ts";
import { installCookbook, start } from "./program.ts";

await installCookbook();

interface SentryEvent {
  readonly exception: { readonly values: readonly { readonly type: string; readonly value: string }[] };
  readonly tags: Readonly<Record<string, unknown>>;
}

/** Collects the events of the envelopes it is sent. */
async function playSentry(): Promise<{ dsn: string; events: SentryEvent[]; close: () => Promise<void> }> {
  const events: SentryEvent[] = [];
  const server = createServer(async (request, response) => {
    let text = "";
    for await (const chunk of request.setEncoding("utf8")) text += chunk;
    // An envelope is lines of JSON: its own header, then a header and a body for each item.
    const [, ...items] = text.trim().split("\n").map((line) => JSON.parse(line));
    for (let i = 0; i + 1 < items.length; i += 2) if (items[i].type === "event") events.push(items[i + 1]);
    response.end("{}");
  });
  await new Promise<void>((resolve) => server.listen(0, "127.0.0.1", resolve));
  const { port } = server.address() as AddressInfo;
  return {
    dsn: `http://public@127.0.0.1:${port}/1`,
    events,
    close: () =>
      new Promise((resolve) => {
        server.close(() => resolve());
        server.closeAllConnections();
      }),
  };
}

test("examples/cookbook/sentry.ts: each failure is an event with the tags of its own message", async () => {
  const sentry = await playSentry();
  try {
    const { code, lines } = await start("sentry.ts", [], { env: { SENTRY_DSN: sentry.dsn } }).ends();
    assert.equal(code, 0);
    assert.ok(lines.includes("Charged order 1"));
    const seen = sentry.events.map(({ exception, tags }) => ({ ...exception.values[0], tags })).sort((a, b) =>
      Number(a.tags.order) - Number(b.tags.order)
    );
    assert.equal(seen.length, 2);
    for (const [i, order] of [2, 3].entries()) {
      const { type, value, tags } = seen[i] ?? {};
      assert.equal(type, "RangeError");
      assert.equal(value, `Cannot charge order ${order} as it is above the limit`);
      const { "repid.message_id": id, ...others } = tags ?? {};
      assert.match(String(id), /^[0-9a-f-]{36}$/);
      assert.deepEqual(others, {
        "repid.actor": "charge",
        "repid.channel": "payments",
        "repid.action": "nacked",
        order,
      });
    }
    assert.notEqual(seen[0]?.tags["repid.message_id"], seen[1]?.tags["repid.message_id"]);
  } finally {
    await sentry.close();
  }
});
