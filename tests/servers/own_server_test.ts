/**
 * The example of a server of one's own is held against the suite for servers, as a third party would do it.
 * @module
 */
import { testServer } from "@repid/core/testing";
import { mkdtempSync } from "node:fs";
import { readdir, readFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { FolderServer } from "../../examples/own_server.ts";
import { test } from "../harness.ts";

const root = mkdtempSync(join(tmpdir(), "repid-folder-"));

testServer(test, "FolderServer", {
  create: () => new FolderServer(root),
  channel: (suffix = "") => `${crypto.randomUUID()} ${suffix}`,
  broker: "the file system cannot be stopped",
  async deadLetters(channel) {
    const folder = join(await new FolderServer(root).folder(channel), "dead");
    const texts = await Promise.all(
      (await readdir(folder)).map((name) => readFile(join(folder, name), "utf8")),
    );
    return texts.map((text) => {
      const { payload, headers } = JSON.parse(text);
      return { payload: new Uint8Array(payload), headers };
    });
  },
});
