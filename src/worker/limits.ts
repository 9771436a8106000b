/**
 * How much a worker does at once, how much in all, and how long it takes to stop.
 * @module
 */

/** The limits of a worker. */
export interface WorkerLimits {
  /** Messages handled at once. */
  readonly tasksLimit: number;
  /** Messages handled in all. */
  readonly messagesLimit: number;
  /** How long running handlers may continue after a stop, in milliseconds. */
  readonly gracefulShutdownTime: number;
  /** How long handlers may continue after their signal was aborted, in milliseconds. */
  readonly cancellationTimeout: number;
}

/** How many messages are taken at once, however many may be handled: no broker accepts infinity as a number. */
export const MOST_AT_ONCE = 10_000;

/**
 * How long settlements may take after the last handler ended or was abandoned, in milliseconds. With
 * {@linkcode CLOSE_TIMEOUT} twice it keeps a worker with default limits below the 30 seconds after which orchestrators kill.
 */
export const SETTLE_TIMEOUT = 1_500;

/** How long each of the two steps of closing, subscriptions and connection, may take with a broker that does not answer. */
export const CLOSE_TIMEOUT = 1_000;

/**
 * The limits, with defaults.
 *
 * @throws {RangeError} If one is out of range.
 */
export function toWorkerLimits(
  given: { readonly [K in keyof WorkerLimits]?: number | undefined },
): WorkerLimits {
  const {
    tasksLimit = 1_000,
    messagesLimit = Infinity,
    gracefulShutdownTime = 25_000,
    cancellationTimeout = 1_000,
  } = given;
  const limits = { tasksLimit, messagesLimit, gracefulShutdownTime, cancellationTimeout };
  refuse("tasksLimit", tasksLimit, isCount(tasksLimit) && tasksLimit >= 1, "a whole number of at least 1");
  refuse("messagesLimit", messagesLimit, isCount(messagesLimit), "a whole number of at least 0");
  refuse(
    "gracefulShutdownTime",
    gracefulShutdownTime,
    isDuration(gracefulShutdownTime),
    "milliseconds of at least 0",
  );
  refuse(
    "cancellationTimeout",
    cancellationTimeout,
    isDuration(cancellationTimeout),
    "milliseconds of at least 0",
  );
  return limits;
}

function isCount(value: number): boolean {
  return value === Infinity || (Number.isInteger(value) && value >= 0);
}

function isDuration(value: unknown): boolean {
  return typeof value === "number" && value >= 0;
}

function refuse(name: string, value: number, isGood: boolean, wanted: string): void {
  if (!isGood) throw new RangeError(`Cannot run a worker as ${name} is not ${wanted}: ${String(value)}`);
}
