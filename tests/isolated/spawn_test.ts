import assert from "node:assert/strict";
import { once } from "node:events";
import { mkdirSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { createServer } from "node:http";
import type { AddressInfo } from "node:net";
import { tmpdir } from "node:os";
import { join } from "node:path";
import process from "node:process";
import { fileURLToPath, pathToFileURL } from "node:url";
import { test } from "../harness.ts";
import { fixture, isDeno, start, startCommand, type StartOptions } from "./fixtures/fixtures.ts";

/** What `call.ts` prints. */
interface Result {
  readonly returned?: unknown;
  readonly threw?: string;
}

async function call(url: URL, name: string, payload: unknown, options: StartOptions): Promise<Result> {
  const { code, output, errors } = await start("call", [url.href, name, JSON.stringify(payload)], options)
    .over;
  assert.equal(code, 0, errors);
  return JSON.parse(output);
}

/** Only Deno has permissions and a `deno.json`: on other runtimes there is nothing to be seen. */
function testOnDeno(name: string, run: () => Promise<void>): void {
  if (isDeno) test(name, run);
}

const permissions = fixture("permissions");
const allowRun = `--allow-run=${process.execPath}`; // without restriction it would be passed on
const all = ["read", "write", "net", "env", "sys", "run", "ffi", "import"];

const grants: readonly (readonly [flags: readonly string[], child: readonly string[]])[] = [
  [["-A"], all],
  [all.map((name) => `--allow-${name}`), all],
  [["--allow-run", "--allow-env"], ["env", "run"]],
  [[allowRun, "--allow-env"], ["env"]],
  // Deno gives a child that is started without a single flag all there is.
  [[allowRun, "--allow-env", "--deny-env=REPID_SECRET"], []],
  [[allowRun, "--allow-env", "--allow-read", "--allow-write=/tmp", "--allow-net=127.0.0.1"], ["read", "env"]],
  [[allowRun, "--allow-env", "--allow-net", "--deny-net=127.0.0.1:1", "--allow-sys"], ["env", "sys"]],
  [
    ["--allow-all", "--deny-read=/etc", "--deny-ffi"],
    all.filter((name) => name !== "read" && name !== "ffi"),
  ],
];

for (const [flags, child] of grants) {
  const shown = flags.join(" ").replace(process.execPath, "deno");
  testOnDeno(`startProcess() gives the child of a parent with ${shown} no more than that`, async () => {
    const result = await call(permissions, "granted", null, { permissions: flags });
    assert.deepEqual(result, { returned: child });
  });
}

testOnDeno(
  "startProcess() lets the child load its module, but read nothing, without the permission to read",
  async () => {
    const path = fileURLToPath(permissions);
    const refused = await call(permissions, "read", path, { permissions: [allowRun, "--allow-env"] });
    assert.match(refused.threw ?? "", /^NotCapable: Requires read access to /);
    const allowed = await call(permissions, "read", path, {
      permissions: [allowRun, "--allow-env", "--allow-read"],
    });
    assert.match(String(allowed.returned), /@module/);
  },
);

for (const [missing, flags] of [["env", [allowRun]], ["run", ["--allow-env"]]] as const) {
  testOnDeno(`startProcess() says that the parent lacks the permission to ${missing}`, async () => {
    const { threw } = await call(permissions, "granted", null, { permissions: flags });
    assert.match(
      threw ?? "",
      new RegExp(`^IsolatedError: Cannot start a process as the runtime refuses: Requires ${missing}`),
    );
  });
}

/** A project with an import map, whose module needs it. */
function makeProject(): { folder: string; module: URL } {
  const folder = mkdtempSync(join(tmpdir(), "repid-"));
  mkdirSync(join(folder, "src"));
  writeFileSync(join(folder, "deno.jsonc"), `{ "imports": { "answer": "./answer.ts" } } // with a comment`);
  writeFileSync(join(folder, "answer.ts"), "export const answer: number = 42;");
  writeFileSync(
    join(folder, "src", "module.ts"),
    `import { answer } from "answer"; export const ask = () => answer;`,
  );
  return { folder, module: pathToFileURL(join(folder, "src", "module.ts")) };
}

testOnDeno(
  "startProcess() finds the deno.json above the module, wherever the program was started",
  async () => {
    const { folder, module } = makeProject();
    assert.deepEqual(await call(module, "ask", null, { cwd: tmpdir() }), { returned: 42 });
    rmSync(folder, { recursive: true });
  },
);

testOnDeno(
  "startProcess() finds the deno.json of the working directory without the permission to read",
  async () => {
    const { folder, module } = makeProject();
    const flags = [allowRun, "--allow-env"];
    assert.deepEqual(await call(module, "ask", null, { cwd: folder, permissions: flags }), { returned: 42 });
    const { threw } = await call(module, "ask", null, { cwd: tmpdir(), permissions: flags });
    assert.match(threw ?? "", /^IsolatedError: Cannot call ask as its module cannot be loaded: .*"answer"/s);
    rmSync(folder, { recursive: true });
  },
);

testOnDeno(
  "startProcess() works where this library comes from the network, as it does from JSR",
  async () => {
    const root = fileURLToPath(new URL("../../", import.meta.url));
    const server = createServer(({ url = "" }, response) => {
      response.setHeader("content-type", "application/typescript");
      response.end(readFileSync(join(root, url)));
    }).listen(0, "127.0.0.1");
    await once(server, "listening");
    const { port } = server.address() as AddressInfo; // neither a pipe nor closed
    const { folder, module } = makeProject();
    const main = join(folder, "main.ts");
    writeFileSync(
      main,
      `import { closeIsolated, isolated } from "http://127.0.0.1:${port}/src/isolated/mod.ts";
    console.log(await isolated<{ ask(): number }>(new URL("${module}")).ask());
    await closeIsolated();`,
    );
    const program = startCommand(process.execPath, ["run", "-A", main], {
      env: { DENO_DIR: join(folder, "cache") },
    });
    const { output, errors } = await program.over;
    assert.equal(output, "42\n", errors);
    rmSync(folder, { recursive: true });
    server.closeAllConnections();
    await new Promise((resolve) => server.close(resolve));
  },
);

test("startProcess() runs modules whose path needs escaping", async () => {
  const folder = mkdtempSync(join(tmpdir(), `repid 'quoted" $&%20 ü-`));
  writeFileSync(join(folder, "module.js"), "export const ask = () => 42;");
  const module = pathToFileURL(join(folder, "module.js"));
  assert.deepEqual(await call(module, "ask", null, {}), { returned: 42 });
  rmSync(folder, { recursive: true });
});
