/**
 * What the author of a server passes to the suite.
 * @module
 */
import type { BaseMessage, Server } from "../contract/server.ts";

/** Registers a test: `Deno.test`, `bun:test`'s or `node:test`'s `test`. */
export type RegisterTest = (name: string, fn: () => Promise<void>) => void;

/** Makes the broker unavailable and available. All methods resolve when that is done. */
export interface BrokerControl {
  /** Stops the broker gracefully. Does nothing if it is down. */
  stop(): Promise<void>;
  /** Starts it again, at the same address, with the messages that it stored and the same channels. Does nothing if it is up. */
  start(): Promise<void>;
  /** Kills it at once, like a power cut. */
  kill(): Promise<void>;
}

/** Servers whose leases are short enough to wait for. */
export interface LeaseControl {
  /** As {@linkcode ServerHarness.create}, but leases expire after `duration` unless they are extended. */
  create(): Server | Promise<Server>;
  /** How long a lease lasts, in milliseconds. */
  readonly duration: number;
}

/** The server under test. */
export interface ServerHarness {
  /**
   * A new server object for the same broker, not connected. If the broker is the object itself, return the same object each
   * time. The suite creates several in each test, and closes every connection that it opens.
   */
  create(): Server | Promise<Server>;
  /** The address of a new, empty channel that exists at the broker. It ends with `suffix`, if there is one. */
  channel(suffix?: string): string | Promise<string>;
  /** The dead-lettered messages of a channel. Required if `capabilities.deadLetter`. */
  readonly deadLetters?:
    | ((channel: string) => Promise<readonly Pick<BaseMessage, "payload" | "headers">[]>)
    | undefined;
  /** Controls the broker; or the reason why that is not possible. */
  readonly broker: BrokerControl | string;
  /** Servers with short leases; or the reason why there are none. Required if `capabilities.leases`. */
  readonly leases?: LeaseControl | string | undefined;
  /** The cases to skip, by their name, each with the reason. */
  readonly skip?: Readonly<Record<string, string>> | undefined;
  /** How long something that must happen may take, in milliseconds. Defaults to 10 000. */
  readonly patience?: number | undefined;
  /** How long the suite waits before it decides that no message comes, in milliseconds. Defaults to 250. */
  readonly quiet?: number | undefined;
}

/** A case that was skipped. */
export interface SkippedCase {
  /** The case's name. */
  readonly name: string;
  /** The reason. */
  readonly reason: string;
}

/** The result of a suite. Complete when its tests have run. */
export interface ConformanceReport {
  /** The cases that passed. */
  readonly passed: readonly string[];
  /** The cases that failed. */
  readonly failed: readonly string[];
  /** The cases that were skipped. */
  readonly skipped: readonly SkippedCase[];
}

/** What a case needs of its harness in addition to a server. */
export type HarnessPart = "broker" | "leases" | "deadLetters";
