/**
 * What the README says of Deno's permissions: each row of its table is run with exactly those, and with one less.
 * @module
 */
import assert from "node:assert/strict";
import { mkdirSync, rmSync, writeFileSync } from "node:fs";
import { createServer, type Server as Listener, type Socket } from "node:net";
import { promisify } from "node:util";
import { Server as GrpcServer, ServerCredentials } from "@grpc/grpc-js";
import rhea from "rhea";
import { provideRedis, startRedis } from "../brokers/redis.ts";
import { runtime, skip, test } from "../harness.ts";
import { read, ROOT } from "./markdown.ts";

const FOLDER = `${ROOT}.artifacts/permissions/`;

/** The rows of the table: what is used, and the flags that it needs. */
function rows(): Map<string, string[]> {
  const [, table = ""] = read("README.md").split("| on Deno, this");
  const lines = table.split("\n\n")[0]?.split("\n").slice(2) ?? [];
  return new Map(lines.flatMap((line) => {
    const [, used = "", needs = ""] = line.split("|");
    const flags = [...needs.matchAll(/--allow-[a-z]+(?:=[^\s`]+)?/g)].map(([flag]) => flag);
    return [...used.matchAll(/`([^`]+)`/g)].map(([, name = ""]) => [name, flags] as const);
  }));
}

/** An application that handles one message, on a server made by an expression. */
const application = (imports: string, server: string, options = ""): string => `
import { InMemoryServer, Repid, Router } from "@repid/core";
${imports}
const app = new Repid();
app.servers.register("server", ${server});
const router = new Router();
const actor = router.actor({ name: "actor" }, () => console.log("worked"));
app.includeRouter(router);
const connection = await app.servers.default.connect();
await app.send(actor);
await app.runWorker({ messagesLimit: 1, ${options} });
await connection.close();
`;

/** As far as one comes without a broker of that kind: the protocol's own handshake. */
const handshake = (imports: string, server: string): string => `
${imports}
const server = ${server};
const connection = await server.connect();
console.log(server.isConnected ? "worked" : "not connected");
await connection.close();
`;

const PROGRAMS: Readonly<Record<string, (address: string) => string>> = {
  "@repid/core": () => application("", "new InMemoryServer()"),
  "healthCheckServer": (address) =>
    application("", "new InMemoryServer()", `healthCheckServer: ${toOptions(address)}`),
  "asyncApiServer": (address) =>
    application("", "new InMemoryServer()", `asyncApiServer: ${toOptions(address)}`),
  "@repid/core/testing": () => `
import { Repid, Router } from "@repid/core";
import { TestClient } from "@repid/core/testing";
const router = new Router();
const actor = router.actor({ name: "actor" }, () => "worked");
await using client = new TestClient(new Repid().includeRouter(router));
console.log((await client.send(actor)).result);
`,
  "@repid/core/server": () => `
import { SharedConnection } from "@repid/core/server";
const shared = new SharedConnection({ open: () => Promise.resolve(), shut: () => Promise.resolve() });
await (await shared.connect()).close();
console.log("worked");
`,
  "@repid/core/conformance": () => `
import { InMemoryServer } from "@repid/core";
import { testServer } from "@repid/core/conformance";
const server = new InMemoryServer();
const harness = { create: () => server, channel: () => crypto.randomUUID(), broker: "in this process" };
testServer(() => {}, "InMemoryServer", harness);
console.log("worked");
`,
  "@repid/core/opentelemetry": () => `
import { Repid, Router } from "@repid/core";
import { openTelemetry } from "@repid/core/opentelemetry";
import { TestClient } from "@repid/core/testing";
const { actorMiddleware, producerMiddleware } = openTelemetry();
const middlewares = { actorMiddlewares: [actorMiddleware], producerMiddlewares: [producerMiddleware] };
const router = new Router();
const actor = router.actor({ name: "actor" }, () => "worked");
await using client = new TestClient(new Repid(middlewares).includeRouter(router));
console.log((await client.send(actor)).result);
`,
  "@repid/core/redis": (address) =>
    application(
      `import { RedisServer } from "@repid/core/redis";`,
      `new RedisServer("redis://${address}")`,
    ),
  "@repid/core/amqp": (address) =>
    handshake(`import { AmqpServer } from "@repid/core/amqp";`, `new AmqpServer("amqp://${address}")`),
  "@repid/core/pubsub": (address) =>
    handshake(
      `import { PubsubServer } from "@repid/core/pubsub";`,
      `new PubsubServer("http://${address}/projects/p", { connectTimeout: 30_000 })`,
    ),
  "@repid/core/cli": () => `
import { run } from "@repid/core/cli";
await run(["asyncapi", ${JSON.stringify(`${ROOT}examples/app.ts`)}], {
  out: () => console.log("worked"),
  err: (text) => console.log(text),
});
`,
  "@repid/core/isolated": () => `
import { isolated } from "@repid/core/isolated";
const url = new URL("data:text/javascript,export const work = () => 'worked';");
console.log(await isolated<{ work(): string }>(url).work());
`,
};

function toOptions(address: string): string {
  const [hostname, port] = address.split(":");
  return JSON.stringify({ hostname, port: Number(port) });
}

/** Starts what is to be reached, and answers where it is and how it ends. */
async function startPeer(name: string): Promise<{ address: string; close: () => Promise<void> }> {
  if (name === "@repid/core/redis") {
    const found = await provideRedis("Redis 7");
    if (found.kind === "url") return { address: new URL(found.url).host, close: () => Promise.resolve() };
    if (found.kind === "missing") throw new Error(found.reason);
    const redis = await startRedis(found);
    return { address: `127.0.0.1:${redis.port}`, close: () => redis.process.close() };
  }
  if (name === "@repid/core/amqp") {
    const container = rhea.create_container();
    container.sasl_server_mechanisms.enable_anonymous();
    return await listening(container.listen({ port: 0, host: "127.0.0.1" }) as Listener);
  }
  if (name === "@repid/core/pubsub") {
    const server = new GrpcServer();
    const bind = promisify<string, ServerCredentials, number>(server.bindAsync.bind(server));
    const port = await bind("127.0.0.1:0", ServerCredentials.createInsecure());
    return { address: `127.0.0.1:${port}`, close: () => Promise.resolve(server.forceShutdown()) };
  }
  // Only its number is wanted: the program itself listens there.
  const { address, close } = await listening(createServer().listen(0, "127.0.0.1"));
  await close();
  return { address, close: () => Promise.resolve() };
}

async function listening(listener: Listener): Promise<{ address: string; close: () => Promise<void> }> {
  const sockets = new Set<Socket>();
  listener.on("connection", (socket) => sockets.add(socket));
  if (!listener.listening) await new Promise<void>((resolve) => listener.once("listening", () => resolve()));
  const address = listener.address();
  if (address === null || typeof address === "string") throw new Error("The listener has no port");
  return {
    address: `127.0.0.1:${address.port}`,
    close: () =>
      new Promise((resolve) => {
        for (const socket of sockets) socket.destroy();
        listener.close(() => resolve());
      }),
  };
}

/**
 * Runs a program with these permissions; answers what it printed, its complaints included. Not by `node:child_process`,
 * which gives a Deno that is named no permission all of them.
 */
async function attempt(file: string, flags: readonly string[]): Promise<string> {
  const args = ["run", "--no-prompt", "--no-check", "--quiet", ...flags, file];
  const command = new Deno.Command(Deno.execPath(), { args, cwd: ROOT, env: { NO_COLOR: "1" } });
  const { stdout, stderr } = await command.output();
  return [stdout, stderr].map((bytes) => new TextDecoder().decode(bytes)).join("");
}

async function prove(name: string, documented: readonly string[]): Promise<void> {
  const program = PROGRAMS[name];
  if (!program) throw new Error(`There is no program that uses ${name}`);
  const { address, close } = await startPeer(name);
  const file = `${FOLDER}${name.replace(/\W/g, "_")}.ts`;
  mkdirSync(FOLDER, { recursive: true });
  writeFileSync(file, program(address));
  try {
    const flags = documented.map((flag) => flag.replace(/=host:port$/, `=${address}`));
    assert.equal(await attempt(file, flags), "worked\n");
    for (const flag of flags) {
      const fewer = await attempt(file, flags.filter((other) => other !== flag));
      assert.doesNotMatch(fewer, /^worked$/m, `without ${flag}`);
    }
  } finally {
    rmSync(file);
    await close();
  }
}

if (runtime() === "deno") {
  const table = rows();
  test("README.md: says for every entry point what it needs on Deno", () => {
    assert.deepEqual([...table.keys()].sort(), Object.keys(PROGRAMS).sort());
  });
  const redis = await provideRedis("Redis 7");
  for (const [name, flags] of table) {
    const title = `README.md: ${name} needs ${flags.join(" ") || "no permission"} on Deno, and nothing else`;
    if (name === "@repid/core/redis" && redis.kind === "missing") skip(title, redis.reason);
    else test(title, () => prove(name, flags), { sanitizeOps: false, sanitizeResources: false });
  }
}
