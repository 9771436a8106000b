/**
 * What happens in one simulated run, drawn from its seed.
 * @module
 */
import { Random } from "./random.ts";

/** What a message's handling does, beside its mode. */
export interface Plan {
  readonly actor: string;
  readonly handler: "quick" | "slow" | "throws" | "slow throws" | "obeys" | "ignores" | "hangs" | "invalid";
  /** How long `slow`, `obeys` and `ignores` take, in milliseconds. */
  readonly ms: number;
  /** What the handler does to the message itself, first thing. */
  readonly itself: "ack" | "nack" | "reject" | "nothing";
  /** What a `manual_explicit` handler returns. */
  readonly answer: unknown;
  readonly middleware:
    | "plain"
    | "throws early"
    | "skips"
    | "hangs before"
    | "hangs after"
    | "twice"
    | "gives up"
    | "slow";
  readonly policy: "ack" | "nack" | "reject" | "throws" | "hangs" | "slow" | "nonsense";
  readonly cleanUp: "none" | "quick" | "slow" | "throws" | "hangs";
}

/** How likely each fault is, where it can happen. */
export interface Chances {
  readonly connectFails: number;
  readonly connectHangs: number;
  readonly subscribeFails: number;
  readonly subscribeHangs: number;
  readonly settleFails: number;
  readonly settleFailsForGood: number;
  readonly settleHangs: number;
  readonly settleLost: number;
  readonly extendFails: number;
  readonly extendLost: number;
  readonly extendHangs: number;
  readonly stopHangs: number;
  readonly closeHangs: number;
  readonly takeFailsForGood: number;
}

/** One run. */
export interface Scenario {
  readonly seed: number;
  readonly tasksLimit: number;
  readonly messagesLimit: number;
  readonly gracefulShutdownTime: number;
  readonly cancellationTimeout: number;
  readonly leases: boolean;
  readonly stableMessageIds: boolean;
  readonly chances: Chances;
  /** When messages arrive, and what they do. */
  readonly messages: readonly { readonly at: number; readonly plan: Plan }[];
  readonly drops: readonly { readonly at: number; readonly outage: number }[];
  readonly stalls: readonly { readonly at: number; readonly ms: number }[];
  readonly blocks: readonly { readonly at: number; readonly ms: number }[];
  /** When nothing goes wrong any more. */
  readonly healsAt: number;
  /** When the worker is told to stop; later than that, if it is to show that it resumes. */
  readonly stopsAt: number;
}

/** The actors of every run. `nobody` is none of them. */
export const ACTORS = [
  "auto",
  "auto limited",
  "always_ack",
  "ack_first",
  "manual",
  "manual_explicit limited",
  "auto with dependency",
] as const;

/** The run that belongs to a seed. */
export function drawScenario(seed: number): Scenario {
  const random = new Random(seed);
  const healsAt = random.between(200, 6_000);
  const times = (most: number): number[] =>
    Array.from({ length: random.between(0, most) }, () => random.between(0, healsAt));
  return {
    seed,
    tasksLimit: random.of([1, 1, 2, 3, 5, 30]),
    messagesLimit: random.happens(0.4) ? random.between(0, 20) : Infinity,
    gracefulShutdownTime: random.of([0, 100, 1_000, 3_000]),
    cancellationTimeout: random.of([0, 50, 500]),
    leases: random.happens(0.5),
    stableMessageIds: random.happens(0.7),
    chances: drawChances(random),
    messages: Array.from({ length: random.between(0, 30) }, () => ({
      at: random.happens(0.5) ? 0 : random.between(0, healsAt),
      plan: drawPlan(random),
    })),
    drops: times(2).map((at) => ({ at, outage: random.between(0, 1_500) })),
    stalls: times(1).map((at) => ({ at, ms: random.between(100, 2_000) })),
    blocks: times(1).map((at) => ({ at, ms: random.between(500, 4_000) })),
    healsAt,
    stopsAt: random.happens(0.5) ? random.between(0, healsAt) : healsAt + 20_000,
  };
}

/** A message that ends well. */
export const WELL: Plan = {
  actor: "auto",
  handler: "quick",
  ms: 0,
  itself: "nothing",
  answer: "ack",
  middleware: "plain",
  policy: "nack",
  cleanUp: "none",
};

function drawChances(random: Random): Chances {
  // Most runs suffer from a few kinds of faults, none from all of them.
  const rate = (most: number): number => random.happens(0.3) ? random.next() * most : 0;
  return {
    connectFails: rate(0.7),
    connectHangs: rate(0.2),
    subscribeFails: rate(0.7),
    subscribeHangs: rate(0.2),
    settleFails: rate(0.6),
    settleFailsForGood: rate(0.1),
    settleHangs: rate(0.1),
    settleLost: rate(0.2),
    extendFails: rate(0.5),
    extendLost: rate(0.3),
    extendHangs: rate(0.2),
    stopHangs: rate(0.5),
    closeHangs: rate(0.5),
    takeFailsForGood: rate(0.02),
  };
}

function drawPlan(random: Random): Plan {
  const odd = random.happens(0.5);
  return {
    actor: random.happens(0.08) ? "nobody" : random.of(ACTORS),
    handler: random.of([
      "quick",
      "quick",
      "quick",
      "slow",
      "slow",
      "throws",
      "slow throws",
      "obeys",
      "ignores",
      "invalid",
      odd ? "hangs" : "quick",
    ]),
    ms: random.between(1, 3_000),
    itself: random.of(["nothing", "nothing", "nothing", "ack", "nack", "reject"]),
    answer: random.of(["ack", "nack", "reject", "no_action", "nonsense", undefined]),
    middleware: odd
      ? random.of([
        "plain",
        "throws early",
        "skips",
        "hangs before",
        "hangs after",
        "twice",
        "gives up",
        "slow",
      ])
      : "plain",
    policy: random.of(["ack", "nack", "reject", "throws", "slow", "nonsense", odd ? "hangs" : "nack"]),
    cleanUp: random.of(["none", "quick", "slow", "throws", odd ? "hangs" : "none"]),
  };
}
