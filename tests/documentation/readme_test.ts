/**
 * The README's first steps, as somebody new takes them.
 * @module
 */
import assert from "node:assert/strict";
import { execFile } from "node:child_process";
import { mkdirSync, readdirSync, rmSync, writeFileSync } from "node:fs";
import process from "node:process";
import { promisify } from "node:util";
import { onRedis } from "../servers/redis/private_redis.ts";
import { runtime, test } from "../harness.ts";
import { blocksOf, read, ROOT } from "./markdown.ts";

const FOLDER = `${ROOT}.artifacts/readme/`;

const [first = "", changes = ""] = ["ts", "diff"].map((mark) =>
  blocksOf("README.md").find(({ marks }) => marks[0] === mark)?.text ?? ""
);

/** A program after the changes of a diff: lines that are added go where one was taken away, else to the beginning. */
function changed(program: string, diff: string): string {
  const lines = program.split("\n");
  let place = 0;
  for (const [sign, ...line] of diff.trimEnd().split("\n")) {
    if (sign === "+") {
      lines.splice(place++, 0, line.join(""));
      continue;
    }
    place = lines.indexOf(line.join(""));
    assert.notEqual(place, -1, `the first example has no line ${line.join("")}`);
    lines.splice(place, 1);
  }
  return lines.join("\n");
}

/** Runs a program as the README says; answers what it printed. */
async function run(name: string, program: string, ...flags: readonly string[]): Promise<string> {
  const file = `${FOLDER}${name}.${runtime()}.ts`;
  mkdirSync(FOLDER, { recursive: true });
  writeFileSync(file, program);
  try {
    const args = runtime() === "deno" ? ["run", "--no-prompt", ...flags, file] : ["run", file];
    return (await promisify(execFile)(process.execPath, args)).stdout;
  } finally {
    rmSync(file);
  }
}

test("README.md: the first example prints what it promises", async () => {
  assert.equal(await run("hello", first, "--deny-net"), "Hello, Ada!\n");
});

if (runtime() === "deno") {
  test("README.md: in a clone, the first example fetches the one package that it needs", async () => {
    const [command = ""] = /npx -y deno@2 run .* examples\/quickstart\.ts/.exec(read("README.md")) ?? [];
    const args = command.split(" ").slice(3);
    const cache = `${FOLDER}cache`;
    rmSync(cache, { recursive: true, force: true });
    try {
      const env = { ...process.env, DENO_DIR: cache };
      const { stdout } = await promisify(execFile)(process.execPath, args, { cwd: ROOT, env });
      assert.match(stdout, /^Hello, Ada! .*\nMessages handled: 2\n$/s);
      const [registry = ""] = readdirSync(`${cache}/npm`);
      assert.deepEqual(readdirSync(`${cache}/npm/${registry}`).sort(), ["@ark", "arkregex", "arktype"]);
    } finally {
      rmSync(cache, { recursive: true, force: true });
    }
  });
}

onRedis(
  "README.md: with two lines changed, the first example runs on Redis",
  [],
  async ({ redis, client }) => {
    const lines = changes.trimEnd().split("\n").filter((line) => line.startsWith("+"));
    assert.equal(lines.length, 2);
    const program = changed(first, changes);
    assert.ok(program.includes("redis://localhost:6379"));
    const here = program.replace("redis://localhost:6379", redis.url);
    assert.equal(
      await run("hello_redis", here, "--allow-env", `--allow-net=${new URL(redis.url).host}`),
      "Hello, Ada!\n",
    );
    assert.deepEqual(await client.keys("repid:greetings*"), ["repid:greetings"]);
  },
);
