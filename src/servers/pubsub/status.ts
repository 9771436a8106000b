/**
 * What a status code means for what was being done.
 * @module
 */

/** The numbers of gRPC's status codes. */
export const CODES = {
  OK: 0,
  CANCELLED: 1,
  UNKNOWN: 2,
  INVALID_ARGUMENT: 3,
  DEADLINE_EXCEEDED: 4,
  NOT_FOUND: 5,
  ALREADY_EXISTS: 6,
  PERMISSION_DENIED: 7,
  RESOURCE_EXHAUSTED: 8,
  FAILED_PRECONDITION: 9,
  ABORTED: 10,
  OUT_OF_RANGE: 11,
  UNIMPLEMENTED: 12,
  INTERNAL: 13,
  UNAVAILABLE: 14,
  DATA_LOSS: 15,
  UNAUTHENTICATED: 16,
} as const;

const NAMES = new Map<number, string>(Object.entries(CODES).map(([name, code]) => [code, name]));

/** What may be done. */
export type Operation = "connect" | "publish" | "receive" | "settle";

/**
 * What to do after an operation failed:
 * - `retry`: it may succeed later. A publication or settlement is tried again within its own time limit, receiving for ever;
 * - `split`: one message spoils the request it shares with others: each half is sent by itself;
 * - `lost`: the message is not ours any more;
 * - `fatal`: trying again does not help.
 */
export type Consequence = "retry" | "split" | "lost" | "fatal";

const PASSING: ReadonlySet<number> = new Set([
  CODES.CANCELLED,
  CODES.UNKNOWN,
  CODES.DEADLINE_EXCEEDED,
  CODES.RESOURCE_EXHAUSTED,
  CODES.ABORTED,
  CODES.INTERNAL,
  CODES.UNAVAILABLE,
]);

/** A message that says that the request itself is too large, not that there were too many of them. */
const TOO_LARGE = /larger than max|too large|exceeds? the maximum/i;

/** What is said of a certificate that is not trusted: it will not be later either. */
const UNTRUSTED = /certificate|altname/i;

/** Says what to do after a failure. */
export function consequenceOf(operation: Operation, code: number, details: string = ""): Consequence {
  if (operation === "connect" && UNTRUSTED.test(details)) return "fatal";
  if (operation === "publish") {
    if (code === CODES.INVALID_ARGUMENT) return "split";
    if (code === CODES.RESOURCE_EXHAUSTED && TOO_LARGE.test(details)) return "split";
  }
  if (operation === "settle") {
    if (code === CODES.INVALID_ARGUMENT || code === CODES.FAILED_PRECONDITION) return "split";
    if (code === CODES.NOT_FOUND) return "lost";
  }
  return PASSING.has(code) ? "retry" : "fatal";
}

/** Whether a stream ended as Google ends each of them every so often. */
export function isExpectedEnd(code: number, details: string): boolean {
  if (code === CODES.OK) return true;
  return code === CODES.UNAVAILABLE && /expected reason|unable to fulfill your request/i.test(details);
}

/** Thrown when Pub/Sub, or the way to it, refused something. */
export class PubsubError extends Error {
  /** The class's name, also after minification. */
  override readonly name = "PubsubError";
  /** The number of gRPC's status code, such as 5. */
  readonly code: number;
  /** Its name, such as `NOT_FOUND`. */
  readonly status: string;
  /** What the peer said about it. */
  readonly details: string;
  /** The topic, subscription or host that it is about. */
  readonly resource: string;
  /** Whether trying again may help. */
  readonly isRetriable: boolean;

  /** Says what could not be done with which resource, and why. */
  constructor(
    operation: "connect" | "publish" | "receive" | "settle",
    resource: string,
    failure: { readonly code: number; readonly details: string },
    options?: ErrorOptions,
  ) {
    const { code, details } = failure;
    const status = NAMES.get(code) ?? String(code);
    super(
      `${DOING[operation]} ${resource} as ${REASONS.get(code) ?? "it failed"}: ${status} ${details}`,
      options,
    );
    this.code = code;
    this.status = status;
    this.details = details;
    this.resource = resource;
    this.isRetriable = consequenceOf(operation, code, details) === "retry";
  }
}

const DOING: Readonly<Record<Operation, string>> = {
  connect: "Cannot connect to",
  publish: "Cannot publish to",
  receive: "Cannot receive from",
  settle: "Cannot settle messages of",
};

const REASONS: ReadonlyMap<number, string> = new Map([
  [CODES.NOT_FOUND, "it does not exist"],
  [CODES.PERMISSION_DENIED, "permission is missing"],
  [CODES.UNAUTHENTICATED, "the credentials are not accepted"],
  [CODES.INVALID_ARGUMENT, "the request is not valid"],
  [CODES.UNAVAILABLE, "it cannot be reached"],
  [CODES.DEADLINE_EXCEEDED, "nothing answered in time"],
  [CODES.RESOURCE_EXHAUSTED, "a limit is reached"],
]);

/** A failed call with what came with it. */
export interface CallFailure {
  readonly code: number;
  readonly details: string;
  /** `grpc-status-details-bin`, as the service describes failures of single ids. */
  readonly statusDetails: Uint8Array | undefined;
}

/** Makes the error that users see. */
export function toError(operation: Operation, resource: string, failure: CallFailure): PubsubError {
  return new PubsubError(operation, resource, failure);
}
