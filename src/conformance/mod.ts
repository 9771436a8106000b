/**
 * The conformance suite, for authors of servers: one test for each thing that a server must do, and a measurement of how
 * fast it does them.
 *
 * @example
 * ```ts
 * import { InMemoryServer } from "@repid/core";
 * import { type RegisterTest, testServer } from "@repid/core/conformance";
 *
 * export function testMemory(test: RegisterTest): void {
 *   const server = new InMemoryServer();
 *   testServer(test, "InMemoryServer", {
 *     create: () => server,
 *     channel: (suffix = "") => crypto.randomUUID() + suffix,
 *     broker: "it lives in this process",
 *   });
 * }
 * ```
 * @module
 */
export { benchServer, type BenchServerOptions, type ServerFigure } from "./bench_server.ts";
export { CONFORMANCE_CASES, runCase, testServer } from "./suite.ts";
export { ConformanceError } from "./assert.ts";
export type { ConformanceCase } from "./case.ts";
export type { Consumer, Waiting } from "./consumer.ts";
export type {
  BrokerControl,
  ConformanceReport,
  HarnessPart,
  LeaseControl,
  RegisterTest,
  ServerHarness,
  SkippedCase,
} from "./harness.ts";
export type { Trial } from "./trial.ts";
