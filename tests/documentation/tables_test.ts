/** @module */
import assert from "node:assert/strict";
import { test } from "../harness.ts";
import { read } from "./markdown.ts";
import { brokerTable, PAGES, withTable } from "./tables.ts";

for (const [page, table] of Object.entries(PAGES)) {
  test(`${page}: its table says what the source says; deno task tables writes it`, () => {
    assert.equal(read(page), withTable(read(page), table()));
  });
}

test("brokerTable(): says where something depends on a choice", () => {
  const rows = new Map(
    brokerTable().split("\n").map((line) => {
      const [, name = "", ...cells] = line.split("|").map((cell) => cell.trim());
      return [name, cells.slice(0, -1)] as const;
    }),
  );
  assert.deepEqual(rows.get("keeps dead letters")?.slice(0, 2), ["with `deadLetterChannel`", "yes"]);
  assert.equal(rows.get("counts deliveries")?.[2], "RabbitMQ 4");
});
