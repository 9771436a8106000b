/**
 * The suite that every server must pass.
 * @module
 */
import type { ConformanceCase } from "./case.ts";
import type { Server } from "../contract/server.ts";
import { closingCases } from "./closing.ts";
import { connectingCases } from "./connecting.ts";
import { contentCases } from "./content.ts";
import { demandCases } from "./demand.ts";
import { flowCases } from "./flow.ts";
import type { ConformanceReport, RegisterTest, ServerHarness, SkippedCase } from "./harness.ts";
import { leaseCases } from "./leases.ts";
import { outageCases } from "./outage.ts";
import { settlementCases } from "./settlement.ts";
import { Trial } from "./trial.ts";

/** Every case, in the order in which they run: later cases rely on what earlier ones test. */
export const CONFORMANCE_CASES: readonly ConformanceCase[] = [
  ...connectingCases,
  ...contentCases,
  ...settlementCases,
  ...demandCases,
  ...closingCases,
  ...leaseCases,
  ...flowCases,
  ...outageCases,
];

/**
 * Registers one test for each thing that a server must do, and a last one that prints the result. A case is skipped only if
 * the server lacks a capability, or the harness gives a reason.
 *
 * @throws {RangeError} If the harness skips a case that does not exist.
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
 */
export function testServer(test: RegisterTest, name: string, harness: ServerHarness): ConformanceReport {
  refuseUnknown(harness);
  const passed: string[] = [];
  const failed: string[] = [];
  const skipped: SkippedCase[] = [];
  for (const one of CONFORMANCE_CASES) {
    test(`${name} ${one.name}`, async () => {
      const reason = await reasonToSkip(one, harness);
      if (reason !== undefined) return void skipped.push({ name: one.name, reason });
      try {
        await runCase(one, harness);
        passed.push(one.name);
      } catch (error) {
        failed.push(one.name);
        throw error;
      }
    });
  }
  const report: ConformanceReport = { passed, failed, skipped };
  test(`${name}: the result of the conformance suite`, () => {
    console.log(describeReport(name, report));
    return Promise.resolve();
  });
  return report;
}

/** Runs one case, then releases everything that it used. */
export async function runCase(one: ConformanceCase, harness: ServerHarness): Promise<void> {
  const trial = new Trial(harness);
  try {
    await one.run(trial);
  } finally {
    await trial.end();
  }
}

/** Why a case is skipped; `undefined` if it is not. */
async function reasonToSkip(one: ConformanceCase, harness: ServerHarness): Promise<string | undefined> {
  const given = harness.skip?.[one.name];
  if (given !== undefined) return given;
  const { capabilities }: Server = await harness.create();
  const missing = one.capabilities?.find((flag) => !capabilities[flag]);
  if (missing) return `capabilities.${missing} is false`;
  const part = one.part && harness[one.part];
  if (typeof part === "string") return part;
  return one.part && part === undefined ? `the harness has no ${one.part}` : undefined;
}

function refuseUnknown({ skip = {} }: ServerHarness): void {
  const known = new Set(CONFORMANCE_CASES.map(({ name }) => name));
  const unknown = Object.keys(skip).filter((name) => !known.has(name));
  if (unknown.length > 0) {
    throw new RangeError(`Cannot skip a case as it does not exist: ${unknown.join("; ")}`);
  }
}

function describeReport(name: string, { passed, failed, skipped }: ConformanceReport): string {
  const lines = skipped.map((one) => `  skipped: ${one.name} (${one.reason})`);
  return [`${name}: ${passed.length} passed, ${failed.length} failed, ${skipped.length} skipped`, ...lines]
    .join("\n");
}
