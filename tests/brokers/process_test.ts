/**
 * What the tests' own broker processes do with a program that hangs.
 * @module
 */
import assert from "node:assert/strict";
import { chmod, readFile, rm, writeFile } from "node:fs/promises";
import { join } from "node:path";
import process from "node:process";
import { skip, test } from "../harness.ts";
import { BrokerProcess, temporaryDirectory } from "./process.ts";

const isReady = (): Promise<boolean> => Promise.resolve(true);

onDirectory(
  "BrokerProcess.start() says that its program is not ready in time, also where nothing answers that",
  async (directory) => {
    const never = (): Promise<boolean> => new Promise(() => {});
    const parts = { program: "sleep", args: ["60"], directory, isReady: never, readyWithin: 300 };
    await assert.rejects(BrokerProcess.start(parts), /Cannot start sleep as it is not ready within 300 ms/);
  },
);

onDirectory("BrokerProcess.start() says that its program ended before it was there", async (directory) => {
  await writeShell(directory, "exit 3");
  const parts = { program: "sleep", args: ["60"], directory, isReady, env: { PATH: directory } };
  await assert.rejects(BrokerProcess.start(parts), /Cannot start sleep as it ended/);
});

onDirectory("BrokerProcess.start() says that no process id came", async (directory) => {
  await writeShell(directory, "exec /bin/sleep 60");
  const parts = { program: "sleep", args: ["60"], directory, isReady, env: { PATH: directory } };
  const starting = BrokerProcess.start({ ...parts, readyWithin: 300 });
  await assert.rejects(starting, /Cannot start sleep as its process id did not come within 300 ms/);
});

onDirectory("BrokerProcess.kill() says that its process does not end", async (directory) => {
  const parts = { program: "sleep", args: ["60"], directory, isReady, endsWithin: 300 };
  await using broker = await BrokerProcess.start(parts);
  const { pid } = broker;
  // Whoever would tell of the end is stopped.
  const shell = Number((await readFile(`/proc/${pid}/stat`, "utf8")).split(" ")[3]);
  process.kill(shell, "SIGSTOP");
  try {
    await assert.rejects(broker.kill(), {
      message: `Cannot end sleep as process ${pid} is still there 300 ms after SIGKILL`,
    });
  } finally {
    process.kill(shell, "SIGCONT");
  }
});

/** A test with a folder of its own. */
function onDirectory(name: string, look: (directory: string) => Promise<void>): void {
  if (process.platform !== "linux") return skip(name, "processes are looked at as Linux shows them");
  test(name, async () => {
    const directory = await temporaryDirectory("process");
    try {
      await look(directory);
    } finally {
      await rm(directory, { recursive: true, force: true });
    }
  });
}

/** What is found as `sh` where this folder is the path. */
async function writeShell(directory: string, line: string): Promise<void> {
  await writeFile(join(directory, "sh"), `#!/bin/sh\n${line}\n`);
  await chmod(join(directory, "sh"), 0o755);
}
