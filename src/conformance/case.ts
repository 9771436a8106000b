/**
 * One case of the conformance suite.
 * @module
 */
import type { Capabilities } from "../contract/server.ts";
import type { HarnessPart } from "./harness.ts";
import type { Trial } from "./trial.ts";

/** Something that every server must do. */
export interface ConformanceCase {
  /** What it does: the predicate of a sentence that starts with the server's name. */
  readonly name: string;
  /** Skipped where one of these is not a capability. */
  readonly capabilities?: readonly (keyof Capabilities)[] | undefined;
  /** Skipped where the harness says why it has none. */
  readonly part?: HarnessPart | undefined;
  /** Throws where the server does not do it. */
  readonly run: (trial: Trial) => Promise<void>;
}
