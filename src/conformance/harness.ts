/**
 * What whoever tests a server tells the suite about it.
 * @module
 */
import type { BaseMessage, Server } from "../contract/server.ts";

/** Registers a test: `Deno.test`, `bun:test`'s or `node:test`'s `test`. */
export type RegisterTest = (name: string, fn: () => Promise<void>) => void;

/** Makes the broker unavailable. All of them resolve when it is done. */
export interface BrokerControl {
  /** Ends the broker in order. Harmless where it is down. */
  stop(): Promise<void>;
  /** Starts it again, at the same address and with what it kept; the channels made before exist. Harmless where it is up. */
  start(): Promise<void>;
  /** Ends it at once, as a power cut would. */
  kill(): Promise<void>;
}

/** Servers whose leases are short enough to wait for. */
export interface LeaseControl {
  /** As {@linkcode ServerHarness.create}, but a message that is not settled or extended comes back after `duration`. */
  create(): Server | Promise<Server>;
  /** How long a lease lasts, in milliseconds. */
  readonly duration: number;
}

/** The server under test. */
export interface ServerHarness {
  /**
   * A new server object for the same broker, not connected; the same object where the broker lives in it. The suite makes
   * several in each test, and closes every connection that it opens.
   */
  create(): Server | Promise<Server>;
  /** The address of a new, empty channel that exists at the broker. It ends with `suffix` where one is given. */
  channel(suffix?: string): string | Promise<string>;
  /** The messages of a channel that were dead-lettered. Needed where `capabilities.deadLetter`. */
  readonly deadLetters?:
    | ((channel: string) => Promise<readonly Pick<BaseMessage, "payload" | "headers">[]>)
    | undefined;
  /** Controls the broker; or, in words, why that cannot be done. */
  readonly broker: BrokerControl | string;
  /** Servers with short leases; or, in words, why there are none. Needed where `capabilities.leases`. */
  readonly leases?: LeaseControl | string | undefined;
  /** Cases that cannot be kept, by their name, each with the reason in words. */
  readonly skip?: Readonly<Record<string, string>> | undefined;
  /** How long something that must happen may take, in milliseconds. Defaults to 10 000. */
  readonly patience?: number | undefined;
  /** How long nothing must come until the suite believes that nothing will, in milliseconds. Defaults to 250. */
  readonly quiet?: number | undefined;
}

/** A case that was not run. */
export interface SkippedCase {
  /** The case's name. */
  readonly name: string;
  /** Why, in words. */
  readonly reason: string;
}

/** What came of a suite. Complete once its tests have run. */
export interface ConformanceReport {
  /** The cases that were kept. */
  readonly passed: readonly string[];
  /** The cases that were not. */
  readonly failed: readonly string[];
  /** The cases that were not run. */
  readonly skipped: readonly SkippedCase[];
}

/** What a case needs of its harness besides a server. */
export type HarnessPart = "broker" | "leases" | "deadLetters";
