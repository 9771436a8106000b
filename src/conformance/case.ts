/**
 * One case of the conformance suite.
 * @module
 */
import type { Capabilities } from "../contract/server.ts";
import type { HarnessPart } from "./harness.ts";
import type { Trial } from "./trial.ts";

/** Something that every server must do. */
export interface ConformanceCase {
  /** What it tests: the predicate of a sentence that starts with the server's name. */
  readonly name: string;
  /** Skipped unless the server has all of these capabilities. */
  readonly capabilities?: readonly (keyof Capabilities)[] | undefined;
  /** Skipped if the harness gives a reason instead of this part. */
  readonly part?: HarnessPart | undefined;
  /** Throws if the server does not do it. */
  readonly run: (trial: Trial) => Promise<void>;
}
