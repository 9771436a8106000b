/**
 * What a whole run measured, as it is written down.
 * @module
 */
import type { RuntimeName, ServerName } from "./contenders.ts";
import type { ModeName } from "./plan.ts";

/** One figure of somebody, in one round. */
export interface Measurement {
  readonly value: number;
  readonly cpuMicros: number;
  /** Others, by name. */
  readonly more: Readonly<Record<string, number>>;
  /** What the broker counted for each message. */
  readonly counters: Readonly<Record<string, number>>;
}

/** Somebody on a runtime, in one cell: a measurement for each round, `null` where it failed. */
export interface Row {
  readonly entrant: string;
  readonly runtime: RuntimeName;
  readonly isPeer: boolean;
  readonly rounds: (Measurement | null)[];
}

/** One figure of everybody. */
export interface CellResult {
  readonly mode: ModeName;
  readonly name: string;
  readonly unit: string;
  readonly concurrency: number;
  readonly rows: Row[];
}

/** A run. */
export interface Results {
  readonly server: ServerName;
  /** The broker with its version. */
  readonly broker: string;
  /** What was run, one after another. */
  readonly commands: readonly string[];
  /** When the last of them began. */
  readonly date: string;
  readonly machine: string;
  /** With their versions. */
  readonly runtimes: Readonly<Partial<Record<RuntimeName, string>>>;
  /** Of the packages that were measured. */
  readonly packages: Readonly<Record<string, string>>;
  readonly cells: CellResult[];
  /** What failed, in words. */
  readonly failures: string[];
}

/** Adds what was measured before, on the same machine, with the same versions, and was not measured again. */
export function merge(now: Results, before: Results): Results {
  const setting = ({ broker, machine, runtimes, packages }: Results): string =>
    JSON.stringify({ broker, machine, runtimes: { ...now.runtimes, ...runtimes }, packages });
  if (setting(before) !== setting(now)) return now;
  const isAgain = new Set(now.cells.map(({ name }) => name));
  return {
    ...now,
    commands: [...new Set([...before.commands, ...now.commands])],
    cells: [...before.cells.filter(({ name }) => !isAgain.has(name)), ...now.cells],
  };
}
